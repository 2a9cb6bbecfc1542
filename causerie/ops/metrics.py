"""What a node measures, for Prometheus: its own figures, and those of all workers as far as the database tells."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastapi import Request, Response
from starlette.datastructures import State
from starlette.routing import Route
from starlette.types import Scope

from causerie.chats.following import Following
from causerie.config import is_loopback
from causerie.errors import CauserieError
from causerie.ops.client_events import ClientLog
from causerie.ops.health import Fleet, Part, look, shown_id

if TYPE_CHECKING:  # it is imported at the first scrape: most installations are never scraped
    from prometheus_client.metrics_core import Metric as Family

SAMPLE_SECONDS = 0.5
LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""The upper bounds of the lag's buckets."""

OTHER = "other"
"""The route of a request that none matches: the web app's files, and what is not there."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. Labels name routes, states and workers; never a user, a session or a message."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()


QUEUE = Metric("causerie_queue_replies", "gauge", "Replies that are not final, of all users.", ("state",))
OLDEST = Metric("causerie_queue_oldest_seconds", "gauge", "For how long the oldest queued reply waits.")
WORKERS = Metric("causerie_workers", "gauge", "Workers that keep their leases.")
RUNNING = Metric("causerie_worker_running", "gauge", "Replies that a worker writes.", ("worker",))
CONCURRENCY = Metric("causerie_worker_concurrency", "gauge", "Replies that a worker can write at once.", ("worker",))
CLAIMED = Metric("causerie_worker_claimed", "counter", "Attempts that a worker began.", ("worker",))
FINISHED = Metric(
    "causerie_worker_finished", "counter", "Replies that a worker ended, the failed ones aside.", ("worker",)
)
FAILED = Metric("causerie_worker_failed", "counter", "Replies that a worker ended as failed.", ("worker",))
TAKEOVERS = Metric("causerie_worker_takeovers", "counter", "Attempts begun in the place of another's.", ("worker",))
FENCED = Metric("causerie_worker_fenced", "counter", "Attempts that were taken from a worker.", ("worker",))
ATTEMPTS = Metric(
    "causerie_attempts", "counter", "Attempts of the worker in this process: claimed, finished, failed, …", ("outcome",)
)
DATABASE_UP = Metric("causerie_database_up", "gauge", "1 if the database answers and has this version's schema.")
DATABASE_WAITING = Metric("causerie_database_waiting_units", "gauge", "Units of work that wait or run here.")
BROKER_AWAY = Metric("causerie_broker_away", "gauge", "1 while news of other processes cannot be heard.")
SOCKETS = Metric("causerie_sockets", "gauge", "Open WebSocket connections.")
OPEN_FEEDS = Metric("causerie_open_feeds", "gauge", "Sessions that somebody follows here.")
TASKS = Metric("causerie_asyncio_tasks", "gauge", "Tasks of the event loop.")
CLIENT_EVENTS = Metric("causerie_client_events", "counter", "What pages reported of themselves.", ("kind",))
REQUESTS = Metric("causerie_http_requests", "counter", "HTTP requests answered.", ("method", "route", "status"))
LAG = Metric("causerie_event_loop_lag_seconds", "histogram", "How late the event loop comes to what is due.")

METRICS = (
    QUEUE,
    OLDEST,
    WORKERS,
    RUNNING,
    CONCURRENCY,
    CLAIMED,
    FINISHED,
    FAILED,
    TAKEOVERS,
    FENCED,
    ATTEMPTS,
    DATABASE_UP,
    DATABASE_WAITING,
    BROKER_AWAY,
    SOCKETS,
    OPEN_FEEDS,
    TASKS,
    CLIENT_EVENTS,
    REQUESTS,
    LAG,
)


class LoopbackOnly(CauserieError):
    """What operators read is told on the machine itself only (S76)."""

    status, code, title = 403, "loopback_only", "This is told on the server's own machine only"

    def __init__(self) -> None:
        super().__init__("Ask without a proxy, at the address that the server printed at its start.")


class Traffic:
    """Counts the requests that this node answered."""

    def __init__(self) -> None:
        self.answered: Counter[tuple[str, str, str]] = Counter()

    def count(self, scope: Scope, status: int) -> None:
        """Count an answer. The route's template stands for its paths, which hold ids."""
        route = scope.get("found_route")
        template = route.path if isinstance(route, Route) else OTHER
        self.answered[scope["method"] if template != OTHER else OTHER, template, str(status)] += 1


class Lag:
    """Measures how late the event loop is."""

    def __init__(self) -> None:
        self.samples = [0] * (len(LAG_SECONDS) + 1)
        self.seconds = 0.0

    async def run(self) -> None:
        """Take a sample twice a second, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + SAMPLE_SECONDS
            await asyncio.sleep(SAMPLE_SECONDS)
            self.add(max(loop.time() - due, 0.0))

    def add(self, late: float) -> None:
        """Count a sample that came `late` seconds late."""
        self.samples[bisect_left(LAG_SECONDS, late)] += 1
        self.seconds += late

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many samples were at most so late, for each bound."""
        counted, total = [], 0
        for bound, samples in zip((*map(str, LAG_SECONDS), "+Inf"), self.samples, strict=True):
            total += samples
            counted.append((bound, float(total)))
        return counted


Figure = tuple[Metric, tuple[str, ...], float]
"""A metric, the values of its labels, and its value now."""


async def scrape(request: Request) -> Response:
    """Answer with all figures in Prometheus' text format.

    Raises:
        LoopbackOnly: the request comes from elsewhere, or through a proxy.
    """
    if not _is_local(request):
        raise LoopbackOnly
    # Most installations are never scraped, and it takes a tenth of a second.
    from prometheus_client import ProcessCollector, exposition  # noqa: PLC0415
    from prometheus_client.metrics_core import Metric as Family  # noqa: PLC0415

    state = request.app.state
    families = {metric: Family(metric.name, metric.meaning, metric.kind) for metric in METRICS}
    for metric, labels, value in _figures(state, await look(state)):
        suffix = "_total" if metric.kind == "counter" else ""
        families[metric].add_sample(metric.name + suffix, dict(zip(metric.labels, labels, strict=True)), value)
    lag: Lag = state.lag
    for bound, samples in lag.buckets():
        families[LAG].add_sample(f"{LAG.name}_bucket", {"le": bound}, samples)
    families[LAG].add_sample(f"{LAG.name}_count", {}, sum(lag.samples))
    families[LAG].add_sample(f"{LAG.name}_sum", {}, lag.seconds)
    told = _Told([*families.values(), *ProcessCollector(registry=None).collect()])
    return Response(exposition.generate_latest(told), media_type=exposition.CONTENT_TYPE_LATEST)


route = Route("/metrics", scrape, methods=["GET"])


class _Told:
    """What the library writes as text; here everything was collected before."""

    def __init__(self, families: "list[Family]") -> None:
        self._families = families

    def collect(self) -> "list[Family]":
        return self._families


def _is_local(request: Request) -> bool:
    """Tell whether the request was sent on this machine and to it, not to the name under which a proxy serves it."""
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for")):
        return False
    return request.client is not None and is_loopback(request.client.host) and is_loopback(request.url.hostname or "")


def _figures(state: State, fleet: Fleet | None) -> Iterator[Figure]:
    yield DATABASE_UP, (), float(fleet is not None)
    yield TASKS, (), float(len(asyncio.all_tasks()))
    traffic: Traffic = state.traffic
    for labels, answered in traffic.answered.items():
        yield REQUESTS, labels, float(answered)
    client_log: ClientLog = state.client_log
    for kind, reported in client_log.counted.items():
        yield CLIENT_EVENTS, (kind,), float(reported)
    if fleet is not None:
        yield from _of_the_fleet(fleet)
    if state.parts:
        yield from _of_the_node(state)


def _of_the_fleet(fleet: Fleet) -> Iterator[Figure]:
    yield QUEUE, ("queued",), float(fleet.queue.queued)
    yield QUEUE, ("running",), float(fleet.queue.running)
    yield OLDEST, (), fleet.queue.oldest_seconds
    yield WORKERS, (), float(len(fleet.alive()))
    for worker in fleet.workers:
        label = (shown_id(worker),)
        yield RUNNING, label, float(worker.running)
        yield CONCURRENCY, label, float(worker.concurrency)
        yield CLAIMED, label, float(worker.claimed)
        yield FINISHED, label, float(worker.finished)
        yield FAILED, label, float(worker.failed)
        yield TAKEOVERS, label, float(worker.takeovers)
        yield FENCED, label, float(worker.fenced)


def _of_the_node(state: State) -> Iterator[Figure]:
    parts: Mapping[str, Part] = state.parts
    following: Following = state.following
    counts: Callable[[], Mapping[str, int]] = state.counts
    yield DATABASE_WAITING, (), float(parts["database"]()["waiting"])
    yield BROKER_AWAY, (), float(parts["broker"]()["away"])
    yield SOCKETS, (), float(parts["sockets"]()["open"])
    yield OPEN_FEEDS, (), float(following.open_feeds)
    for outcome, attempts in counts().items():
        yield ATTEMPTS, (outcome,), float(attempts)
