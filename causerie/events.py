"""The base of all events: facts that were committed, told to whoever follows them."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """A frame from the server. Closed and frozen; `type` tells the kinds apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    session_id: UUID


class NumberedEvent(Event):
    """An event of a session's history: stored in the transaction of its change, with a gap-free `seq`."""

    numbered: ClassVar[bool] = True

    seq: int = 0

    def at(self, seq: int) -> Self:
        """Return this event at its place in the session's history."""
        return self.model_copy(update={"seq": seq})
