"""Keeps what a worker writes: texts are checkpointed together, leases renewed, and the worker shows that it lives."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from causerie import __version__
from causerie.clock import boot_seconds, utc_now
from causerie.db import across
from causerie.db.database import Database
from causerie.db.errors import StorageUnavailable
from causerie.db.work import Actor, Work
from causerie.errors import Busy
from causerie.failpoints import failpoint
from causerie.generation import statements
from causerie.generation.claiming import LEASE, TRUSTED_SECONDS
from causerie.generation.reply import Interruption, Reply
from causerie.prompting.service import store_trace

CHECKPOINT_SECONDS = 1.0
SOONEST_CHECKPOINT_SECONDS = 0.25
RENEWAL_SECONDS = 5.0
TRACED_AFTER_SECONDS = 1.0
"""The prompt of a reply that is over sooner is stored with its end, which costs no transaction of its own."""
TRACES_A_UNIT = 20
FAREWELL_SECONDS = 1.0
LOST_WORKERS_KEPT = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sign:
    """What a worker's row says that changes while it lives."""

    running: int
    claimed: int
    finished: int
    failed: int
    takeovers: int
    fenced: int
    draining: bool


class Keeper:
    """Writes down what happens in `replies`: one transaction a tick for all of them.

    Args:
        worker: whose leases and whose row.
        sign: what the row is to say.
        turned: is called on each turn of the loop.
    """

    def __init__(
        self,
        database: Database,
        worker: UUID,
        concurrency: int,
        replies: Mapping[tuple[UUID, UUID], Reply],
        sign: Callable[[], Sign],
        turned: Callable[[], None],
    ) -> None:
        self._database = database
        self._worker = worker
        self._concurrency = concurrency
        self._replies = replies
        self._sign = sign
        self._turned = turned
        self._hurried = asyncio.Event()
        self._looking = asyncio.Lock()
        self._started_at = utc_now()
        self._renewed = float("-inf")

    def hurry(self) -> None:
        """Do not wait out the tick."""
        self._hurried.set()

    def show(self) -> None:
        """Renew, and let the worker's row say how it is, with the next tick."""
        self._renewed = float("-inf")
        self._hurried.set()

    async def run(self) -> None:
        """Look about once a second until cancelled."""
        while True:
            self._turned()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECKPOINT_SECONDS - SOONEST_CHECKPOINT_SECONDS):
                    await self._hurried.wait()
            self._hurried.clear()
            try:
                # A turn early: what the row says of a stop is never older than the interval.
                await self.look(renew=boot_seconds() - self._renewed > RENEWAL_SECONDS - 1.5 * CHECKPOINT_SECONDS)
            except (StorageUnavailable, Busy) as error:
                log.warning("checkpoint_failed", code=error.code)
            except Exception:
                log.exception("checkpoint_failed")
            await asyncio.sleep(SOONEST_CHECKPOINT_SECONDS)

    async def look(self, *, renew: bool = True) -> None:
        """Store the texts that grew. With `renew` prolong the leases that are still ours, and drop the other replies.

        Raises:
            StorageUnavailable, Busy: nothing was stored, and nothing is known of the leases.
        """
        async with self._looking:
            held = list(self._replies.values())
            grown = [reply for reply in held if reply.length > reply.checkpointed]
            if not grown and not renew:
                return
            if grown:
                failpoint("after_text_before_checkpoint")
            lengths = [reply.length for reply in grown]
            texts = [across.Checkpoint(*reply.key, reply.attempt, reply.text) for reply in grown]
            now, moment = boot_seconds(), utc_now()
            renewal = across.Renewal([(*reply.key, reply.attempt) for reply in held], moment + LEASE) if renew else None
            sign = {**asdict(self._sign()), "seen_at": moment}
            leased = await self._database.work_lazily(across.NOBODY, self._keep, texts, renewal, sign)
            behind = {(row.user_id, row.message_id) for row in leased if row.behind}
            for reply, length in zip(grown, lengths, strict=True):
                if reply.key not in behind:
                    reply.checkpointed = length
            if renew:
                self._renewed = now
                _obey(held, leased, now + TRUSTED_SECONDS)

    async def keep_traces(self) -> None:
        """Store the prompts of replies that run for a while, so that they can be read meanwhile."""
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            old = boot_seconds() - TRACED_AFTER_SECONDS
            untold: dict[Actor, list[Reply]] = {}
            for reply in self._replies.values():
                if reply.trace is not None and not reply.traced and reply.begun_at < old:
                    untold.setdefault(reply.actor, []).append(reply)
            for actor, replies in untold.items():
                for first in range(0, len(replies), TRACES_A_UNIT):
                    await self._keep_some_traces(actor, replies[first : first + TRACES_A_UNIT])

    async def farewell(self) -> None:
        """Remove the worker's row, as nobody has to wonder where it is."""
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._database.work_lazily(across.NOBODY, self._remove)
        except (StorageUnavailable, Busy, TimeoutError) as error:
            log.warning("worker_not_removed", reason=str(error))

    async def _keep_some_traces(self, actor: Actor, replies: Sequence[Reply]) -> None:
        try:
            await self._database.work_lazily(actor, _store_traces, replies)
        except (StorageUnavailable, Busy) as error:
            log.warning("prompt_not_stored", code=error.code)
        except Exception:
            log.exception("prompt_not_stored", message_ids=[str(reply.message_id) for reply in replies])
        else:
            for reply in replies:
                reply.traced = True

    def _keep(
        self, work: Work, texts: Sequence[across.Checkpoint], renewal: across.Renewal | None, sign: dict[str, Any]
    ) -> list[across.Leased]:
        leased = across.checkpoint(work, self._worker, texts, renewal)
        if renewal is not None:
            self._write_sign(work, sign)
        return leased

    def _write_sign(self, work: Work, sign: dict[str, Any]) -> None:
        known = work.connection.execute(statements.UPDATE_WORKER, {"of_worker": self._worker, **sign})
        if known.rowcount == 0:
            row = {
                "id": self._worker,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "version": __version__,
                "concurrency": self._concurrency,
                "started_at": self._started_at,
                **sign,
            }
            work.connection.execute(statements.INSERT_WORKER, row)
        work.connection.execute(statements.DELETE_LOST_WORKERS, {"seen_before": sign["seen_at"] - LOST_WORKERS_KEPT})

    def _remove(self, work: Work) -> None:
        work.connection.execute(statements.DELETE_WORKER, {"of_worker": self._worker})


def _obey(held: Iterable[Reply], leased: Iterable[across.Leased], trusted: float) -> None:
    """Stop what the rows say is to be stopped; drop what the rows say is no longer ours.

    Args:
        trusted: until when a lease that was renewed is relied on, in `boot_seconds`.
    """
    rows = {(row.user_id, row.message_id): row for row in leased}
    for reply in held:
        row = rows.get(reply.key)
        if row is None or row.attempt != reply.attempt:
            reply.interrupt(Interruption.FENCED)
            continue
        if row.renewed:
            reply.leased_until = trusted
        if row.stop_requested:
            reply.interrupt(Interruption.STOP)


def _store_traces(work: Work, replies: Iterable[Reply]) -> None:
    for reply in replies:
        if reply.trace is not None:
            store_trace(work, reply.message_id, reply.attempt, reply.trace)
