"""What pages report is counted, written within bounds, and carries no secret and no text of a chat into the log."""

import json
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from causerie.ops.client_events import LARGEST_BYTES, LOGGED_A_MINUTE, MOST_EVENTS, ClientEvent, ClientLog
from tests.ops.test_metrics import scraped

FAILED = {
    "kind": "request",
    "name": "GET /api/sessions",
    "status": 503,
    "duration_ms": 2_140,
    "page": "/c/:id",
    "at": "2026-11-21T10:41:00Z",
}
SLOW = {"kind": "slow_interaction", "name": "keydown", "duration_ms": 400, "at": "2026-11-21T10:41:00Z"}


async def report(client: httpx.AsyncClient, *events: dict[str, Any]) -> httpx.Response:
    return await client.post("/client-events", json={"events": events})


async def test_what_is_reported_is_in_the_log_and_in_the_metrics(client: httpx.AsyncClient) -> None:
    with capture_logs() as entries:
        answer = await report(client, FAILED, SLOW, SLOW)

    assert (answer.status_code, answer.json()) == (202, {"logged": 3})
    written = [entry for entry in entries if entry["event"] == "client_event"]
    assert written[0] == {
        "event": "client_event",
        "log_level": "info",
        "kind": "request",
        "name": "GET /api/sessions",
        "status": 503,
        "duration_ms": 2_140,
        "page": "/c/:id",
        "at": "2026-11-21T10:41:00+00:00",
    }
    samples = await scraped(client)
    assert samples["causerie_client_events_total", 'kind="request"'] == 1
    assert samples["causerie_client_events_total", 'kind="slow_interaction"'] == 2


@pytest.mark.req("S75")
@pytest.mark.parametrize(
    ("detail", "written"),
    [
        ("401 for sk-canary-0123456789abcdef-wxyz", "401 for …"),
        ("no row 0193b2f0-7c1e-7a55-9d39-4a5f6b7c8d9e here", "no row … here"),
        ("Unexpected token 'D', \"Dear diary, he\" is not valid JSON", "Unexpected token 'D', \"…\" is not valid JSON"),
        ("at getBoundingClientRect (/assets/index-Dk3jf9aB.js:10:2)",) * 2,
    ],
)
async def test_a_detail_holds_no_secret_and_nothing_that_was_read(
    client: httpx.AsyncClient, detail: str, written: str
) -> None:
    with capture_logs() as entries:
        await report(client, FAILED | {"kind": "error", "name": "TypeError", "detail": detail})

    assert [entry["detail"] for entry in entries if entry["event"] == "client_event"] == [written]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "message"}, "/events/0/kind"),
        ({"content": "Dear diary"}, "/events/0/content"),
        ({"name": ""}, "/events/0/name"),
        ({"name": "one\ntwo"}, "/events/0/name"),
        ({"name": "x" * 101}, "/events/0/name"),
        ({"detail": "x" * 501}, "/events/0/detail"),
        ({"page": "https://evil.example/"}, "/events/0/page"),
        ({"page": "/c/1?q=diary"}, "/events/0/page"),
        ({"status": "503"}, "/events/0/status"),
        ({"status": 1_000}, "/events/0/status"),
        ({"duration_ms": -1}, "/events/0/duration_ms"),
        ({"duration_ms": 1.5}, "/events/0/duration_ms"),
        ({"at": "yesterday"}, "/events/0/at"),
        ({"at": 1_700_000_000}, "/events/0/at"),
    ],
)
async def test_what_is_no_such_event_is_refused_and_not_written(
    client: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    with capture_logs() as entries:
        refused = await report(client, FAILED | change, FAILED)

    assert refused.status_code == 422
    assert {fault["pointer"] for fault in refused.json()["errors"]} == {pointer}
    assert [entry for entry in entries if entry["event"] == "client_event"] == []


@pytest.mark.req("S45")
async def test_a_report_is_bounded(client: httpx.AsyncClient) -> None:
    too_many = await report(client, *[SLOW] * (MOST_EVENTS + 1))
    none = await report(client)
    too_large = await client.post(
        "/client-events",
        content=json.dumps({"events": [SLOW], "padding": "x" * LARGEST_BYTES}),
        headers={"content-type": "application/json"},
    )

    assert (too_many.status_code, none.status_code, too_large.status_code) == (422, 422, 413)


async def test_a_minute_has_so_many_lines_and_the_rest_is_counted(client: httpx.AsyncClient) -> None:
    with capture_logs() as entries:
        logged = [(await report(client, *[SLOW] * MOST_EVENTS)).json()["logged"] for _ in range(8)]

    assert sum(logged) == LOGGED_A_MINUTE == len([entry for entry in entries if entry["event"] == "client_event"])
    assert (await scraped(client))["causerie_client_events_total", 'kind="slow_interaction"'] == 8 * MOST_EVENTS


def test_the_next_minute_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    client_log = ClientLog(logged_a_minute=2)
    event = ClientEvent.model_validate(SLOW)

    assert [client_log.take([event] * 2), client_log.take([event])] == [2, 0]
    now += 60
    assert client_log.take([event]) == 1
