"""The base of all events: facts that were committed, told to whoever follows them."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """A frame from the server about a session. Closed and frozen; `type` tells the kinds apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    session_id: UUID


class NumberedEvent(Event):
    """An event of a session's history: stored in the transaction of its change, with a gap-free `seq`."""

    seq: Annotated[int, Field(ge=1)]
