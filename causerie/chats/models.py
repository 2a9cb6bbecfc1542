"""Sessions, their tree of messages, the replies being made, and the history of events."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Enum,
    ForeignKey,
    Index,
    UniqueConstraint,
    literal_column,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from causerie.clock import utc_now
from causerie.db.base import Base, Owned, Timestamped, Trashable, owned_foreign_key
from causerie.ids import new_id


class Role(StrEnum):
    """Who speaks in a message."""

    USER = "user"
    ASSISTANT = "assistant"


class Status(StrEnum):
    """How far a message is. A user's is `complete`; a reply ends as `complete`, `stopped` or `failed`."""

    QUEUED = "queued"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether a reply in this status has ended."""
        return self not in UNFINISHED


UNFINISHED = frozenset({Status.QUEUED, Status.STREAMING})


def unfinished(status: ColumnElement[Status]) -> ColumnElement[bool]:
    """Tell whether a reply has not ended. As an IN its values would be written into the statement at each execution."""
    return or_(*(is_in(one, status) for one in sorted(UNFINISHED)))


def is_in(state: Status, status: ColumnElement[Status]) -> ColumnElement[bool]:
    """Tell whether a reply is in this state.

    It is a literal: where an index is kept for some states alone, SQLite plans a statement with a parameter anew at
    each execution, which takes five times as long as running it.
    """
    return status == literal_column(f"'{state}'")


def _name_of(kind: type[StrEnum]) -> Enum:
    """Return the column type of `kind`: its values as text with a check, the same on both databases."""
    return Enum(
        kind, native_enum=False, length=16, values_callable=lambda members: [member.value for member in members]
    )


class ChatSession(Owned, Timestamped, Trashable, Base):
    """One story. Whoever writes in it takes this row first, then generations by id: one order, no deadlock.

    `next_seq` is the number of the next event; numbers are taken in the transaction of their change, so they have no
    gap and follow the order of commits. `version` rises when something that a client may set changes.
    `last_reply_seq` is the number of the event with which a reply ended last: beyond `last_read_seq` it is unread.
    """

    __tablename__ = "chat_session"
    __table_args__ = (
        owned_foreign_key("character_id", "character"),
        owned_foreign_key("user_profile_id", "user_profile"),
        Index("ix_chat_session_updated", "user_id", "deleted_at", "updated_at", "id"),
        Index("ix_chat_session_created", "user_id", "created_at"),
        Index("ix_chat_session_character", "user_id", "character_id"),
        Index("ix_chat_session_profile", "user_id", "user_profile_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    character_id: Mapped[UUID | None]
    user_profile_id: Mapped[UUID | None]
    ai_model_id: Mapped[UUID | None] = mapped_column(ForeignKey("ai_model.id"))
    system_prompt_id: Mapped[UUID | None] = mapped_column(ForeignKey("system_prompt.id"))
    post_id: Mapped[UUID | None]
    user_persona: Mapped[str] = mapped_column(default="")
    world_time: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    last_summary_at: Mapped[datetime | None]
    total_messages: Mapped[int] = mapped_column(default=0)
    active_leaf_id: Mapped[UUID | None]  # no foreign key: the message's own key to its session would make a circle
    next_seq: Mapped[int] = mapped_column(default=1)
    last_read_seq: Mapped[int] = mapped_column(default=0)
    last_reply_seq: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pinned: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)
    document_ids: Mapped[list[str]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, sort_order=91)  # moves the session up: set by hand

    messages: Mapped[list["Message"]] = relationship(back_populates="chat_session", lazy="raise", passive_deletes=True)


class Message(Owned, Trashable, Base):
    """One node of a session's tree. A reply exists before its text does.

    A deleted message is a tombstone: its children stay where they are, and reading a branch steps over it.
    `deletion_id` names what one DELETE took, so that one undo brings it back.
    """

    __tablename__ = "message"
    __table_args__ = (
        owned_foreign_key("session_id", "chat_session", ondelete="CASCADE"),
        owned_foreign_key("parent_id", "message", within="session_id"),
        owned_foreign_key("character_id", "character"),
        # What a parent's key points at: on SQLite as its first release had it, on PostgreSQL led by what it finds.
        UniqueConstraint("user_id", "session_id", "id", name="uq_message_within_session").ddl_if(dialect="sqlite"),
        UniqueConstraint("id", "session_id", "user_id", name="uq_message_within_session").ddl_if(dialect="postgresql"),
        CheckConstraint("role IN ('user', 'assistant')", name="role"),
        CheckConstraint("status IN ('queued', 'streaming', 'complete', 'stopped', 'failed')", name="status"),
        Index("ix_message_parent", "session_id", "user_id", "parent_id"),
        Index("ix_message_timestamp", "session_id", "user_id", "timestamp"),
        Index(
            "ix_message_deleted",
            "session_id",
            "user_id",
            "deleted_at",
            sqlite_where=text("deleted_at IS NOT NULL"),
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    session_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    role: Mapped[Role] = mapped_column(_name_of(Role))
    character_id: Mapped[UUID | None]
    content: Mapped[str] = mapped_column(default="")
    status: Mapped[Status] = mapped_column(_name_of(Status), default=Status.COMPLETE)
    intent: Mapped[str | None]
    finish_reason: Mapped[str | None]
    provider: Mapped[str | None]
    model: Mapped[str | None]
    usage: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    depth: Mapped[int] = mapped_column(default=0)
    hidden: Mapped[bool] = mapped_column(default=False)
    pinned: Mapped[bool] = mapped_column(default=False)
    timestamp: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column(default=1)
    deletion_id: Mapped[UUID | None]

    chat_session: Mapped[ChatSession] = relationship(
        back_populates="messages", lazy="raise", foreign_keys="[Message.user_id, Message.session_id]"
    )


class MessageRevision(Owned, Base):
    """What a message said up to and including `version`."""

    __tablename__ = "message_revision"
    __table_args__ = (owned_foreign_key("message_id", "message", ondelete="CASCADE"),)

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Generation(Owned, Base):
    """The making of one reply: the job, its lease and the text so far. One row per reply that a model makes.

    `attempt` is the fencing token: claiming raises it, and every later write names the attempt it belongs to.
    `first_attempt` is the attempt before the user's last start (say, retry, continue), so that tries can be counted.
    `keep`: code points of `partial_text` that the next attempt must keep; null leaves it to the rules of taking over.
    """

    __tablename__ = "generation"
    __table_args__ = (
        owned_foreign_key("message_id", "message", ondelete="CASCADE"),
        owned_foreign_key("session_id", "chat_session", ondelete="CASCADE"),
        CheckConstraint("state IN ('queued', 'streaming', 'complete', 'stopped', 'failed')", name="state"),
        Index(
            "ix_generation_unfinished",
            "state",
            "lease_until",
            sqlite_where=text("state IN ('queued', 'streaming')"),
            postgresql_where=text("state IN ('queued', 'streaming')"),
        ),
        Index("ix_generation_session", "session_id", "user_id", "state"),
        Index(
            "ix_generation_after",
            "after_id",
            "user_id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
    after_id: Mapped[UUID | None]
    state: Mapped[Status] = mapped_column(_name_of(Status), default=Status.QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    first_attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    deadline_at: Mapped[datetime | None]
    stop_requested: Mapped[bool] = mapped_column(default=False)
    keep: Mapped[int | None]
    instruction: Mapped[str | None]
    partial_text: Mapped[str] = mapped_column(default="")
    partial_attempt: Mapped[int] = mapped_column(default=0)
    prompt_trace: Mapped[dict[str, Any] | None]


class SessionEvent(Owned, Base):
    """An event as it was sent. The table is the outbox: what is committed here is what clients are told."""

    __tablename__ = "session_event"
    __table_args__ = (
        owned_foreign_key("session_id", "chat_session", ondelete="CASCADE"),
        Index("ix_session_event_message", "message_id", "user_id"),
        Index("ix_session_event_created", "created_at"),
    )

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    message_id: Mapped[UUID | None]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
