"""What weeks of reading leave in an installation: stories, people, and what they consumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from causerie.chats.models import ChatSession, Message, Role
from causerie.clock import utc_now
from causerie.db.work import Work
from tests.browser.installation import Installation

HALE = {
    "name": "Mrs. Hale",
    "description": "Keeps a house on the cliff, and everything that was ever said in it.",
    "first_mes": "*The clock on the landing has stopped. She does not look at it.* “Wipe your feet, and come up.”",
    "tags": ["mystery", "1811"],
}
MAHAN = {
    "name": "ماهان",
    "description": "نگهبان فانوس دریایی خلیج، که شب‌ها با مسافران حرف می‌زند.",
    "first_mes": "*فانوس را بالا می‌گیرد.* «کیستی که در این مه آمده‌ای؟»",
    "tags": ["دریا"],
}
LETTER = [
    "May I ask about the clock?",
    """“It has not been wound since the Captain went,” *she says, and does not look at it.* “People suppose it stopped \
for grief. It stopped because the key is in my pocket.”""",
    "I found a letter behind it. It has your name on the outside and a date three days from now.",
    """*The cup goes back to its saucer without a sound, which is how you know she is frightened.*

“You were not meant to move the clock,” she says at last. “And I was not meant to be in this house on the \
twenty-fourth. Give it here, and tell me whether the seal was whole.”""",
]
LAMP = [
    "چرا امشب چراغ را خاموش کرده‌ای؟",
    """«خاموش نیست،» *آرام می‌گوید و پنجره را نشان می‌دهد.* «مه آن را خورده. نیم ساعت دیگر، وقتی باد از شمال بیاید، \
دوباره می‌بینی‌اش.»

دفتری را ورق می‌زند و انگشتش روی نام یک کشتی می‌ماند: *Skerry*، ۱۲ نوامبر.""",
]
#: Title, whom with, how many days ago.
CHATS = (
    ("Charts for a paper sea", "Captain Marrow", 0),
    ("Tea, and what was in it", "Mrs. Hale", 1),
    ("A robot learns to whistle", "Pip", 1),
    ("An interview with the night porter", "Wren", 4),
    ("Names of all the winds", "Captain Marrow", 12),
)
DAYS = 30
ANSWERS_A_DAY = 5


@dataclass(frozen=True)
class Past:
    """The chats to look at, in English and in Persian."""

    letter: str
    lamp: str


def live(installation: Installation) -> Past:
    """Add the past of a reader who has been here for a month."""
    hale = installation.post("/characters", HALE)["id"]
    mahan = installation.post("/characters", MAHAN)["id"]
    persona = {"name": "Eleanor", "description": "A clockmaker’s daughter who cannot leave a lock alone."}
    installation.post("/profiles", persona)
    rule = "You are {{char}}. Answer {{user}} in the present tense, with one gesture and few words."
    installation.post("/prompts", {"name": "Few words", "content": rule})
    ages = {}
    for title, name, days in CHATS:
        character = installation.character(name)["id"]
        chat = installation.post("/sessions", {"character_id": character, "title": title})["id"]
        _tell(installation, chat, ("Good evening.", "“Is it?”"))
        ages[UUID(chat)] = days
    lamp = installation.post("/sessions", {"character_id": mahan, "title": "چراغی در مه"})["id"]
    _tell(installation, lamp, LAMP)
    story = {
        "character_id": hale,
        "title": "The letter behind the clock",
        "world_time": "October 1811, towards evening",
    }
    letter = installation.post("/sessions", story)["id"]
    _tell(installation, letter, LETTER)
    installation.beside(lambda work: _age(work, ages))
    return Past(str(letter), str(lamp))


def _tell(installation: Installation, chat: str, texts: Sequence[str]) -> None:
    for place, text in enumerate(texts):
        role = "assistant" if place % 2 else "user"
        installation.post(f"/sessions/{chat}/messages", {"role": role, "content": text})


def _age(work: Work, ages: dict[UUID, int]) -> None:
    """Let chats be as old as they are said to be, and the oldest have an answer of each day that has gone by."""
    for chat, days in ages.items():
        moment = utc_now() - timedelta(days=days, hours=2)
        work.session.execute(
            update(ChatSession).where(ChatSession.id == chat).values(updated_at=moment, created_at=moment)
        )
    oldest = max(ages, key=ages.__getitem__)
    work.session.add_all(_answer(oldest, place) for place in range(DAYS * ANSWERS_A_DAY))


def _answer(chat: UUID, place: int) -> Message:
    words = 180 + 97 * place % 310
    return Message(
        session_id=chat,
        role=Role.ASSISTANT,
        content="“The wind is in the north.”",
        provider="local",
        model="smollm2-135m-instruct",
        usage={
            "prompt_tokens": 900 + 61 * place % 700,
            "completion_tokens": words,
            "first_token_ms": 320 + 97 * place % 610,
            "total_ms": 14 * words,
        },
        timestamp=utc_now() - timedelta(days=place % DAYS, hours=3),
    )
