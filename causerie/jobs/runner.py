"""Doing background work: slice by slice, each a short transaction behind whatever else waits."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import structlog

from causerie.clock import utc_now
from causerie.db.across import NOBODY, due_jobs
from causerie.db.database import Database
from causerie.db.work import Actor, Work
from causerie.errors import CauserieError, Problem
from causerie.jobs import service
from causerie.jobs.models import Job

POLL_SECONDS = 5.0
PAUSE_AFTER_FAILURE = timedelta(minutes=1)
MOST_ATTEMPTS = 5
_JOBS_A_ROUND = 100

log = structlog.get_logger(__name__)

Slice = Callable[[Work, Job], bool]
"""Does at most about 500 rows of a job, counts in `job.done`, returns whether more is left. Repeats are harmless."""


class JobRunner:
    """Does the jobs of a database, one at a time; jobs that a dead process left are taken up.

    Where several processes run one, a slice is done by whoever locks its job; the others pass on to the next job.
    """

    def __init__(self, database: Database, kinds: Mapping[str, Slice]) -> None:
        self._database = database
        self._kinds = kinds
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for jobs now; without it they are found within 5 s."""
        self._woken.set()

    async def run(self) -> None:
        """Do jobs until cancelled; a failure costs that job one attempt."""
        while True:
            self._woken.clear()
            try:
                await self._do_due()
            except CauserieError as error:  # the database is away or busy: the jobs are still there afterwards
                log.warning("jobs_not_read", code=error.code)
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _do_due(self) -> None:
        for user_id, job_id in await self._database.read(NOBODY, due_jobs, utc_now(), _JOBS_A_ROUND):
            actor = Actor(user_id)
            try:
                while await self._database.work_in_bulk(actor, self._do_slice, job_id):
                    pass
            except Exception as error:  # one job's fault must not stop the others
                log.exception("job_failed", job_id=str(job_id))
                await self._database.work(actor, _fail, job_id, error)

    def _do_slice(self, work: Work, job_id: UUID) -> bool:
        job = service.claim(work, job_id)
        if job is None:
            return False
        more = self._kinds[job.kind](work, job)
        job.state = "running" if more else "complete"
        return more


def _fail(work: Work, job_id: UUID, error: Exception) -> None:
    job = service.get(work, job_id)
    job.attempt += 1
    job.run_at = utc_now() + PAUSE_AFTER_FAILURE
    if job.attempt >= MOST_ATTEMPTS:
        refusal = error if isinstance(error, CauserieError) else CauserieError("The server's log has the details.")
        problem: Problem = refusal.problem()
        job.state, job.error = "failed", problem.model_dump(include={"code", "title", "detail", "retryable"})
