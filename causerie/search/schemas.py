"""What is asked of the search, and what it answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from causerie.http.paging import PageQuery

LONGEST_QUESTION = 200

Kind = Literal["messages", "sessions", "characters"]


class SearchQuery(PageQuery):
    """What is looked for, and where."""

    q: Annotated[
        str,
        Field(
            max_length=LONGEST_QUESTION,
            description="Words that a hit must all have, the first 16 of them. The last one may be still being typed.",
        ),
    ]
    kind: list[Kind] = Field(default=[], max_length=3, description="What to look for; everything when it is left out.")
    session_id: Annotated[
        UUID | None, Field(description="Find in this chat alone: messages of its active branch, in their order.")
    ] = None
    order: Annotated[
        Literal["position"] | None, Field(description="The order that hits of one chat have anyway; else of no effect.")
    ] = None


class Hit(BaseModel):
    """Something that has all the words."""

    kind: Literal["message", "session", "character"]
    id: UUID
    session_id: UUID | None = Field(description="The session that it is, or is in.")
    character_id: UUID | None = Field(description="The character that it is, or that speaks in it.")
    title: str = Field(description="The session's title, or the character's name.")
    snippet: str = Field(description="The place of the words, as plain text.")
    marks: list[tuple[int, int]] = Field(description="Where words stand in the snippet: from, to, in code points.")
    position: int | None = Field(description="A message's place in its session's active branch; the first one's is 1.")
    on_branch: bool | None = Field(description="Whether a message is in its session's active branch.")
    timestamp: datetime = Field(description="When it was said, or changed last.")
    score: float = Field(description="How well it fits, compared with other hits of the same question.")
