"""What a user of these tests has: something of every kind and in every state, with a word of its own in every text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import Connection, insert

from causerie.accounts.models import User
from causerie.aimodels.models import AiModel
from causerie.characters.models import Character, CharacterRevision
from causerie.chats import encoding
from causerie.chats.models import ChatSession, Generation, Message, MessageRevision, SessionEvent
from causerie.db.base import Base, table_of
from causerie.db.search.entries import CHARACTER, MESSAGE, SESSION, Text, row_of
from causerie.db.search.models import SearchEntry
from causerie.http.models import IdempotencyRecord
from causerie.ids import new_id
from causerie.jobs.models import Job
from causerie.objects.models import Blob
from causerie.profiles.models import UserProfile
from causerie.prompting.models import PromptSegment
from causerie.prompts.models import SystemPrompt
from causerie.settings.models import ApplicationSettings, UserPreferences
from tests.isolation.planting import Row, plant

LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
FAR_AHEAD = datetime(2226, 1, 2, tzinfo=UTC)
ROUTE, KEY, RUNNING_KEY, DIGEST = "POST /api/characters", "the same key", "the key of a request that runs", "0" * 64
JOB = "empty_trash"

Scene = Mapping[str, Any]
"""One session and what goes with it, under the names that functions, paths and bodies give to such things."""


@dataclass
class Ids:
    """The ids of an estate by what they are of: two estates made with one `Ids` have the same ones."""

    _minted: dict[str, UUID] = field(default_factory=dict)

    def __call__(self, name: str) -> UUID:
        return self._minted.setdefault(name, new_id())


@dataclass(frozen=True)
class Estate:
    """Everything that `owner` has. `word` stands in each of its texts and nowhere else."""

    owner: UUID
    word: str
    scenes: Mapping[str, Scene]


def establish(connection: Connection, owner: UUID, role: str = "member") -> None:
    """Give `owner` what every user has."""
    moments = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    connection.execute(insert(table_of(User)).values(id=owner, role=role, name="Somebody", **moments))
    for kind in (ApplicationSettings, UserPreferences):
        connection.execute(insert(table_of(kind)).values(user_id=owner, **moments))


class Builder:
    """Plants an estate on a plain connection, below every door."""

    def __init__(self, connection: Connection, owner: UUID, word: str, ids: Ids) -> None:
        self._connection = connection
        self._owner = owner
        self._word = word
        self._ids = ids
        self._moments = 0

    def text(self, what: str) -> str:
        return f"{self._word} {what}"

    def moment(self) -> datetime:
        """Return a moment of long ago, each later than the one before."""
        self._moments += 1
        return LONG_AGO + timedelta(seconds=self._moments)

    def plant(self, kind: type[Base], /, **fields: Any) -> Row:
        """Insert a row; its moments are of long ago, so that what an answer says of them is the same each time."""
        table = table_of(kind)
        moments = {name: self.moment() for name in ("created_at", "updated_at", "timestamp") if name in table.columns}
        return plant(self._connection, table, self._owner, **{**moments, **fields})

    def found_by(self, text: Text) -> None:
        """Put into the index what a thing is found by."""
        self.plant(SearchEntry, **(row_of(text) or {}))

    def things(self, state: str, deleted_at: datetime | None) -> Row:
        """Plant one of each kind that sessions refer to."""
        # The keys of models and prompts are `id` alone: no two users have one.
        model = self.plant(
            AiModel,
            id=new_id(),
            name=self.text("model"),
            provider="openai",
            model=self.text("model"),
            base_url=f"https://{self._word}.example/v1",
            sealed_api_key=self._word.encode(),
            api_key_last_four=self._word[:4],
            options={"note": self._word},
            deleted_at=deleted_at,
        )
        prompt = self.plant(
            SystemPrompt,
            id=new_id(),
            name=self.text("prompt"),
            content=self.text("content"),
            is_default=deleted_at is None,
            deleted_at=deleted_at,
        )
        profile = self.plant(
            UserProfile,
            id=self._ids(f"{state} profile"),
            name=self.text("persona"),
            avatar_image=self.text("face"),
            description=self.text("about"),
            is_default=deleted_at is None,
            deleted_at=deleted_at,
        )
        picture = sha256(state.encode()).hexdigest()
        self.plant(Blob, sha256=picture, media_type="image/webp", size=1_234)
        character = self.plant(
            Character,
            id=self._ids(f"{state} character"),
            label=f"wren-{state}",
            avatar_sha256=picture,
            alternate_greetings=[self.text("other greeting")],
            tags=[self._word],
            ai_model_id=model["id"],
            deleted_at=deleted_at,
            **{
                name: self.text(name)
                for name in (
                    "name",
                    "description",
                    "personality",
                    "scenario",
                    "first_mes",
                    "mes_example",
                    "creator_notes",
                    "system_prompt",
                    "post_history_instructions",
                )
            },
        )
        self.plant(
            CharacterRevision, character_id=character["id"], version=1, fields={"name": self.text("former name")}
        )
        if deleted_at is None:
            self.found_by(Text(CHARACTER, character["id"], character["description"], character["name"]))
        return {
            "character_id": character["id"],
            "profile_id": profile["id"],
            "user_profile_id": profile["id"],
            "model_id": model["id"],
            "ai_model_id": model["id"],
            "prompt_id": prompt["id"],
            "system_prompt_id": prompt["id"],
            "sha256": picture,
            "label": character["label"],
        }

    def chat(
        self,
        name: str,
        things: Row,
        *,
        answered: str | None,
        buried: datetime | None = None,
        trashed: datetime | None = None,
        **references: UUID | None,
    ) -> Row:
        """Plant a session: a question, and below it a reply in the state `answered`, or nothing."""
        ids = {what: self._ids(f"{name} {what}") for what in ("session", "question", "reply", "deletion")}
        leaf = ids["question"] if answered is None else ids["reply"]
        self.plant(
            ChatSession,
            id=ids["session"],
            active_leaf_id=leaf,
            total_messages=1 if answered is None else 2,
            next_seq=5,
            deleted_at=trashed,
            **{what: self.text(what) for what in ("title", "category", "user_persona", "world_time", "summary")},
            **references,
        )
        burial = {"deleted_at": buried, "deletion_id": ids["deletion"] if buried else None}
        question = self.plant(
            Message,
            id=ids["question"],
            session_id=ids["session"],
            role="user",
            content=self.text("question"),
            character_id=things["character_id"],
        )
        self.found_by(Text(SESSION, ids["session"], title=self.text("title"), session_id=ids["session"]))
        self.found_by(Text(MESSAGE, ids["question"], question["content"], session_id=ids["session"]))
        self.plant(MessageRevision, message_id=ids["question"], version=0, content=self.text("former question"))
        if answered is not None:
            self._reply(ids, answered, question, burial)
        created = {"id": str(ids["question"]), "content": question["content"]}
        bodies = {
            "message:created": encoding.message_event("message:created", 1, ids["session"], json.dumps(created)),
            "chat:stream:start": encoding.stream_start(2, ids["session"], ids["reply"], 1, "chat"),
            "chat:stream:reset": encoding.stream_reset(3, ids["session"], ids["reply"], 2, 0),
            "chat:stream:end": encoding.stream_end(
                4, ids["session"], ids["reply"], 2, "complete", self.text("reply"), None, None, None
            ),
        }
        for seq, (kind, body) in enumerate(bodies.items(), 1):
            said = ids["question"] if seq == 1 else ids["reply"]
            if not (answered in {"streaming", "queued", None} and seq == 4):
                self.plant(SessionEvent, session_id=ids["session"], seq=seq, kind=kind, message_id=said, body=body)
        reply_id = ids["question"] if answered is None else ids["reply"]
        return {
            **things,
            "session_id": ids["session"],
            "chat_session_id": ids["session"],
            "message_id": reply_id,
            "reply_id": reply_id,
            "question_id": ids["question"],
            "parent_id": ids["question"],
            "deletion_id": ids["deletion"],
            "answered": answered,
        }

    def _reply(self, ids: Mapping[str, UUID], state: str, question: Row, burial: Row) -> None:
        final = state not in {"streaming", "queued"}
        failure = {"code": "out_of_time", "title": self.text("title"), "detail": self.text("why"), "retryable": True}
        self.plant(
            Message,
            id=ids["reply"],
            session_id=ids["session"],
            parent_id=ids["question"],
            role="assistant",
            depth=1,
            status=state,
            content=self.text("reply") if final else "",
            error=failure if state == "failed" else None,
            provider=self.text("provider"),
            model=self.text("model"),
            **burial,
        )
        self.plant(MessageRevision, message_id=ids["reply"], version=0, content=self.text("former reply"))
        segment = self.text("instructions")
        name = sha256(segment.encode()).hexdigest()
        said = question["content"]
        parts = [
            ["system_prompt", "system", 3, len(segment), None, False, name, None, None],
            ["history", "user", 3, len(said), None, False, ids["question"].hex, 1, crc32(said.encode())],
        ]
        trace = {"attempt": 2, "window": 2048, "reserve": 512, "tokens": 6, "counted": True, "sampling": {}}
        held = {"owner": self._ids("worker"), "lease_until": LONG_AGO} if state == "streaming" else {}
        self.plant(
            Generation,
            message_id=ids["reply"],
            session_id=ids["session"],
            state=state,
            attempt=2,
            first_attempt=1,
            queued_at=LONG_AGO,
            deadline_at=FAR_AHEAD,
            instruction=self.text("instruction"),
            partial_text="" if final else self.text("partial"),
            partial_attempt=2,
            prompt_trace={**trace, "parts": parts},
            **held,
        )

    def remaining(self) -> Row:
        """Plant what belongs to no session."""
        segment = self.text("instructions")
        self.plant(PromptSegment, sha256=sha256(segment.encode()).hexdigest(), text=segment)
        request = {"route": ROUTE, "request_sha256": DIGEST, "media_type": "application/json"}
        self.plant(IdempotencyRecord, key=KEY, status=201, body=self.text("answer"), created_at=FAR_AHEAD, **request)
        self.plant(IdempotencyRecord, key=RUNNING_KEY, created_at=FAR_AHEAD, **request)
        job = self.plant(
            Job,
            id=self._ids("job"),
            kind=JOB,
            arguments={"before": FAR_AHEAD.isoformat(), "note": self._word},
            run_at=LONG_AGO,
            owner=self._word,
        )
        return {"job_id": job["id"]}


def settle(connection: Connection, owner: UUID, word: str, ids: Ids) -> Estate:
    """Make `owner`, who has at least one row in every table of users' rows."""
    establish(connection, owner)
    build = Builder(connection, owner, word, ids)
    living, trashed = build.things("living", None), build.things("trashed", LONG_AGO)
    common = build.remaining()
    references = {name: living[name] for name in ("character_id", "user_profile_id", "ai_model_id", "system_prompt_id")}
    chats = {
        "complete": build.chat("complete", living, answered="complete", **references),
        "streaming": build.chat("streaming", living, answered="streaming", **references),
        "queued": build.chat("queued", living, answered="queued"),
        "failed": build.chat("failed", living, answered="failed"),
        "unanswered": build.chat("unanswered", living, answered=None),
        "deleted message": build.chat("buried", trashed, answered="complete", buried=LONG_AGO),
        "session in the trash": build.chat("trashed", trashed, answered="complete", trashed=LONG_AGO),
    }
    # Which kind of thing the functions over several kinds are asked about.
    kinds = {
        "complete": ("character", "character_id"),
        "streaming": ("profile", "user_profile_id"),
        "queued": ("model", "ai_model_id"),
        "failed": ("prompt", "system_prompt_id"),
        "unanswered": ("session", "character_id"),
        "deleted message": ("character", "user_profile_id"),
        "session in the trash": ("session", "ai_model_id"),
    }
    scenes: dict[str, Scene] = {}
    for place, (name, chat) in enumerate(chats.items()):
        kind, reference = kinds[name]
        about = {"kind": kind, "identity": chat[f"{kind}_id"], "name": reference, "referred": chat[reference]}
        scenes[name] = {"place": place, "owner": owner, **common, **chat, **about}
    return Estate(owner, word, scenes)
