"""Which page of a branch a request asks for."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from causerie.accounts.actor import CurrentActor
from causerie.chats import service
from causerie.chats.schemas import (
    MessagePage,
)
from causerie.chats.service.reading import Direction
from causerie.http.paging import LARGEST_PAGE
from causerie.http.state import CurrentDatabase


class BranchQuery(BaseModel):
    """Which part of which branch is asked for: its newest page, or the page beside one message."""

    model_config = ConfigDict(extra="forbid")

    leaf: UUID | None = Field(default=None, description="The branch that ends here; without it the active one.")
    before: UUID | None = Field(default=None, description="The newest messages above this one.")
    after: UUID | None = Field(default=None, description="The first messages below this one.")
    around: UUID | None = Field(default=None, description="The messages on both sides of this one, and itself.")
    limit: int = Field(default=50, ge=1, le=LARGEST_PAGE)
    cursor: str | None = Field(default=None, max_length=512, description="`next_cursor` of the page before.")

    @model_validator(mode="after")
    def _one_place(self) -> "BranchQuery":
        if sum(place is not None for place in (self.before, self.after, self.around, self.cursor)) > 1:
            raise ValueError("give at most one of before, after, around and cursor")
        return self

    @property
    def place(self) -> tuple[Direction, UUID] | tuple[None, None]:
        """The side of the message that is asked for, and the message."""
        if self.before is not None:
            return "before", self.before
        if self.after is not None:
            return "after", self.after
        return ("around", self.around) if self.around is not None else (None, None)


async def branch_page(
    session_id: UUID, query: BranchQuery, database: CurrentDatabase, actor: CurrentActor
) -> MessagePage:
    direction, anchor = query.place
    return await database.read(
        actor,
        service.list_messages,
        session_id,
        limit=query.limit,
        leaf=query.leaf,
        cursor=query.cursor,
        direction=direction,
        anchor=anchor,
    )
