"""Asking for background work, and looking at it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.errors import NotFound
from causerie.jobs.models import Job

UNFINISHED = ("queued", "running")


class JobNotFound(NotFound):
    """The actor has no such job."""

    def __init__(self) -> None:
        super().__init__("There is no such job.")


def enqueue(work: Work, kind: str, arguments: dict[str, Any] | None = None) -> Job:
    """Ask for a job; one of this kind that is not finished yet is returned instead."""
    waiting = work.session.scalar(select(Job).where(Job.kind == kind, Job.state.in_(UNFINISHED)).limit(1))
    if waiting is not None:
        return waiting
    job = Job(kind=kind, arguments=arguments or {}, run_at=utc_now())
    work.session.add(job)
    work.session.flush()
    return job


def claim(work: Work, job_id: UUID) -> Job | None:
    """Return a job that can be worked on now, locked; None if it is done, has to wait, or another process is at it."""
    due = select(Job).where(Job.id == job_id, Job.state.in_(UNFINISHED), Job.run_at <= utc_now())
    return work.session.scalar(due.with_for_update(skip_locked=True))


def get(work: Work, job_id: UUID) -> Job:
    """Return a job.

    Raises:
        JobNotFound: the actor has none such.
    """
    job = work.session.scalar(select(Job).where(Job.id == job_id))
    if job is None:
        raise JobNotFound
    return job
