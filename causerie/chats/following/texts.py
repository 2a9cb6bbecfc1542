"""The texts of running replies: what there is of each, and how far a reader has it."""

from uuid import UUID

from causerie.broker.growing import GrowingText
from causerie.chats.encoding import stream_token, token_prefix
from causerie.chats.following.channel import Frame


class Reply(GrowingText):
    """A running attempt and its text so far, shared by all who read it.

    `short` says how many code points an attempt keeps whose text has not been heard of yet; `grew`, whether it got any
    text since somebody asked; `unsure`, that the bus had none of it, so that there may be more.
    """

    __slots__ = ("attempt", "grew", "message_id", "prefix", "short", "unsure")

    def __init__(self, session_id: UUID, message_id: UUID, attempt: int, text: str, keep: int = 0) -> None:
        super().__init__(text)
        self.message_id = message_id
        self.attempt = attempt
        self.prefix = token_prefix(session_id, message_id, attempt)
        self.short = keep if len(text) < keep else 0
        self.grew = True
        self.unsure = False

    def extend(self, text: str) -> None:
        super().extend(text)
        self.grew = True
        if self.length >= self.short:
            self.short = 0

    def frame_from(self, offset: int) -> Frame:
        """Return all text after `offset` code points as one frame."""
        return Frame(stream_token(self.prefix, offset, self.text[offset:]))


class Cursor:
    """How far a reader has the text of a reply: this many code points of this attempt are in its queue or sent."""

    __slots__ = ("attempt", "offset")

    def __init__(self, attempt: int, offset: int) -> None:
        self.attempt = attempt
        self.offset = offset
