"""What a run leaves behind to be judged: what clients said and saw, what the provider sent, what is stored."""

from dataclasses import dataclass, field
from typing import Any, Literal

from causerie.chaos.plan import Strike
from causerie.chaos.processes import Exit
from causerie.chaos.provider import Call


@dataclass(slots=True)
class Said:
    """A message that somebody sent. Times are seconds since the epoch, everywhere."""

    message_id: str
    name: str
    content: str
    asked_at: float
    session_id: str | None = None
    acked_at: float | None = None
    reply_id: str | None = None
    other_replies: set[str] = field(default_factory=set)
    """Replies that a repeat was answered with and that are not `reply_id`."""
    refusals: list[str] = field(default_factory=list)
    """Codes of the refusals before the acknowledgement."""


@dataclass(slots=True)
class Verb:
    """What was asked of a reply."""

    kind: Literal["stop", "retry", "continue", "swipe"]
    message_id: str
    name: str
    asked_at: float
    acked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An id that was said again with other words, and the code of the refusal; None: it was taken."""

    message_id: str
    refused_as: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client had of a session in the end. `text_of`: the content that it put together of each message."""

    client: str
    session_id: str
    seq: int
    text_of: dict[str, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nothing of an unfinished reply reached anybody."""

    message_id: str
    name: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class LateJoin:
    """How long a new client needed for all text that another one had; None: it never got it."""

    message_id: str
    began: float
    seconds: float | None
    after_flush: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a client saw broken while it listened."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A strike as it went; `recovery`: seconds until the process that was frozen worked again, None: it did not."""

    strike: Strike
    began: float
    ended: float
    recovery: float | None = None


@dataclass(frozen=True, slots=True)
class Residue:
    """Something that must be back at its base line: `after` at most `allowed`."""

    what: str
    before: float
    after: float
    allowed: float


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A row of `message` with its generation's part; `attempt` None: no model makes it."""

    id: str
    session_id: str
    parent_id: str | None
    role: str
    status: str
    content: str
    attempt: int | None
    state: str | None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of `session_event`."""

    session_id: str
    seq: int
    kind: str
    message_id: str | None
    body: dict[str, Any]


@dataclass(slots=True)
class Stored:
    """What the database holds. `heads`: the newest number that each session gave out."""

    messages: dict[str, StoredMessage] = field(default_factory=dict)
    events: list[StoredEvent] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Evidence:
    """All of it."""

    said: list[Said] = field(default_factory=list)
    verbs: list[Verb] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    late_joins: list[LateJoin] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    strikes: list[Struck] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    residues: list[Residue] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    stored: Stored = field(default_factory=Stored)
    unfinished: list[str] = field(default_factory=list)
    """Replies that did not end while somebody waited for them."""
    connections: int = 0
    """How often a client joined a session anew."""
