"""Chats that are stored: what was said, replies that were asked of a model, and their traces."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import update

from causerie.chats import service as chats
from causerie.chats.models import Generation, Status
from causerie.chats.schemas import MessagePatch, NewSaying
from causerie.db.work import Work
from causerie.http.answers import Expected
from causerie.prompting.service import Context, Prompt, assemble, read_context, store_trace
from causerie.providers.protocol import Profile
from causerie.testing import ScriptedProvider


class NobodyStarts:
    """Every reply waits, so that the tests claim it."""

    def try_start(self, *reply: object, **more: object) -> None:
        """Leave the reply to somebody else."""


def say(work: Work, session_id: UUID | None, text: str, **more: Any) -> tuple[UUID, UUID, UUID]:
    """Say something; return the session's, the message's and the waiting reply's id."""
    said = chats.say(work, NewSaying(session_id=session_id, content=text, **more), NobodyStarts())
    assert said.ai_message is not None
    return said.session_id, said.user_message.id, said.ai_message.id


def claim(work: Work, session_id: UUID, reply_id: UUID, attempt: int = 1) -> Context:
    """Begin an attempt, and read what its prompt is made from."""
    work.flush()
    work.session.execute(
        update(Generation).where(Generation.message_id == reply_id).values(attempt=attempt, state=Status.STREAMING)
    )
    return read_context(work, session_id, reply_id)


def prompt_of(context: Context, kept: str = "", profile: Profile = "normal") -> Prompt:
    return asyncio.run(assemble(context, ScriptedProvider([""], profile=profile), kept=kept))


def answer(work: Work, session_id: UUID, reply_id: UUID, text: str, prompt: Prompt, attempt: int = 1) -> None:
    """Keep the prompt's trace, and end the attempt."""
    assert store_trace(work, reply_id, attempt, prompt.trace)
    ending = chats.Ending(status=Status.COMPLETE, content=text)
    assert chats.end(work, session_id, reply_id, attempt, ending)


def edit(work: Work, message_id: UUID, text: str) -> None:
    chats.edit(work, message_id, MessagePatch(content=text), Expected())
