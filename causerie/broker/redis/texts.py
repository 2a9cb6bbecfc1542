"""The text of a running attempt on its way into its stream, and out of it.

An entry's id is `<attempt>-<end offset>`: Redis itself refuses what is a repeat and what a fenced worker sends.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import structlog
from redis.exceptions import ResponseError

from causerie.broker.growing import GrowingText
from causerie.broker.ports import LiveText, SessionKey
from causerie.broker.redis import keys
from causerie.broker.redis.connections import Answer, Command
from causerie.broker.redis.messages import decode, encode, pack_text

SNAPSHOT_ENTRIES = 256
"""After so many pieces all text is sent again, as one entry that replaces those before it."""
PROLONGING_SECONDS = 30
NOTHING = -1
NOT_NEWER = "equal or smaller"

log = structlog.get_logger(__name__)


class SentText(GrowingText):
    """A `Parcel` that never holds more than the text itself: what is not sent yet goes as one piece.

    Its first entry, every 256th, and the first one after Redis lost the stream or was out of reach are snapshots:
    offset 0, all text; what is older is trimmed.

    Args:
        again: takes it when there is something left to send.
    """

    size = 64  # what it takes up beyond its text, which is held anyway

    def __init__(
        self,
        session: SessionKey,
        message_id: UUID,
        attempt: int,
        kept: str,
        *,
        sender: bytes,
        again: Callable[["SentText"], None],
    ) -> None:
        super().__init__(kept)
        self.key = keys.text(session, message_id)
        self.message_id = message_id
        self.attempt = attempt
        self.waiting = False
        self.closed = False
        self.fenced = False
        self._channel = keys.events(session)
        self._sender = sender
        self._again = again
        self._stored = NOTHING  # offered to the stream so far
        self._told = self.length  # offered to the channel so far
        self._published = self.length  # of it, what surely arrived
        self._entries = 0
        self._doubted = False
        self._refused = False
        self._prolonged = -math.inf

    def commands(self) -> Sequence[Command]:
        self.waiting = False
        commands: list[Command] = []
        if self._doubted:
            commands.append(("XREVRANGE", self.key, "+", "-", "COUNT", 1))
        elif self._stored < self.length and not self.fenced:
            commands.append(self._entry())
        if self._told < self.length:
            new, offset, self._told = self.text[self._told :], self._told, self.length
            message = pack_text(self._sender, self.message_id, self.attempt, offset, new)
            commands.append(("PUBLISH", self._channel, message))
        if commands and time.monotonic() - self._prolonged > PROLONGING_SECONDS:
            commands.append(("EXPIRE", self.key, keys.TEXT_SECONDS + PROLONGING_SECONDS))
        return commands

    def settle(self, commands: Sequence[Command], answers: Sequence[Answer]) -> None:
        self._published = self._told
        for command, answer in zip(commands, answers, strict=True):
            match command[0]:
                case "XADD":
                    self._take_entry(answer)
                case "XREVRANGE":
                    self._judge(answer)
                case "EXPIRE" if answer:
                    self._prolonged = time.monotonic()
        if (self._doubted or self._stored < self.length) and not (self._refused or self.closed or self.fenced):
            self._again(self)

    def retry(self) -> None:
        self.waiting = True
        self._stored, self._told = NOTHING, self._published

    def lose(self) -> None:
        self.waiting = False

    def _entry(self) -> Command:
        entry_id = f"{self.attempt}-{self.length}"
        if self._stored == NOTHING or self._entries >= SNAPSHOT_ENTRIES:
            self._entries, self._prolonged = 0, -math.inf
            options, offset = ["MINID", entry_id], 0
        else:
            options, offset = ["NOMKSTREAM"], self._stored
        self._entries += 1
        self._stored = self.length
        return ("XADD", self.key, *options, entry_id, "offset", offset, "text", encode(self.text[offset:]))

    def _take_entry(self, answer: Answer) -> None:
        refused_before, self._refused = self._refused, False
        if answer is None:  # the stream is gone
            self._stored = NOTHING
        elif isinstance(answer, ResponseError):
            if NOT_NEWER in str(answer):
                self._doubted = True
            else:  # no memory, no right: the next piece tries again
                self._stored, self._refused = NOTHING, True
                if not refused_before:
                    log.warning("text_refused", message_id=str(self.message_id), reason=str(answer))

    def _judge(self, answer: Answer) -> None:
        """Find out who wrote what stands in the way: this attempt, on a way that broke, or one that came after it."""
        self._doubted = False
        if isinstance(answer, ResponseError) or not answer:
            self._stored = NOTHING
            return
        attempt, end = entry_place(answer[0][0])
        if attempt == self.attempt:
            self._stored = end
        else:
            self.fenced = True
            log.info("text_fenced", message_id=str(self.message_id), attempt=self.attempt, by=attempt)


def entry_place(entry_id: bytes) -> tuple[int, int]:
    """Return the attempt and the end offset that an entry's id tells."""
    attempt, _, end = entry_id.partition(b"-")
    return int(attempt), int(end)


def assemble(message_id: UUID, entries: Iterable[tuple[bytes, Sequence[bytes]]]) -> LiveText | None:
    """Return the newest attempt's text, as far as it has no hole; None if there is nothing."""
    newest, length = 0, 0
    pieces: list[str] = []
    for entry_id, fields in entries:
        attempt, end = entry_place(entry_id)
        text = _text_until(end, fields)
        if text is None:
            log.warning("text_unreadable", message_id=str(message_id), entry=entry_id.decode())
            continue
        if attempt > newest:
            newest, length, pieces = attempt, 0, []
        offset = end - len(text)
        if attempt == newest and offset <= length < end:
            pieces.append(text[length - offset :])
            length = end
    return LiveText(message_id, newest, "".join(pieces)) if newest else None


def _text_until(end: int, fields: Sequence[bytes]) -> str | None:
    """Return the text of an entry that ends there; None of one that is not ours, or is damaged."""
    try:
        _, offset, _, encoded = fields
        text = decode(encoded)
        return text if int(offset) + len(text) == end and int(offset) >= 0 else None
    except ValueError:
        return None
