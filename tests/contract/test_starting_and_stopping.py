"""The server as a process: what it prints and refuses when it starts, and how it ends."""

import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.contract import behaviours
from tests.contract.making import FINAL, UNFINISHED, Api, speaking_to
from tests.contract.problems import refusal
from tests.contract.providing import Provider
from tests.contract.serving import DRAIN_SECONDS, Server, free_port, run_to_its_end
from tests.contract.sockets import Socket, connected
from tests.setups import Installation
from tests.waiting import until

CHECKPOINT_SECONDS = 10.0  # text is checkpointed every second, on a machine that has time for it
FOUND_SECONDS = {"embedded": 3.0, "postgres": 20.0, "served": 20.0}
"""What a killed process left is taken up: at once where it was the only one, else when its lease has run out."""


@contextmanager
def running(installation: Installation, provider: Provider) -> Iterator[tuple[Server, Api, Socket]]:
    """Give the processes of this installation, its REST surface and a welcomed connection."""
    with (
        installation.serving() as server,
        speaking_to(server.url, provider) as api,
        connected(server.socket_url) as socket,
    ):
        socket.expect("welcome")
        yield server, api, socket


def said_in_one_line(refused: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a start which was refused left behind."""
    assert refused.returncode != 0
    (line,) = (refused.stdout + refused.stderr).splitlines()
    assert "Traceback" not in line
    return line


@pytest.mark.req("S1")
@pytest.mark.req("S3")
def test_it_listens_on_loopback_only(server: Server) -> None:
    family = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
    listening = [
        connection.laddr
        for process in family
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert {(address.ip, address.port) for address in listening} == {("127.0.0.1", server.port)}


def test_it_prints_its_address(server: Server) -> None:
    assert server.url in server.printed()


@pytest.mark.req("S1")
@pytest.mark.req("S3")
@pytest.mark.parametrize(
    ("options", "settings"),
    [(("--host", "0.0.0.0"), {}), (("--host", "192.0.2.1"), {}), ((), {"HOST": "::"})],  # noqa: S104 - what is refused
    ids=["every address", "another address", "by setting"],
)
def test_without_a_login_no_other_address_is_served(
    tmp_path: Path, options: tuple[str, ...], settings: dict[str, str]
) -> None:
    refused = run_to_its_end(tmp_path / "data", *options, "--port", str(free_port()), **settings)

    assert "host" in said_in_one_line(refused).lower()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("AUTH", "nobody"),
        ("DATABASE_URL", "mysql://localhost/causerie"),
        ("LOG_FORMAT", "xml"),
        ("PRIVATE_HOSTS", "10.0.0.0/8"),
        ("ALLOWED_ORIGINS", "*"),
        ("PUBLIC_URL", "somewhere"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(tmp_path: Path, setting: str, value: str) -> None:
    options = () if setting == "PORT" else ("--port", str(free_port()))

    refused = run_to_its_end(tmp_path / "data", *options, **{setting: value})

    assert f"CAUSERIE_{setting}" in said_in_one_line(refused)


@pytest.mark.setups("embedded")
def test_a_second_server_on_the_same_data_is_refused_with_one_line(server: Server) -> None:
    refused = run_to_its_end(server.data, "--port", str(free_port()))

    assert said_in_one_line(refused)
    assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_port_that_is_taken_is_refused_with_one_line(server: Server, tmp_path: Path) -> None:
    refused = run_to_its_end(tmp_path / "data", "--port", str(server.port))

    assert str(server.port) in said_in_one_line(refused)


def test_what_it_keeps_is_readable_by_its_owner_alone(server: Server) -> None:
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    files = [path for path in server.data.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_sigterm_ends_an_idle_server_cleanly(installation: Installation) -> None:
    with installation.serving() as server:
        server.terminate()

        assert server.exit_status() == 0

    assert "Traceback" not in server.printed()


def test_everything_is_there_after_a_restart(installation: Installation, provider: Provider) -> None:
    with running(installation, provider) as (_, api, socket):
        answer = api.say(None, "Who are you?", ai_model_id=api.model(behaviours.QUICK))
        session = api.get(f"/sessions/{answer['chat_session_id']}")
        branch = api.branch(session["id"])
        before = socket.join(session["id"])

    with running(installation, provider) as (_, api, socket):
        assert socket.expect("welcome")["epoch"] == before["epoch"]
        assert api.get(f"/sessions/{session['id']}") == session
        assert api.branch(session["id"]) == branch
        joined = socket.join(session["id"], epoch=before["epoch"], after=before["seq"])
        assert (joined["seq"], joined.get("messages") or []) == (before["seq"], [])


# A node without a worker has nothing to wait for: it may be gone before a second signal reaches it.
@pytest.mark.parametrize("signals", [1, pytest.param(2, marks=pytest.mark.setups("embedded"))])
def test_a_stop_tells_every_socket_and_answers_who_waits(
    installation: Installation, provider: Provider, signals: int
) -> None:
    """A signal to a whole process group reaches the server twice, itself and through `make`: that is one stop."""
    model = provider.one_of_its_own(text=behaviours.SLOW_TEXT, fault="hold", after=40)
    with running(installation, provider) as (server, api, socket), ThreadPoolExecutor(1) as thread:
        session = api.session(ai_model_id=api.model(model, paid=True))
        socket.join(session["id"])
        body = {"chat_session_id": session["id"], "message": "A story?"}
        waiting = thread.submit(api.http.post, "/chat/send_message", json=body)
        socket.text_reaches(40)

        started = time.monotonic()
        for number in range(signals):
            if number:
                assert api.http.get("/auth/me").status_code == 200  # the first has been taken, and it still serves
            server.terminate()
        bye = socket.expect("bye")
        close_code = socket.close_code()
        answer = waiting.result(DRAIN_SECONDS)
        exit_status = server.exit_status()
        took = time.monotonic() - started

    assert exit_status == 0
    assert took < DRAIN_SECONDS
    assert bye["retry_after"] >= 0
    assert bye["code"]
    assert close_code == 1012
    assert answer.status_code == 202
    assert answer.json()["user_message"]["content"] == "A story?"
    assert answer.json()["ai_message"]["status"] in UNFINISHED


def test_a_reply_that_can_be_continued_goes_on_after_a_restart(installation: Installation, provider: Provider) -> None:
    text = behaviours.STEADY_TEXT
    model = provider.one_of_its_own(text=text, fault="hold", after=120)
    with running(installation, provider) as (server, api, socket):
        session = api.session(ai_model_id=api.model(model, continue_prefix=True))
        socket.join(session["id"])
        reply_id = api.start_reply(session["id"], "A story?")["ai_message"]["id"]
        socket.text_reaches(120)
        server.terminate()
        assert server.exit_status() == 0
    provider.release(model)

    with running(installation, provider) as (_, api, _):
        reply = api.until_status(reply_id, FINAL)

    assert (reply["status"], reply["content"]) == ("complete", text)
    assert reply["attempt"] == 2


def test_a_killed_servers_paid_reply_is_kept_as_a_partial(installation: Installation, provider: Provider) -> None:
    text = behaviours.STEADY_TEXT
    model = provider.one_of_its_own(text=text, fault="hold", after=120)
    with running(installation, provider) as (server, api, socket):
        session = api.session(ai_model_id=api.model(model, paid=True))
        socket.join(session["id"])
        answer = api.start_reply(session["id"], "A story?")
        socket.text_reaches(120)
        until(lambda: api.message(answer["ai_message"]["id"])["content"] == text[:120], CHECKPOINT_SECONDS)
        server.kill()

    with running(installation, provider) as (_, api, _):
        reply = api.until_status(answer["ai_message"]["id"], FINAL, within=FOUND_SECONDS[installation.setup])
        question = api.message(answer["user_message"]["id"])

    assert question["content"] == "A story?"
    assert (reply["status"], reply["content"]) == ("failed", text[:120])
    assert reply["error"]["detail"]
    assert len(provider.asked(model)) == 1


def test_what_is_said_while_it_ends_is_refused_or_kept(installation: Installation, provider: Provider) -> None:
    model = provider.one_of_its_own(text=behaviours.QUICK_TEXT, fault="hold", after=10)
    with running(installation, provider) as (server, api, socket):
        session = api.session(ai_model_id=api.model(model, paid=True))
        first = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
        socket.text_reaches(10)
        server.terminate()

        body = {"chat_session_id": session["id"], "message": "One more?"}
        second: str | None = None
        with suppress(httpx.TransportError):  # whether it still listens is its own affair
            response = api.http.post("/chat/send_message", json=body)
            if response.status_code == 202:
                second = response.json()["ai_message"]["id"]
            else:
                refusal(response, 503)
        provider.release(model)
        socket.expect("bye")
        assert server.exit_status() == 0

    with running(installation, provider) as (_, api, _):
        for reply_id in filter(None, [first, second]):
            assert api.until_status(reply_id, FINAL)["content"] == behaviours.QUICK_TEXT
        assert len(api.branch(session["id"])) == (4 if second else 2)
