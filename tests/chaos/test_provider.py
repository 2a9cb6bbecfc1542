"""The scripted provider: what it sends can be told from its record alone."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from causerie.chaos.provider import Call, Connection, Provider, Script, read_record, words_of

pytestmark = pytest.mark.anyio

QUICK = Script("7.0", words=12, pace=1_000)


class Desk:
    """Asks a provider of this process, and reads its record."""

    def __init__(self, port: int, record: io.StringIO) -> None:
        self._port = port
        self._record = record

    async def ask(self, *messages: tuple[str, str]) -> tuple[bytes, str]:
        """Return the answer's status line and the text that came before the connection was silent or closed."""
        body = {"model": "free", "messages": [{"role": role, "content": text} for role, text in messages]}
        data = json.dumps(body).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data))
        received = bytearray()
        try:
            async with asyncio.timeout(0.3):
                while data := await reader.read(65_536):
                    received += data
        except (TimeoutError, ConnectionError):
            pass  # it is silent, or it cut: both are what a test may want
        writer.close()
        await asyncio.sleep(0)
        events = [line[6:] for line in received.split(b"\n") if line.startswith(b"data: {")]
        deltas: list[Any] = [json.loads(event)["choices"][0]["delta"] for event in events]
        return bytes(received.split(b"\r\n")[0]), "".join(delta.get("content", "") for delta in deltas)

    async def calls(self, tmp_path: Path) -> list[Call]:
        """Return the record once the provider noticed that its callers are gone."""
        await asyncio.sleep(0.05)
        file = tmp_path / "record"
        file.write_text(self._record.getvalue())
        return read_record(file)


@asynccontextmanager
async def _desk() -> AsyncIterator[Desk]:
    record = io.StringIO()
    provider = Provider(record)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(provider), "127.0.0.1", 0)
    async with server:
        yield Desk(server.sockets[0].getsockname()[1], record)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with _desk() as desk:
        yield desk


def test_a_script_is_read_from_the_question_it_is_written_in() -> None:
    script = Script("3.1", 60, 20, "silence", 7, 2)

    assert Script.found(f"Tell me. {script.written()} Please.") == script
    assert Script.found("Tell me.") is None


def test_no_two_calls_and_no_two_places_have_the_same_word() -> None:
    words = [word.strip() for number in (1, 2) for word in words_of("3.1", number, "", 200)]

    assert len(set(words)) == 400


async def test_the_record_tells_what_was_sent(desk: Desk, tmp_path: Path) -> None:
    status, text = await desk.ask(("user", QUICK.written()))

    (call,) = await desk.calls(tmp_path)
    assert status == b"HTTP/1.1 200 OK"
    assert (call.name, call.number, call.sent, call.how) == ("7.0", 1, 12, "complete")
    assert text == call.text


async def test_another_call_for_the_question_has_other_words(desk: Desk) -> None:
    _, first = await desk.ask(("user", QUICK.written()))
    _, second = await desk.ask(("user", QUICK.written()))

    assert not set(first.split()) & set(second.split())


@pytest.mark.parametrize("after", [(), (("user", "Go on where it ends."),)])
async def test_it_goes_on_after_the_text_that_follows_the_question(
    desk: Desk, tmp_path: Path, after: tuple[tuple[str, str], ...]
) -> None:
    _, text = await desk.ask(("user", QUICK.written()), ("assistant", "tea-1.0 rain-1.1"), *after)

    (call,) = await desk.calls(tmp_path)
    assert call.prefix == "tea-1.0 rain-1.1"
    assert call.text == call.prefix + text
    assert len(call.text.split()) == 12


@pytest.mark.parametrize("trouble", ["cut", "silence"])
async def test_a_troubled_call_sends_so_much_and_no_more_and_the_next_one_is_whole(
    desk: Desk, tmp_path: Path, trouble: Any
) -> None:
    question = replace(QUICK, trouble=trouble, after=5).written()

    _, broken = await desk.ask(("user", question))
    _, whole = await desk.ask(("user", question))

    first, second = await desk.calls(tmp_path)
    assert (len(broken.split()), first.sent, first.how) == (5, 5, trouble)
    assert (len(whole.split()), second.how) == (12, "complete")


@pytest.mark.parametrize(("trouble", "status"), [("error", b"500"), ("busy", b"429")])
async def test_a_refused_call_sends_nothing(desk: Desk, tmp_path: Path, trouble: Any, status: bytes) -> None:
    line, text = await desk.ask(("user", replace(QUICK, trouble=trouble).written()))

    (call,) = await desk.calls(tmp_path)
    assert status in line
    assert text == ""
    assert (call.sent, call.how) == (0, trouble)
