"""Looking into the trash, and emptying it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from causerie.accounts import service as accounts
from causerie.characters import service as characters
from causerie.chats import service as chats
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.http.paging import Page, PageQuery, read_moment_cursor, write_cursor
from causerie.jobs import service as jobs
from causerie.jobs.models import Job
from causerie.settings import service as settings
from causerie.trash import repository
from causerie.trash.repository import Found
from causerie.trash.schemas import Kind

EMPTY_TRASH = "empty_trash"
"""A job: everything that was deleted until its `before` goes for good."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A page of the trash, and how long things stay there."""

    page: Page[Found]
    kept: timedelta


def list_trash(work: Work, query: PageQuery) -> Contents:
    """Return a page of what is in the trash, newest deletion first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    before = read_moment_cursor(query.cursor) if query.cursor is not None else None
    found = repository.list_trashed(work, before, query.limit + 1, shared=accounts.administers(work))
    kept = timedelta(days=settings.get_settings(work).retention_days)
    if len(found) <= query.limit:
        return Contents(Page(found, None), kept)
    last = found[query.limit - 1]
    return Contents(Page(found[: query.limit], write_cursor(last.deleted_at.isoformat(), str(last.id))), kept)


def empty(work: Work) -> Job:
    """Ask that everything now in the trash goes for good; a job that is at it already is returned instead."""
    return jobs.enqueue(work, EMPTY_TRASH, {"before": utc_now().isoformat()})


def empty_overdue(work: Work) -> Job | None:
    """Ask that what is in the trash for longer than the settings say goes for good; None when there is nothing."""
    before = utc_now() - timedelta(days=settings.get_settings(work).retention_days)
    if repository.next_to_purge(work, before, shared=accounts.administers(work)) is None:
        return None
    return jobs.enqueue(work, EMPTY_TRASH, {"before": before.isoformat()})


def empty_slice(work: Work, job: Job) -> bool:
    """Delete a slice of the trash for good; return whether more is left. `job.done` counts whole things."""
    before = datetime.fromisoformat(job.arguments["before"])
    found = repository.next_to_purge(work, before, shared=accounts.administers(work))
    if found is None:
        return False
    kind, identity = found
    if not _forget_slice(work, kind, identity):
        job.done += 1
    return True


def _forget_slice(work: Work, kind: Kind, identity: UUID) -> bool:
    """Delete a slice of one thing; return whether more of it is left."""
    if kind == "session":
        return chats.purge_slice(work, identity)
    if repository.clear_references(work, kind, identity):
        work.publish(chats.PagesOutdated(work.actor.user_id))
        return True
    if kind == "character":
        characters.purge(work, identity)
    else:
        repository.remove(work, kind, identity)
    return False
