"""`/metrics`: what operators watch, told on the server's own machine only."""

import re

import httpx
import pytest
from fastapi import FastAPI

from causerie.clock import utc_now
from causerie.generation.models import Worker
from causerie.ids import new_id
from causerie.ops.health import SHOWN_DIGITS
from causerie.ops.metrics import METRICS, Lag
from tests.house import create

URL = "http://127.0.0.1:8000/metrics"
SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")


async def scraped(client: httpx.AsyncClient) -> dict[tuple[str, str], float]:
    """Return every sample by its name and its labels."""
    response = await client.get(URL)
    assert response.status_code == 200
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    samples = [SAMPLE.fullmatch(line) for line in lines]
    return {(found["name"], found["labels"] or ""): float(found["value"]) for found in samples if found}


async def test_every_documented_metric_is_described(client: httpx.AsyncClient) -> None:
    text = (await client.get(URL)).text

    described = set(re.findall(r"^# TYPE (causerie_\w+) \w+$", text, re.MULTILINE))
    assert described == {metric.name + ("_total" if metric.kind == "counter" else "") for metric in METRICS}


@pytest.mark.setups("embedded")
async def test_it_tells_the_queue_the_database_and_this_node(client: httpx.AsyncClient) -> None:
    samples = await scraped(client)

    assert samples["causerie_database_up", ""] == 1
    assert samples["causerie_broker_away", ""] == 0
    assert samples["causerie_queue_replies", 'state="queued"'] == 0
    assert samples["causerie_open_feeds", ""] == samples["causerie_sockets", ""] == 0
    assert samples["causerie_asyncio_tasks", ""] > 3
    assert samples["process_open_fds", ""] > 0


async def test_requests_are_counted_by_route_and_not_by_path(client: httpx.AsyncClient) -> None:
    session = await create(client, "/sessions")
    for _ in range(3):
        await client.get(f"/sessions/{session['id']}")
    await client.get("/nothing/there")

    samples = await scraped(client)

    route = "/api/sessions/{session_id}"
    assert samples["causerie_http_requests_total", f'method="GET",route="{route}",status="200"'] == 3
    assert samples["causerie_http_requests_total", 'method="other",route="other",status="404"'] == 1
    assert not [labels for _, labels in samples if session["id"] in labels]


async def test_a_reply_is_counted_when_it_has_ended(client: httpx.AsyncClient) -> None:
    answer = await client.post("/chat/send_message", json={"message": "Hello?"})
    assert answer.status_code == 200  # the model is missing, or quick: either way the reply is final

    samples = await scraped(client)

    assert samples["causerie_attempts_total", 'outcome="claimed"'] == 1
    assert samples["causerie_queue_replies", 'state="running"'] == 0


async def test_what_each_worker_began_and_ended_is_told(app: FastAPI, client: httpx.AsyncClient) -> None:
    now = utc_now()
    fields = {"host": "elsewhere", "pid": 1, "version": "1", "concurrency": 8, "started_at": now, "seen_at": now}
    elsewhere = Worker(id=new_id(), claimed=7, finished=4, failed=1, takeovers=2, fenced=3, **fields)
    label = f'worker="{elsewhere.id.hex[-SHOWN_DIGITS:]}"'
    await app.state.database.work(app.state.sign_in(None), lambda work: work.session.add(elsewhere))

    samples = await scraped(client)

    counted = ("claimed", "finished", "failed", "takeovers", "fenced")
    assert [samples[f"causerie_worker_{name}_total", label] for name in counted] == [7, 4, 1, 2, 3]


@pytest.mark.req("S76")
@pytest.mark.parametrize(
    ("client_address", "headers"),
    [
        ("10.0.0.7", {}),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}),
        ("127.0.0.1", {"forwarded": "for=10.0.0.7"}),
        ("127.0.0.1", {"host": "chat.example"}),
    ],
)
async def test_nobody_else_is_told(app: FastAPI, client_address: str, headers: dict[str, str]) -> None:
    transport = httpx.ASGITransport(app, client=(client_address, 1))
    async with httpx.AsyncClient(transport=transport, headers=headers) as client:
        response = await client.get(URL)

    assert response.status_code in {400, 403}
    assert "causerie_" not in response.text


def test_lateness_is_counted_up_to_each_bound() -> None:
    lag = Lag()
    for late in (0.0, 0.001, 0.0011, 5.0):
        lag.add(late)

    counted = dict(lag.buckets())

    assert (counted["0.001"], counted["0.0025"], counted["2.5"], counted["+Inf"]) == (2, 3, 3, 4)
    assert lag.seconds == pytest.approx(5.0021)
