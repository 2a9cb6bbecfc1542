"""The server's own framing of texts, read by the websockets library's parser."""

from typing import Any

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from causerie.ops.socket_protocol import text_frame
from tests.ops.test_socket_protocol import connected, everything_of

LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000]


def frames_of(data: bytes) -> list[Frame]:
    reader = Protocol(CLIENT, max_size=None)
    reader.receive_data(data)
    return [event for event in reader.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_text_of_any_length_is_one_whole_frame(length: int) -> None:
    text = ("é" + "x" * length)[:length]
    (frame,) = frames_of(text_frame(text))

    assert (frame.opcode, frame.fin, bytes(frame.data).decode()) == (Opcode.TEXT, True, text)


async def says_much_at_once(scope: Any, receive: Any, send: Any) -> None:
    del scope
    await receive()
    await send({"type": "websocket.accept"})
    for length in LENGTHS:
        await send({"type": "websocket.send", "text": "x" * length})
    await send({"type": "websocket.close", "code": 1000})


async def test_texts_that_are_written_together_keep_their_order_before_the_close() -> None:
    async with connected(says_much_at_once) as client:
        answer = await everything_of(client)

    frames = frames_of(answer.partition(b"\r\n\r\n")[2])
    assert [len(frame.data) for frame in frames[:-1]] == LENGTHS
    assert frames[-1].opcode is Opcode.CLOSE
