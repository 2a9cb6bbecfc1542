"""Server-sent events: one reply as a stream, and a session's events with resume."""

import time

import httpx
import pytest

from tests.contract import behaviours
from tests.contract.assembling import Frame, Reader, is_numbered
from tests.contract.making import Api, Row, mint
from tests.contract.problems import refusal
from tests.contract.streams import Sent, events, frames

STREAM = {"Accept": "text/event-stream"}
COMMENT_SECONDS = 15


def body(session: Row, message: str = "Who are you?", **fields: object) -> dict[str, object]:
    return {"chat_session_id": session["id"], "message": message, **fields}


def say(api: Api, request: dict[str, object]) -> list[Frame]:
    with api.http.stream("POST", "/chat/send_message", json=request, headers=STREAM) as response:
        return frames(response)


def text_of(stream: list[Frame]) -> str:
    return "".join(frame["token"] for frame in stream if frame["type"] == "chat:stream:token")


def read_until_end(stream: httpx.Response) -> list[Sent]:
    """Read a session's stream up to the end of its first reply."""
    read: list[Sent] = []
    for sent in events(stream):
        read.append(sent)
        if sent.frame["type"] == "chat:stream:end":
            break
    return read


@pytest.mark.parametrize("asked_by", ["header", "body"])
def test_one_reply_as_a_stream(api: Api, asked_by: str) -> None:
    session = api.session(behaviours.QUICK)
    request = body(session) | ({"stream": True} if asked_by == "body" else {})
    headers = STREAM if asked_by == "header" else {}

    with api.http.stream("POST", "/chat/send_message", json=request, headers=headers) as response:
        stream = frames(response)

    ack, end = stream[0], stream[-1]
    reply_id = ack["reply"]["id"]
    assert (ack["type"], ack["session_id"], ack["duplicate"]) == ("ack", session["id"], False)
    assert (end["type"], end["status"], end["message_id"]) == ("chat:stream:end", "complete", reply_id)
    assert text_of(stream) == end["content"] == behaviours.QUICK_TEXT == api.message(reply_id)["content"]
    assert {frame["message_id"] for frame in stream[1:] if "message_id" in frame} == {reply_id}
    reader = Reader()
    for frame in stream:
        if frame["type"].startswith("chat:stream"):
            reader.take(frame)


def test_a_reply_that_is_final_already_is_an_ack_and_an_end(api: Api) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()
    api.say(session["id"], "Who are you?", message_id=message_id)

    stream = say(api, body(session, message_id=message_id))

    assert [frame["type"] for frame in stream] == ["ack", "chat:stream:end"]
    assert stream[0]["duplicate"] is True
    assert stream[1]["content"] == behaviours.QUICK_TEXT


@pytest.mark.parametrize("verb", ["swipe", "continue", "retry", "generate"])
def test_every_post_that_makes_a_reply_may_be_a_stream(api: Api, verb: str) -> None:
    model = api.provider.one_of_its_own(text=behaviours.STEADY_TEXT, fault="cut", after=100)
    session = api.session(ai_model_id=api.model(model, paid=True))
    reply = api.say(session["id"], "A story?")["ai_message"]
    assert reply["status"] == "failed"
    api.provider.play(model, text=behaviours.STEADY_TEXT)
    path = f"/messages/{reply['id']}/{verb}"
    if verb == "generate":
        api.store(session["id"], "Another?")
        path = f"/sessions/{session['id']}/generate"

    with api.http.stream("POST", path, json={}, headers=STREAM) as response:
        stream = frames(response)

    assert stream[0]["type"] == "ack"
    assert (stream[-1]["type"], stream[-1]["status"]) == ("chat:stream:end", "complete")
    assert text_of(stream) in stream[-1]["content"]
    assert api.leaf(session["id"])["content"] == stream[-1]["content"]
    assert {frame["message_id"] for frame in stream[1:]} == {api.leaf(session["id"])["id"]}


def test_a_failed_reply_ends_the_stream_with_its_error(api: Api) -> None:
    stream = say(api, body(api.session(behaviours.FAILING)))

    assert stream[-1]["type"] == "chat:stream:end"
    assert stream[-1]["status"] == "failed"
    assert {"code", "title", "detail", "retryable"} <= stream[-1]["error"].keys()


def test_what_stores_nothing_is_a_problem_and_no_stream(api: Api) -> None:
    request = {"chat_session_id": mint(), "message": "Who are you?"}

    refusal(api.http.post("/chat/send_message", json=request, headers=STREAM), 404, "not_found")


def test_leaving_a_stream_stops_nothing(api: Api) -> None:
    session = api.session(behaviours.STEADY)
    with api.http.stream("POST", "/chat/send_message", json=body(session), headers=STREAM) as response:
        ack = next(events(response)).frame

    reply = api.until_status(ack["reply"]["id"], frozenset({"complete", "failed", "stopped"}))

    assert (reply["status"], reply["content"]) == ("complete", behaviours.STEADY_TEXT)


def test_a_sessions_stream_begins_with_its_state(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    stored = api.store(session["id"], "Hello.")

    with api.http.stream("GET", f"/sessions/{session['id']}/events") as response:
        joined = next(events(response)).frame

    assert joined["type"] == "session:joined"
    assert joined["session"]["id"] == joined["session_id"] == session["id"]
    assert [message["id"] for message in joined["messages"]] == [stored["id"]]
    assert joined["live"] == []
    assert joined["epoch"]


def test_a_sessions_stream_tells_a_whole_turn(api: Api) -> None:
    session = api.session(behaviours.STEADY)
    with api.http.stream("GET", f"/sessions/{session['id']}/events") as response:
        answer = api.start_reply(session["id"], "Who are you?")
        read = read_until_end(response)

    reader = Reader()
    for sent in read:
        reader.take(sent.frame)
    assert reader.replies[answer["ai_message"]["id"]].text == behaviours.STEADY_TEXT
    created = [sent.frame["message"]["id"] for sent in read if sent.frame["type"] == "message:created"]
    assert answer["user_message"]["id"] in created


def test_numbered_events_carry_an_id_and_tokens_none(api: Api) -> None:
    session = api.session(behaviours.STEADY)
    with api.http.stream("GET", f"/sessions/{session['id']}/events") as response:
        api.start_reply(session["id"], "Who are you?")
        read = read_until_end(response)

    epoch = read[0].frame["epoch"]
    numbered = [sent for sent in read if is_numbered(sent.frame)]
    tokens = [sent for sent in read if sent.frame["type"] == "chat:stream:token"]
    assert tokens
    assert [sent.id for sent in numbered] == [f"{epoch}.{sent.frame['seq']}" for sent in numbered]
    assert {sent.id for sent in tokens} == {None}


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_sessions_stream_resumes_after_what_was_read(api: Api, way: str) -> None:
    session = api.session(behaviours.QUICK)
    with api.http.stream("GET", f"/sessions/{session['id']}/events") as response:
        joined = next(events(response)).frame
    api.say(session["id"], "Who are you?")
    path = f"/sessions/{session['id']}/events"
    request = (
        api.http.stream("GET", path, headers={"Last-Event-ID": f"{joined['epoch']}.{joined['seq']}"})
        if way == "header"
        else api.http.stream("GET", path, params={"after": joined["seq"]})
    )

    with request as response:
        read = read_until_end(response)

    again = read[0].frame
    assert (again["type"], again["seq"]) == ("session:joined", joined["seq"])
    assert not again.get("messages")
    seqs = [sent.frame["seq"] for sent in read[1:] if is_numbered(sent.frame)]
    assert seqs == list(range(joined["seq"] + 1, joined["seq"] + 1 + len(seqs)))
    assert read[-1].frame["content"] == behaviours.QUICK_TEXT


def test_an_event_id_of_another_epoch_starts_from_the_whole(api: Api) -> None:
    session = api.session()
    stored = api.store(session["id"], "Hello.")

    elsewhere = {"Last-Event-ID": "elsewhere.1"}

    with api.http.stream("GET", f"/sessions/{session['id']}/events", headers=elsewhere) as response:
        joined = next(events(response)).frame

    assert [message["id"] for message in joined["messages"]] == [stored["id"]]


def test_the_events_of_a_session_that_is_not_there(api: Api) -> None:
    refusal(api.http.get(f"/sessions/{mint()}/events"), 404, "not_found")


def test_a_silent_stream_sends_a_comment_every_15_seconds(api: Api) -> None:
    session = api.session()

    with api.http.stream("GET", f"/sessions/{session['id']}/events", timeout=COMMENT_SECONDS + 5) as response:
        lines = response.iter_lines()
        joined = next(line for line in lines if line.startswith("data:"))
        started = time.monotonic()
        comment = next(line for line in lines if line)

    assert "session:joined" in joined
    assert comment.startswith(":")
    assert time.monotonic() - started < COMMENT_SECONDS + 2
