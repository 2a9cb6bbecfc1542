"""The WebSocket's frames: the greeting, what is no frame, and what is refused whatever it asks for."""

import json
import random
from collections.abc import Callable

import pytest

from tests.contract.assembling import Frame
from tests.contract.making import NOBODY, Api, mint
from tests.contract.serving import Server
from tests.contract.sockets import Socket, connected, refused

Connect = Callable[..., Socket]

FRAME_LIMIT = 256 * 1024
KINDS = [
    "hello",
    "session:join",
    "session:leave",
    "chat:message",
    "chat:stop",
    "chat:retry",
    "chat:continue",
    "chat:swipe",
    "typing",
    "ping",
]


def test_the_server_speaks_first(server: Server) -> None:
    with connected(server.socket_url) as socket:
        welcome = socket.receive()

    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 1
    assert welcome["heartbeat"] > 0
    assert welcome["epoch"]
    assert welcome["connection_id"]
    assert isinstance(welcome["features"], list)


def test_connections_have_ids_of_their_own_and_one_epoch(server: Server) -> None:
    welcomes = []
    for _ in range(2):
        with connected(server.socket_url) as socket:
            welcomes.append(socket.receive())

    assert welcomes[0]["connection_id"] != welcomes[1]["connection_id"]
    assert welcomes[0]["epoch"] == welcomes[1]["epoch"]


@pytest.mark.req("S69")
def test_compression_is_not_accepted(socket: Socket) -> None:
    assert socket.connection.response is not None
    assert "Sec-WebSocket-Extensions" not in socket.connection.response.headers


def test_hello_is_welcome_though_nobody_needs_it_here(socket: Socket) -> None:
    socket.send("hello")
    socket.settle()

    assert "error" not in socket.kinds()


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "chat:sing"},
        {"type": "welcome"},
        {"type": 7},
        {},
        {"type": "ping"},
        {"type": "ping", "n": "one"},
        {"type": "ping", "n": 1, "loud": True},
        {"type": "session:join"},
        {"type": "session:join", "session_id": "not-an-id"},
        {"type": "session:join", "session_id": 7},
        {"type": "chat:message", "session_id": None},
        {"type": "chat:message", "session_id": None, "content": 7},
        {"type": "chat:message", "session_id": None, "content": "Hello", "id": "not-an-id"},
        {"type": "chat:stop"},
        {"type": "chat:retry", "message_id": NOBODY, "attempt": "last"},
        {"type": "typing", "session_id": NOBODY, "active": "yes, very"},
    ],
    ids=lambda frame: json.dumps(frame)[:60],
)
def test_a_frame_that_is_none_is_answered_by_an_error_with_its_ref(socket: Socket, frame: Frame) -> None:
    socket.connection.send(json.dumps(frame | {"ref": "mine"}))

    refused(socket.expect("error", ref="mine"))
    socket.settle(99)


def test_a_ref_may_have_64_characters_and_not_one_more(socket: Socket) -> None:
    refused(socket.answer("chat:stop", ref="r" * 64, message_id=mint()), "not_found")

    socket.send("chat:stop", ref="r" * 65, message_id=mint())

    too_long = socket.until(lambda frame: frame["type"] == "error" and frame.get("ref") != "r" * 64)
    assert too_long["code"] != "not_found"


@pytest.mark.req("S74")
@pytest.mark.req("S50")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        '"ping"',
        "7",
        '{"type": "ping", "n": NaN}',
        '{"type": "ping", "n": Infinity}',
        '{"type": "ping", "n": 1e999}',
        '{"type": "ping", "n": 123456789012345678901234567890}',
        '{"type": "ping", "n": 1',
        '{"type": "ping\\u0000", "n": 1}',
        '{"type": "chat:message", "session_id": null, "content": "a\\u0000b"}',
        "[" * 100_000,
        '{"a":' * 20_000 + "1" + "}" * 20_000,
        '{"type": "ping", "n": ' + "[" * 65 + "]" * 65 + "}",
    ],
    ids=range(16),
)
def test_text_that_is_no_frame_is_answered_and_harms_nobody(connect: Connect, text: str) -> None:
    sender, bystander = connect(), connect()

    sender.connection.send(text)

    refused(sender.expect("error"))
    sender.settle(1)
    bystander.settle(2)


@pytest.mark.req("S74")
def test_a_binary_frame_closes_its_own_connection_only(connect: Connect) -> None:
    sender, bystander = connect(), connect()

    sender.connection.send(b'{"type": "ping", "n": 1}')

    assert sender.close_code() == 1003
    bystander.settle()


def test_a_frame_of_256_kib_is_read_and_a_longer_one_is_not(connect: Connect) -> None:
    socket = connect()
    frame = json.dumps({"type": "chat:sing", "ref": "r", "text": ""})
    socket.connection.send(frame[:-2] + "x" * (FRAME_LIMIT - len(frame)) + frame[-2:])
    refused(socket.expect("error", ref="r"))

    socket.connection.send(frame[:-2] + "x" * (FRAME_LIMIT - len(frame) + 1) + frame[-2:])

    assert socket.close_code() == 1009


@pytest.mark.req("S69")
@pytest.mark.req("S74")
def test_16_mib_are_not_read(connect: Connect) -> None:
    sender, bystander = connect(), connect()

    announced = b"\x81\xff" + (16 << 20).to_bytes(8, "big") + bytes(4)  # a masked text frame of 16 MiB begins
    sender.connection.socket.sendall(announced + b"x" * 1_000)

    assert sender.close_code() == 1009
    bystander.settle()


@pytest.mark.req("S74")
def test_frames_made_by_chance_harm_nobody(api: Api, connect: Connect) -> None:
    chance = random.Random(5)
    session = api.session(title="Untouched")
    message = api.store(session["id"], "Untouched")
    values: list[object] = [None, True, 0, -1, 2**70, 1.5, "", "x", "\x00", "é" * 300, [], {}, [[]], NOBODY, mint()]
    fields = ["ref", "n", "id", "session_id", "message_id", "content", "attempt", "live", "after", "epoch", "active"]
    kinds = [*KINDS, "welcome", "", "chat:stream:token", "CHAT:STOP", None, 7]
    sender, bystander = connect(), connect()

    for n in range(400):
        frame = {"type": chance.choice(kinds)} | {
            name: chance.choice(values) for name in chance.sample(fields, chance.randint(0, 6))
        }
        text = json.dumps(frame)
        sender.connection.send(text if chance.random() < 0.8 else text[: chance.randint(0, len(text))])
        if n % 100 == 99:
            sender.settle(1_000 + n)

    bystander.settle(2_000)
    assert api.get(f"/sessions/{session['id']}")["title"] == "Untouched"
    assert api.message(message["id"])["content"] == "Untouched"
