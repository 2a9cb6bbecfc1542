"""What a request is answered with, and what is told of it."""

import random
import zlib
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import parse_qsl

from pydantic import TypeAdapter

CANARY = "canary-in-a-foreign-body"  # stands in every error body, so that a test can see that none is echoed
VOCABULARY = """the lamp turns and sea wind carries a song over café roofs where naïve gulls sleep 灯台 の 光 while
Button the cat watches 🐈 and waits for Ωmega tea 👩‍🚀 with Zoë said it was late so we went home again to read"""

Fault = Literal[
    "refuse",  # HTTP `status` with an error body
    "html",  # HTTP 200 with a web page
    "silent",  # no byte, ever
    "hang",  # text up to `after`, then nothing
    "hold",  # text up to `after`, then nothing until it is released
    "cut",  # text up to `after`, then the connection is reset
    "close",  # text up to `after`, then the stream ends properly, but without finish and [DONE]
    "malformed",  # text up to `after`, then an event that is no JSON
    "error",  # text up to `after`, then an error event inside HTTP 200
    "long_line",  # text up to `after`, then a line without end
    "empty",  # a whole stream without text
    "linger",  # all up to the finish, then nothing, and no end
    "blocked_prompt",  # Gemini's first way to block
    "blocked_output",  # text up to `after`, then the second way
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a request is answered. Lengths and positions count code points of the whole text, waits are seconds."""

    text: str | None = None
    """What is said; None: `scripted_text(seed, length)`."""
    seed: int | None = None
    """None: `seed_of` the last user's message, so that each question has an answer of its own."""
    length: int = 200
    chunk: int = 4
    """Code points an event."""
    pace: float = 0
    """Events a second; 0: as fast as the reader takes them."""
    start_after: float = 0
    """Wait before the first byte."""
    reasoning: str = ""
    """Thoughts before the text."""
    finish: str | None = "stop"
    """The finish reason; None, in a model's name `null`, is sent as null."""
    done: bool = True
    """Whether `[DONE]` ends the stream."""
    usage: bool = True
    cost: float | None = None
    served_by: str | None = None
    """The name of the provider that OpenRouter chose."""
    comments: bool = False
    """`: OPENROUTER PROCESSING` between the events."""
    split_surrogates: bool = False
    """Characters beyond U+FFFF come as two escapes in two events."""
    as_json: bool = False
    """One JSON body in place of a stream."""
    cookie: str | None = None
    """Sent as `Set-Cookie`."""
    raw: str | None = None
    """A stream to be sent as it is, in place of one that says `text`."""

    fault: Fault | None = None
    after: int = 0
    """Where in the text the fault happens. A request that continues behind this place does not meet it."""
    times: int | None = None
    """The fault happens to so many requests with the same question, then no more; None: to all."""
    status: int = 500
    error_code: str | int | None = None
    """`code` in the body or event of an error."""
    retry_after: str | None = None


@dataclass(slots=True)
class Asked:
    """One request as the server saw it."""

    model: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float
    port: int
    """The caller's, so that its connections can be told apart."""
    prefix: str = ""
    """The text that the caller asked to continue."""
    text: str = ""
    """The whole reply, from the prefix's first letter on."""
    sent: str = ""
    """As much of `text` as was sent, or known to the caller as prefix."""
    ended_at: float | None = None
    closed_early: bool = False
    """Whether the caller hung up before the reply's end."""


def scripted_text(seed: int, length: int) -> str:
    """Return what a script without `text` says: `length` code points, the same ones for the same seed."""
    chance = random.Random(seed)
    words = VOCABULARY.split()
    text = ""
    while len(text) < length:
        text += chance.choice(words) + chance.choice((" ", " ", " ", " ", ", ", ". ", "\n"))
    return text[: length - 1] + "." if length else ""


def seed_of(question: str) -> int:
    """Return the seed that a question gives to a script without one."""
    return zlib.crc32(question.encode())


SCRIPT = TypeAdapter(Script)


def script_in(model: str) -> Script:
    """Return the script that is written into a model's name."""
    _, _, query = model.partition("?")
    script = SCRIPT.validate_strings(dict(parse_qsl(query, strict_parsing=bool(query))))
    return replace(script, finish=None) if script.finish == "null" else script
