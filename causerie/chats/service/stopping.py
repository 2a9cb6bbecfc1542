"""Stopping replies. A stop is a row first; the signal only makes it happen at once."""

from uuid import UUID

from causerie.chats import repository
from causerie.chats.models import ChatSession, Generation, Status
from causerie.chats.schemas import MessageOut
from causerie.chats.service import reading
from causerie.chats.service.ending import Ending, end
from causerie.chats.signals import StopRequested
from causerie.db.work import Work


def stop(work: Work, message_id: UUID) -> MessageOut:
    """Let a reply end with the text it has. Whatever has ended stays as it is.

    Raises:
        MessageNotFound: the actor has no such message.
    """
    repository.get_message(work, message_id, lock=True)
    generation = repository.find_generation(work, message_id)
    if generation is not None and generation.state is Status.QUEUED:
        end_here(work, generation)
    elif generation is not None and generation.state is Status.STREAMING:
        generation.stop_requested = True
        work.session.flush()
        work.publish(StopRequested(work.actor.user_id, message_id))
    return reading.get_message(work, message_id)


def end_here(work: Work, generation: Generation) -> None:
    """End a reply as stopped in this transaction, with the text of its last checkpoint; its worker is fenced."""
    ending = Ending(status=Status.STOPPED, content=generation.partial_text)
    if end(work, generation.session_id, generation.message_id, generation.attempt, ending):
        work.publish(StopRequested(work.actor.user_id, generation.message_id))


def finish_all(work: Work, chat: ChatSession, among: frozenset[UUID] | None = None) -> None:
    """End the unfinished replies of a session (all, or those of `among`) as stopped."""
    for generation in repository.list_unfinished(work, chat.id):
        if among is None or generation.message_id in among:
            end_here(work, generation)
    work.session.refresh(chat)
