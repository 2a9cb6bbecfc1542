"""The worker of one process: claims replies, writes them, keeps its leases, and hands over when it must end."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import structlog

from causerie.aimodels.models import ModelRow
from causerie.broker.ports import Dispatcher, TokenBus
from causerie.chats import service as chats
from causerie.chats.models import Status
from causerie.chats.service import Ending, Entry
from causerie.clock import utc_now
from causerie.db import across
from causerie.db.database import Database
from causerie.db.errors import StorageUnavailable
from causerie.db.work import Actor, Work
from causerie.errors import Busy, CauserieError
from causerie.generation import statements
from causerie.generation.claiming import LEASE, Claimed, claim, failed
from causerie.generation.coalescing import Coalescer
from causerie.generation.errors import Interrupted, OutOfTime, ReplyFault
from causerie.generation.reply import Interruption, Reply
from causerie.generation.slots import Slots
from causerie.ids import new_id
from causerie.prompting.service import assemble, store_trace
from causerie.providers.protocol import Finish, ModelConfig, ProviderCut, ProviderSource, Text, Usage
from causerie.providers.retrying import stream_with_retries

CHECKPOINT_SECONDS = 1.0
SOONEST_CHECKPOINT_SECONDS = 0.25
CHECKPOINT_CODE_POINTS = 4_096
RENEWAL_SECONDS = 5.0
SWEEP_SECONDS = 2.0
SWEPT_AT_ONCE = 20
QUEUED_UNSEEN = timedelta(seconds=1)
DRAIN_SECONDS = 8.0
LONGEST_PAUSE_SECONDS = 5.0

log = structlog.get_logger()


class Engine:
    """Writes replies, at most `concurrency` at once. It is also the `Starter` of this process's sayings.

    `model_config` turns a model's row into what its provider needs; it runs on the loop and does not wait.
    """

    def __init__(
        self,
        database: Database,
        providers: ProviderSource,
        bus: TokenBus,
        dispatcher: Dispatcher,
        model_config: Callable[[ModelRow], ModelConfig],
        *,
        concurrency: int,
    ) -> None:
        self.owner = new_id()
        self._database = database
        self._providers = providers
        self._bus = bus
        self._dispatcher = dispatcher
        self._model_config = model_config
        self._slots = Slots(concurrency)
        self._coalescer = Coalescer(bus)
        self._replies: dict[UUID, Reply] = {}
        self._hurry = asyncio.Event()
        self._draining = False
        self._loops: list[asyncio.Task[None]] = []
        self._unsubscribe = bus.subscribe_stops(self.stop)
        self._renewed = time.monotonic()

    @property
    def running(self) -> int:
        """How many replies are being written."""
        return len(self._replies)

    async def start(self, *, alone: bool) -> None:
        """Begin to work. `alone`: no other process works on this database, so whatever runs there was left behind."""
        if alone:
            await self._database.work(across.NOBODY, across.expire_leases, utc_now())
        for loop in (self._answer_wake_ups, self._keep_leases, self._sweep):
            self._loops.append(asyncio.create_task(loop(), name=f"engine {loop.__name__}"))

    async def drain(self) -> None:
        """Take nothing new; hand over what another attempt can continue, let the rest run up to 8 s, then hand it over.

        A reply that would be billed twice is kept as it is instead, as failed. Once begun, a repeat does nothing.
        """
        if self._draining:
            return
        self._draining = True
        for loop in self._loops[:1] + self._loops[2:]:
            loop.cancel()
        for reply in list(self._replies.values()):
            if _can_continue(reply):
                reply.interrupt(Interruption.HAND_OVER)
        tasks = [reply.task for reply in self._replies.values() if reply.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for reply in list(self._replies.values()):
            reply.interrupt(Interruption.HAND_OVER)
        if tasks:
            await asyncio.wait(tasks, timeout=1)

    async def close(self) -> None:
        """Drain, and end every task."""
        await self.drain()
        self._unsubscribe()
        tasks = [*self._loops, *(reply.task for reply in self._replies.values() if reply.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._coalescer.close()

    # Starting.

    def try_start(self, work: Work, session_id: UUID, message_id: UUID) -> list[Entry] | None:
        """Claim a reply in the transaction that queued it; called on the database's thread."""
        if self._draining:
            return None
        claimed = claim(work, session_id, message_id, self.owner, self._slots)
        if claimed is None:
            return None
        reply, entries = claimed
        work.on_commit(lambda: self._begin(reply))
        return entries

    def stop(self, user_id: UUID, message_id: UUID) -> None:
        """End a reply with the text it has, if it is written here."""
        reply = self._replies.get(message_id)
        if reply is not None and reply.actor.user_id == user_id:
            reply.interrupt(Interruption.STOP)

    def _begin(self, claimed: Claimed) -> None:
        reply = Reply(claimed)
        older = self._replies.get(reply.message_id)
        if older is not None:
            older.interrupt(Interruption.FENCED)
        self._replies[reply.message_id] = reply
        self._bus.open(reply.session, reply.message_id, reply.attempt, claimed.kept)
        if self._draining:  # it was claimed while the drain began
            reply.interrupt(Interruption.HAND_OVER)
        reply.task = asyncio.create_task(self._run(reply), name=f"reply {reply.message_id}")

    async def _claim(self, user_id: UUID, message_id: UUID) -> None:
        await self._database.work(Actor(user_id), self._claim_queued, message_id)

    def _claim_queued(self, work: Work, message_id: UUID) -> None:
        found = work.execute(statements.CLAIMABLE, of_message=message_id, now=utc_now()).one_or_none()
        if found is None or not chats.lock(work, found.session_id):
            return
        entries = self.try_start(work, found.session_id, message_id)
        if entries:
            chats.record(work, found.session_id, *entries)

    # Writing.

    async def _run(self, reply: Reply) -> None:
        try:
            ending = reply.claimed.ending or await self._write(reply)
            if ending is None:
                await self._hand_over(reply)
            elif reply.interruption is not Interruption.FENCED:
                self._coalescer.flush(reply)
                await self._finish(reply, ending)
        except Exception:
            # One reply's fault must not end the worker; its lease runs out, so another attempt is made.
            log.exception("reply_lost", message_id=str(reply.message_id), attempt=reply.attempt)
        finally:
            self._coalescer.forget(reply)
            self._bus.close(reply.session, reply.message_id, reply.attempt)
            if self._replies.get(reply.message_id) is reply:
                del self._replies[reply.message_id]
            if (waiting := self._slots.give_back(reply.claimed.slot)) is not None:
                self._dispatcher.wake(*waiting)

    async def _write(self, reply: Reply) -> Ending | None:
        """Stream the model's text; return how the reply ended, or None when it goes to another attempt."""
        if reply.interruption is not None:
            return self._interrupted(reply)
        remaining = (reply.claimed.deadline - utc_now()).total_seconds()
        try:
            with reply.written_within(remaining) as scope:
                async with scope:
                    await self._stream(reply)
        except TimeoutError:
            return self._interrupted(reply)
        except CauserieError as error:
            if isinstance(error, ProviderCut) and reply.length > len(reply.claimed.kept) and reply.claimed.repeatable:
                return None  # cut in the middle, and asking again costs nothing
            return failed(reply.text, error, **reply.told())
        except Exception:
            log.exception("reply_failed", message_id=str(reply.message_id), attempt=reply.attempt)
            return failed(reply.text, ReplyFault(), **reply.told())
        return Ending(status=Status.COMPLETE, content=reply.text, **reply.told())

    async def _stream(self, reply: Reply) -> None:
        context = reply.claimed.context
        if context.model is None:
            raise RuntimeError("a reply without a model has an ending already")
        provider = self._providers.for_model(self._model_config(context.model))
        prompt = await assemble(context, provider, kept=reply.claimed.kept)
        reply.trace = prompt.trace
        add = self._coalescer.add
        async with aclosing(stream_with_retries(provider, prompt.messages, prompt.sampling)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Text):
                    add(reply, piece.text)
                    if reply.length - reply.checkpointed > CHECKPOINT_CODE_POINTS:
                        self._hurry.set()
                elif isinstance(piece, Usage):
                    reply.usage = piece
                elif isinstance(piece, Finish):
                    reply.finish = piece

    def _interrupted(self, reply: Reply) -> Ending | None:
        match reply.interruption:
            case Interruption.STOP | Interruption.FENCED:
                return Ending(status=Status.STOPPED, content=reply.text, **reply.told())
            case Interruption.HAND_OVER:
                if _can_continue(reply) or reply.claimed.free or reply.length == len(reply.claimed.kept):
                    return None
                return failed(reply.text, Interrupted(), **reply.told())
            case None:
                return failed(reply.text, OutOfTime(), **reply.told())

    async def _finish(self, reply: Reply, ending: Ending) -> None:
        """Store the end; while the database is away, try until the reply's time is over."""
        pause = 0.1
        while True:
            try:
                await self._database.work(reply.actor, _store_end, reply, ending)
            except (StorageUnavailable, Busy):
                if utc_now() > reply.claimed.deadline:
                    raise
                log.warning("reply_waits_for_database", message_id=str(reply.message_id))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            else:
                return

    async def _hand_over(self, reply: Reply) -> None:
        await self._database.work(reply.actor, _store_hand_over, reply)
        if not self._draining:
            self._dispatcher.wake(reply.actor.user_id, reply.message_id)

    # The loops, which must live.

    async def _answer_wake_ups(self) -> None:
        while True:
            wake_up = await self._dispatcher.next()
            try:
                await self._claim(wake_up.user_id, wake_up.message_id)
            except Exception:
                log.exception("claim_failed", message_id=str(wake_up.message_id))
            self._dispatcher.done(wake_up)

    async def _keep_leases(self) -> None:
        """Checkpoint all texts together, about once a second, and renew the leases every 5 s."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECKPOINT_SECONDS - SOONEST_CHECKPOINT_SECONDS):
                    await self._hurry.wait()
            self._hurry.clear()
            try:
                await self._checkpoint()
            except Exception:
                log.exception("checkpoint_failed")
            await asyncio.sleep(SOONEST_CHECKPOINT_SECONDS)

    async def _checkpoint(self) -> None:
        grown = [reply for reply in self._replies.values() if reply.length > reply.checkpointed]
        renew = bool(self._replies) and time.monotonic() - self._renewed >= RENEWAL_SECONDS
        if not grown and not renew:
            return
        lengths = [reply.length for reply in grown]
        texts = [across.Checkpoint(r.actor.user_id, r.message_id, r.attempt, r.text) for r in grown]
        held = list(self._replies.values())
        attempts = [(reply.actor.user_id, reply.message_id, reply.attempt) for reply in held]
        renewal = across.Renewal(attempts, utc_now() + LEASE) if renew else None
        leased = await self._database.work_lazily(across.NOBODY, across.checkpoint, self.owner, texts, renewal)
        for reply, length in zip(grown, lengths, strict=True):
            reply.checkpointed = length
        if leased is not None:
            self._renewed = time.monotonic()
            self._obey(held, leased)

    def _obey(self, held: list[Reply], leased: list[across.Leased]) -> None:
        """Stop what the rows say is to be stopped; drop what the rows say is no longer ours."""
        rows = {(row.user_id, row.message_id): row for row in leased}
        for reply in held:
            row = rows.get((reply.actor.user_id, reply.message_id))
            if row is None or row.attempt != reply.attempt:
                reply.interrupt(Interruption.FENCED)
            elif row.stop_requested:
                reply.interrupt(Interruption.STOP)

    async def _sweep(self) -> None:
        """Look for what no wake-up reached, and for what others left behind."""
        while True:
            try:
                now = utc_now()
                due = await self._database.read(
                    across.NOBODY, across.due_generations, now, QUEUED_UNSEEN, SWEPT_AT_ONCE
                )
                for user_id, message_id in due:
                    await self._claim(user_id, message_id)
            except Exception:
                log.exception("sweep_failed")
            await asyncio.sleep(SWEEP_SECONDS * random.uniform(0.75, 1.25))


def _store_end(work: Work, reply: Reply, ending: Ending) -> None:
    ended = chats.end(work, reply.session.session_id, reply.message_id, reply.attempt, ending)
    if ended and reply.trace is not None:
        store_trace(work, reply.message_id, reply.attempt, reply.trace)


def _store_hand_over(work: Work, reply: Reply) -> None:
    past = utc_now() - timedelta(seconds=1)
    parameters = {"of_message": reply.message_id, "of_attempt": reply.attempt, "text": reply.text, "past": past}
    work.execute(statements.HAND_OVER, **parameters)


def _can_continue(reply: Reply) -> bool:
    model = reply.claimed.context.model
    return model is not None and model.continue_prefix
