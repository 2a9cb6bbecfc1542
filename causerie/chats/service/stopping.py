"""Stopping replies. A stop is a row first; the signal only makes it happen at once."""

from uuid import UUID

from causerie.chats import repository
from causerie.chats.models import ChatSession, Generation, Status
from causerie.chats.schemas import MessageOut
from causerie.chats.service import reading, tree
from causerie.chats.service.ending import Ending, end
from causerie.chats.signals import ReplyQueued, StopRequested
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.http.answers import Expected


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
        _tell_worker(work, generation)
    return reading.get_message(work, message_id)


def stop_below(work: Work, message_id: UUID, expected: Expected, *, subtree: bool = False) -> tuple[UUID, list[UUID]]:
    """Stop a message that is to be deleted, and with `subtree` what runs below it.

    Returns:
        The session, and the replies that their worker still has to end: then they keep all text that was seen.

    Raises:
        MessageNotFound: the actor has no such message.
        Stale: the message is not in the expected version.
    """
    message = repository.get_message(work, message_id, lock=True)
    expected.check(message)
    below = tree.descendants(work, message.session_id, message_id) if subtree else ()
    return message.session_id, _stop_among(work, message.session_id, {message_id, *(row.id for row in below)})


def stop_in_session(work: Work, session_id: UUID, expected: Expected) -> list[UUID]:
    """Stop what runs in a session that is to be deleted or cleared; return as `stop_below` does.

    Raises:
        SessionNotFound: the actor has no such session.
        Stale: the session is not in the expected version.
    """
    expected.check(repository.get_session(work, session_id, lock=True, trashed=None))
    return _stop_among(work, session_id, None)


def _stop_among(work: Work, session_id: UUID, among: set[UUID] | None) -> list[UUID]:
    stopped = [
        generation
        for generation in repository.list_unfinished(work, session_id)
        if generation.state is Status.STREAMING and (among is None or generation.message_id in among)
    ]
    for generation in stopped:
        generation.stop_requested = True
        _tell_worker(work, generation)
    return [generation.message_id for generation in stopped]


def _tell_worker(work: Work, generation: Generation) -> None:
    """Let a reply end: by the worker that writes it, or by any, when the lease of that one has run out."""
    work.publish(StopRequested(work.actor.user_id, generation.message_id))
    if generation.lease_until is not None and generation.lease_until < utc_now():
        work.publish(ReplyQueued(work.actor.user_id, generation.message_id))


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
