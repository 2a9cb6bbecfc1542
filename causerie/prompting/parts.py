"""What a prompt is made of before it is known what of it fits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias
from uuid import UUID

from causerie.chats.models import Role as Speaker
from causerie.prompting import templates
from causerie.prompting.context import Context
from causerie.prompting.tokens import MESSAGE_OVERHEAD, estimate
from causerie.providers.protocol import PromptMessage, Role, Sampling

PartName: TypeAlias = Literal[
    "system_prompt",
    "persona",
    "description",
    "personality",
    "scenario",
    "example",
    "greeting",
    "history",
    "world_time",
    "post_history_instructions",
    "instruction",
    "reminder",
    "proceed",
    "kept",
    "continue",
]

Cut: TypeAlias = Literal["no_room", "over_share", "unpaired", "hidden", "no_text", "tiny_model"]
"""Why a part is not sent: no room in the window; more than its share of it; an answer without its question; hidden by
the user; a reply without text; the profile for tiny models leaves it out."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text that is a message's, as it was in `version`; only its first `length` code points if that is given."""

    message_id: UUID
    version: int
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a prompt. Without `spoken` its text is nobody's message: an author's, or our own words.

    `joined`: it goes on in the prompt message of the part before it.
    """

    name: PartName
    role: Role
    text: str
    spoken: Spoken | None = None
    joined: bool = False
    cut: Cut | None = None
    tokens: int = -1
    """About how many it adds to a prompt; estimated from the text when not given."""

    def __post_init__(self) -> None:
        if self.tokens < 0:
            overhead = 0 if self.joined else MESSAGE_OVERHEAD
            object.__setattr__(self, "tokens", estimate(self.text) + overhead)  # the dataclass is frozen


@dataclass(frozen=True, slots=True)
class Draft:
    """All parts in their order, and which of them give way, in which order, until the rest fits.

    The model reads `window` tokens, of which `reserve` are held free for its reply. The prompt should not have more
    than `aim` tokens if what gives way is enough for that.
    """

    parts: tuple[Part, ...]
    yielding: tuple[range, ...]
    sampling: Sampling
    window: int
    reserve: int
    aim: int | None = None


def messages_of(parts: Iterable[Part]) -> tuple[PromptMessage, ...]:
    """Return the prompt that `parts` make; those that are cut are left out."""
    texts: list[tuple[Role, list[str]]] = []
    for part in parts:
        if part.cut:
            continue
        if part.joined and texts:
            texts[-1][1].append(part.text)
        else:
            texts.append((part.role, [part.text]))
    return tuple(PromptMessage(role, "".join(pieces)) for role, pieces in texts)


def paragraphs(role: Role, pieces: Sequence[tuple[PartName, str]]) -> list[Part]:
    """Return `pieces`, those without text left out, as the paragraphs of one prompt message."""
    filled = [(name, text) for name, text in pieces if text.strip()]
    return [
        Part(name, role, f"\n\n{text}" if place else text, joined=place > 0)
        for place, (name, text) in enumerate(filled)
    ]


def history(context: Context) -> list[Part]:
    """Return what was said above the reply, word for word, with what no prompt holds marked as cut."""
    parts: list[Part] = []
    started = context.from_start
    for message in context.branch:
        role: Role = "user" if message.role is Speaker.USER else "assistant"
        started = started or role == "user"
        cut: Cut | None = None
        if message.hidden:
            cut = "hidden"
        elif not message.content:
            cut = "no_text"
        elif not started:
            cut = "unpaired"
        parts.append(Part("history", role, message.content, Spoken(message.id, message.version), cut=cut))
    return parts


def turn_starts(said: Sequence[Part]) -> list[int]:
    """Return where each turn of the history begins: what the user says, or several times says, and what answers it."""
    living = [place for place, part in enumerate(said) if not part.cut]
    return living[:1] + [
        place for before, place in pairwise(living) if said[place].role == "user" and said[before].role == "assistant"
    ]


def all_but_newest(said: Sequence[Part], start: int) -> list[int]:
    """Return the places of the messages from `start` on that are sent, the last one left out."""
    return [place for place in range(start, len(said)) if not said[place].cut][:-1]


def ends_with_user(said: Sequence[Part]) -> bool:
    """Tell whether the user spoke last. A prompt that ended with the assistant's words would have them continued."""
    return next((part.role == "user" for part in reversed(said) if not part.cut), False)


def kept_part(context: Context, kept: str) -> list[Part]:
    """Return the text that the model shall go on from, if there is any, and what makes it do so."""
    if not kept:
        return []
    part = Part("kept", "assistant", kept, Spoken(context.reply_id, context.reply_version, len(kept)))
    if context.model is None or context.model.continue_prefix:
        return [part]
    # A model that cannot go on from a text by itself is asked to.
    return [part, Part("continue", "user", templates.CONTINUE.substitute())]
