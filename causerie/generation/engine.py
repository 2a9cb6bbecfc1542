"""The worker of one process: claims replies, writes them, keeps its leases, and hands over when it must end."""

import asyncio
import random
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog

from causerie.aimodels.models import ModelRow
from causerie.broker.ports import Dispatcher, LiveText, TokenBus, WakeUp
from causerie.chats import service as chats
from causerie.chats.models import Status
from causerie.chats.service import Ending, Entry
from causerie.clock import boot_seconds, utc_now
from causerie.db import across
from causerie.db.database import Database
from causerie.db.errors import StorageUnavailable
from causerie.db.work import Actor, Work
from causerie.errors import Busy
from causerie.failpoints import failpoint
from causerie.generation import statements
from causerie.generation.claiming import LEASE, Claimed, Found, claim, find, start
from causerie.generation.coalescing import Coalescer
from causerie.generation.keeping import RENEWAL_SECONDS, Keeper, Sign
from causerie.generation.reply import Interruption, Reply
from causerie.generation.slots import CLAIMS_AT_ONCE, Slots, Taking
from causerie.generation.writing import Writer, can_continue
from causerie.prompting.service import as_stored, store_texts
from causerie.providers.protocol import ModelConfig, ProviderSource

SWEEP_SECONDS = 2.0
"""At most; half of it at least, so that workers do not sweep together."""
SWEPT_AT_ONCE = 20
LOOKED_AT = 200
"""Of those that are due; as many as are swept at once are chosen from them."""
QUEUED_UNSEEN = timedelta(seconds=1)
SEEING_SECONDS = 1.5
"""How long a reply that is taken over waits for the text that its readers have; then the checkpoint has to do."""
DRAIN_SECONDS = 8.0
ENDING_SECONDS = 1.0
"""Of those, the last: for storing what was cut."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(slots=True)
class Counts:
    """What a worker did since it started, in attempts. `takeovers`: begun in the place of another's that was cut."""

    claimed: int = 0
    takeovers: int = 0
    fenced: int = 0
    finished: int = 0
    failed: int = 0


class Engine:
    """Writes replies, at most `concurrency` at once, beside any number of others on the same database.

    It is also the `Starter` of this process's sayings.

    Args:
        owner: the worker, under whose id its leases are, its row, and what it asks of the broker.
        model_config: turns a model's row into what its provider needs; it runs on the loop and does not wait.
    """

    def __init__(
        self,
        owner: UUID,
        database: Database,
        providers: ProviderSource,
        bus: TokenBus,
        dispatcher: Dispatcher,
        model_config: Callable[[ModelRow], ModelConfig],
        *,
        concurrency: int,
    ) -> None:
        self.owner = owner
        self.concurrency = concurrency
        self.counts = Counts()
        self.turns = 0
        self._database = database
        self._bus = bus
        self._dispatcher = dispatcher
        self._replies: dict[tuple[UUID, UUID], Reply] = {}
        self._slots = Slots(concurrency, dispatcher.wake)
        self._coalescer = Coalescer(bus)
        self._keeper = Keeper(
            database, self.owner, concurrency, self._replies, self._sign, lambda: self._turned("keeper")
        )
        self._writer = Writer(providers, model_config, self._coalescer, self._keeper.hurry)
        self._claims = asyncio.Semaphore(CLAIMS_AT_ONCE)
        self._claiming: set[asyncio.Task[Any]] = set()
        self._loops: dict[str, asyncio.Task[None]] = {}
        self._unturned: set[str] = set()
        self._draining = False
        self._reached = boot_seconds()
        self._patient_until = 0.0
        self._unsubscribe = bus.subscribe_stops(self.stop)

    @property
    def running(self) -> int:
        """How many replies are being written."""
        return len(self._replies)

    async def start(self, *, alone: bool) -> None:
        """Begin to work. `alone`: no other process works on this database, so whatever runs there was left behind."""
        if alone:
            await self._database.work(across.NOBODY, across.expire_leases, utc_now())
        self._reached = boot_seconds()
        loops = {
            "wake-ups": self._answer_wake_ups,
            "sweeper": self._sweep,
            "keeper": self._keeper.run,
            "prompts": self._keeper.keep_traces,
        }
        self._loops = {name: asyncio.create_task(loop(), name=f"engine {name}") for name, loop in loops.items()}

    async def woke(self) -> None:
        """Go on after the process was away: look at the leases, drop what others have now, then sweep.

        Until the leases were looked at, nothing of a reply goes out whose lease may have run out meanwhile.
        """
        try:
            await self._keeper.look()
            if not self._draining:
                await self._sweep_once()
        except (StorageUnavailable, Busy) as error:
            log.warning("leases_unknown_after_sleep", code=error.code)  # the loops look again within two seconds

    async def drain(self) -> None:
        """Take nothing new; hand over what another attempt can continue, let the rest run up to 8 s, then hand it over.

        A reply that would be billed twice is kept as it is instead, as failed. Once begun, a repeat does nothing.
        """
        if self._draining:
            return
        self._draining = True
        until = asyncio.get_running_loop().time() + DRAIN_SECONDS
        for name in ("wake-ups", "sweeper"):
            if name in self._loops:
                self._loops[name].cancel()
        self._keeper.show()
        for reply in list(self._replies.values()):
            if can_continue(reply):
                reply.interrupt(Interruption.HAND_OVER)
        await self._wait_for_replies(until - ENDING_SECONDS)
        for reply in list(self._replies.values()):
            reply.interrupt(Interruption.HAND_OVER)
        await self._wait_for_replies(until)

    async def close(self) -> None:
        """Drain, and end every task."""
        await self.drain()
        self._unsubscribe()
        running = [reply.task for reply in self._replies.values() if reply.task is not None]
        tasks = [*self._loops.values(), *self._claiming, *running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._coalescer.close()
        if self._loops:
            await self._keeper.farewell()

    # Starting.

    def try_start(self, work: Work, session_id: UUID, message_id: UUID) -> list[Entry] | None:
        """Claim a reply in the transaction that queued it; called on the database's thread."""
        if self._draining:
            return None
        started = start(work, session_id, message_id, self.owner, self._slots)
        if started is None:
            return None
        claimed, entries = started
        work.on_commit(lambda: self._begin(claimed))
        return entries

    def stop(self, user_id: UUID, message_id: UUID) -> None:
        """End a reply with the text it has, if it is written here."""
        if reply := self._replies.get((user_id, message_id)):
            reply.interrupt(Interruption.STOP)

    def _begin(self, claimed: Claimed) -> None:
        reply = Reply(claimed)
        if older := self._replies.get(reply.key):
            older.interrupt(Interruption.FENCED)
        self._replies[reply.key] = reply
        self.counts.claimed += 1
        self.counts.takeovers += claimed.taken_over
        self._bus.open(reply.session, reply.message_id, reply.attempt, claimed.kept)
        if self._draining:  # it was claimed while the drain began
            reply.interrupt(Interruption.HAND_OVER)
        reply.task = asyncio.create_task(self._run(reply), name=f"reply {reply.message_id}")

    async def _claim(self, user_id: UUID, message_id: UUID) -> Claimed | Ending | Taking | None:
        """Claim a reply, or end it by the rules; None when there is nothing to claim, else why there is no slot."""
        outcome = await self._claim_knowing(user_id, message_id, None)
        if isinstance(outcome, Found):
            outcome = await self._claim_knowing(user_id, message_id, await self._seen(outcome))
        return None if isinstance(outcome, Found) else outcome

    async def _claim_knowing(
        self, user_id: UUID, message_id: UUID, seen: Sequence[LiveText] | None
    ) -> Claimed | Ending | Taking | Found | None:
        async with self._claims:
            if self._draining:
                return Taking.ALL_TAKEN
            return await self._database.work(Actor(user_id), self._claim_found, message_id, seen)

    def _claim_found(
        self, work: Work, message_id: UUID, seen: Sequence[LiveText] | None
    ) -> Claimed | Ending | Taking | Found | None:
        if self._draining:
            return Taking.ALL_TAKEN
        found = find(work, message_id)
        if found is None:
            return None
        if found.left_behind:
            if not self._may_take_over(found):
                return None
            if seen is None:
                return found
        outcome = claim(work, found, self.owner, self._slots, seen or ())
        if isinstance(outcome, Claimed):
            work.on_commit(lambda: self._begin(outcome))
        elif isinstance(outcome, Ending):
            work.on_commit(lambda: self._count_end(outcome, taken_over=found.left_behind))
        return outcome

    def _may_take_over(self, found: Found) -> bool:
        if found.owner is None or found.overdue:
            return True
        reply = self._replies.get((found.session.user_id, found.message_id))
        if found.owner == self.owner and reply is not None and reply.attempt == found.attempt:
            return False  # it is written here: its lease is renewed as soon as the database allows
        return boot_seconds() >= self._patient_until

    async def _seen(self, found: Found) -> Sequence[LiveText]:
        """Return what readers have of a reply that was left behind, so that they keep it."""
        if self._bus.away:
            return ()
        try:
            async with asyncio.timeout(SEEING_SECONDS):
                return await self._bus.read(found.session, [found.message_id])
        except TimeoutError:
            return ()

    # Writing.

    async def _run(self, reply: Reply) -> None:
        failpoint("after_claim_before_first_byte")
        try:
            ending = await self._writer.write(reply)
            failpoint("after_provider_end_before_final")
            if reply.interruption is Interruption.FENCED:
                self.counts.fenced += 1
            elif ending is None:
                await self._hand_over(reply)
            else:
                self._coalescer.flush(reply)
                await self._finish(reply, ending)
        except Exception:
            # One reply's fault must not end the worker; its lease runs out, so another attempt is made.
            log.exception("reply_lost", message_id=str(reply.message_id), attempt=reply.attempt)
        finally:
            self._coalescer.forget(reply)
            self._bus.close(reply.session, reply.message_id, reply.attempt)
            if self._replies.get(reply.key) is reply:
                del self._replies[reply.key]
            self._slots.give_back(reply.claimed.slot)

    async def _finish(self, reply: Reply, ending: Ending) -> None:
        if await self._store(reply, _store_end, ending):
            self._count_end(ending)
        else:
            self.counts.fenced += 1

    async def _hand_over(self, reply: Reply) -> None:
        if await self._store(reply, _store_hand_over):
            failpoint("after_hand_over_before_wake")
            self._dispatcher.wake(*reply.key)
        else:
            self.counts.fenced += 1

    async def _store(self, reply: Reply, function: Callable[..., bool], *args: object) -> bool:
        """Run `function(work, reply, …)`; while the database is away, try until the reply's time is over."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._database.work(reply.actor, function, reply, *args)
            except (StorageUnavailable, Busy):
                if utc_now() > reply.claimed.deadline:
                    raise
                log.warning("reply_waits_for_database", message_id=str(reply.message_id))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _count_end(self, ending: Ending, *, taken_over: bool = False) -> None:
        self.counts.takeovers += taken_over
        if ending.status is Status.FAILED:
            self.counts.failed += 1
        else:
            self.counts.finished += 1

    async def _wait_for_replies(self, until: float) -> None:
        """Wait until no reply is written and none is being claimed, or until the loop's time is `until`."""
        loop = asyncio.get_running_loop()
        while (left := until - loop.time()) > 0:
            running = [reply.task for reply in self._replies.values() if reply.task is not None]
            if not (tasks := [*self._claiming, *running]):
                return
            await asyncio.wait(tasks, timeout=left)

    # The loops, which must live.

    async def _answer_wake_ups(self) -> None:
        while True:
            await self._slots.spare()
            try:
                wake_up = await self._dispatcher.next()
            except Exception:
                log.exception("waiting_for_work_failed")
                await asyncio.sleep(LONGEST_PAUSE_SECONDS)
                self._slots.settle()
                continue
            self._claim_in_a_task(self._answer(wake_up), wake_up.message_id)

    async def _answer(self, wake_up: WakeUp) -> None:
        try:
            if await self._claim(wake_up.user_id, wake_up.message_id) is Taking.ALL_TAKEN:
                self._dispatcher.wake(wake_up.user_id, wake_up.message_id)  # for another worker
            self._dispatcher.done(wake_up)
        except (StorageUnavailable, Busy) as error:
            log.warning("claim_failed", message_id=str(wake_up.message_id), code=error.code)
        except Exception:
            log.exception("claim_failed", message_id=str(wake_up.message_id))
        finally:
            self._slots.settle()

    async def _sweep(self) -> None:
        """Look for what no wake-up reached, and for what others left behind."""
        while True:
            self._turned("sweeper")
            pause = SWEEP_SECONDS * random.uniform(0.5, 1.0)
            try:
                if await self._sweep_once():
                    pause /= 100  # there is more
            except (StorageUnavailable, Busy) as error:
                log.warning("sweep_failed", code=error.code)
            except Exception:
                log.exception("sweep_failed")
            await asyncio.sleep(pause)

    async def _sweep_once(self) -> bool:
        """Claim some of what is due; return whether there may be more."""
        found = await self._database.read(across.NOBODY, across.due_generations, utc_now(), QUEUED_UNSEEN, LOOKED_AT)
        self._notice_return()
        waiting = self._slots.waiting()
        due = sorted(found, key=waiting.__contains__)[:SWEPT_AT_ONCE]  # many for one busy model do not hide the others
        random.shuffle(due)  # who sweeps at the same time begins elsewhere
        claims = [self._claim_in_a_task(self._claim_due(reply, waiting), reply[1]) for reply in due]
        if claims:
            await asyncio.wait(claims)  # and not `gather`: when the sweep is cancelled they come to their end
        return len(due) == SWEPT_AT_ONCE and any(claim.result() for claim in claims)

    async def _claim_due(self, reply: tuple[UUID, UUID], waiting: Collection[tuple[UUID, UUID]]) -> bool:
        """Claim one that is due; return whether less is left to do."""
        try:
            outcome = await self._claim(*reply)
        except Exception as error:  # the others have to be claimed
            log.warning("claim_failed", message_id=str(reply[1]), exc_info=error)
            return False
        begins_to_wait = outcome is Taking.MODEL_TAKEN and reply not in waiting
        return begins_to_wait or isinstance(outcome, Claimed | Ending)

    def _claim_in_a_task(self, claiming: Coroutine[Any, Any, T], message_id: UUID) -> asyncio.Task[T]:
        """Let a claim run that a drain waits for."""
        task = asyncio.create_task(claiming, name=f"claim {message_id}")
        self._claiming.add(task)
        task.add_done_callback(self._claiming.discard)
        return task

    def _notice_return(self) -> None:
        """Leave others' replies to them for a while after an outage in which everybody's leases may have run out."""
        now = boot_seconds()
        if now - self._reached > LEASE.total_seconds() - RENEWAL_SECONDS:
            self._patient_until = now + RENEWAL_SECONDS
        self._reached = now

    def _turned(self, loop: str) -> None:
        """Count a turn when every loop that must live has made one."""
        self._unturned.discard(loop)
        if not self._unturned:
            self.turns += 1
            self._unturned = {"keeper"} if self._draining else {"keeper", "sweeper"}

    def _sign(self) -> Sign:
        return Sign(running=len(self._replies), draining=self._draining, **asdict(self.counts))


def _store_end(work: Work, reply: Reply, ending: Ending) -> bool:
    texts: dict[str, str] = {}
    if reply.trace is not None and not reply.traced:
        stored, texts = as_stored(reply.attempt, reply.trace)
        ending = replace(ending, prompt_trace=stored)
    work.on_commit(_ended)
    if not chats.end(work, reply.session.session_id, reply.message_id, reply.attempt, ending):
        return False
    store_texts(work, texts)
    return True


def _ended() -> None:
    failpoint("after_final_before_events")


def _store_hand_over(work: Work, reply: Reply) -> bool:
    past = utc_now() - timedelta(seconds=1)
    parameters = {"of_message": reply.message_id, "of_attempt": reply.attempt, "text": reply.text, "past": past}
    return work.execute(statements.HAND_OVER, **parameters).rowcount == 1
