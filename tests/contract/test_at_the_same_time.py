"""Requests that meet: nothing is lost, nothing is doubled, and one of two wins."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import httpx
import pytest

from tests.contract import behaviours
from tests.contract.assembling import Reader
from tests.contract.making import FINAL, Api, Row, ids, mint
from tests.contract.problems import refusal
from tests.contract.resources import Resource, each_resource
from tests.contract.sockets import Socket

MANY = 12


def at_once(api: Api, method: str, path: str, bodies: list[Row], **headers: str) -> list[httpx.Response]:
    """Send all of these requests at the same moment and return their answers in order."""
    together = Barrier(len(bodies))

    def send(body: Row) -> httpx.Response:
        together.wait(10)
        return api.http.request(method, path, json=body, headers=headers)

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(send, bodies))


@each_resource
def test_one_of_many_who_saw_the_same_version_wins(api: Api, resource: Resource) -> None:
    row = resource.make(api)
    bodies = [{resource.name: f"Writer {n}"} for n in range(MANY)]

    answers = at_once(api, "PATCH", resource.one(row), bodies, **{"If-Match": f'"{row["version"]}"'})

    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: MANY - 1}
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert api.get(resource.one(row)) == won
    assert won["version"] == row["version"] + 1


def test_changes_of_different_fields_do_not_undo_each_other(api: Api) -> None:
    character = api.character()
    names = ("description", "personality", "scenario", "first_mes", "mes_example", "creator_notes", "system_prompt")

    answers = at_once(api, "PATCH", f"/characters/{character['id']}", [{name: f"The {name}."} for name in names])

    assert {answer.status_code for answer in answers} == {200}
    after = api.get(f"/characters/{character['id']}")
    assert {name: after[name] for name in names} == {name: f"The {name}." for name in names}
    assert after["version"] == character["version"] + len(names)


def test_labels_made_from_one_name_at_once_differ(api: Api) -> None:
    answers = at_once(api, "POST", "/characters", [{"name": "The Twelve"}] * MANY)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["label"] for answer in answers}) == MANY


def test_a_label_chosen_by_many_at_once_is_given_once(api: Api) -> None:
    answers = at_once(api, "POST", "/characters", [{"name": "Turbo", "label": "the-one-turbo"}] * MANY)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: MANY - 1}
    for answer in answers:
        if answer.status_code == 409:
            refusal(answer, 409)


@pytest.mark.parametrize("collection", ["/profiles", "/prompts"])
def test_one_of_many_that_become_the_default_at_once_is(api: Api, collection: str) -> None:
    content = {"content": "Be brief."} if collection == "/prompts" else {}
    bodies: list[Row] = [{"name": f"Number {n}", "is_default": True, **content} for n in range(MANY)]

    made = at_once(api, "POST", collection, bodies)
    defaults = [row for row in api.get(f"{collection}?limit=200")["items"] if row["is_default"]]

    assert {answer.status_code for answer in made} == {201}
    assert len(defaults) == 1


def test_one_idempotency_key_used_at_once_makes_one_row(api: Api) -> None:
    key = {"Idempotency-Key": mint()}

    answers = at_once(api, "POST", "/characters", [{"name": "Idem"}] * MANY, **key)

    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert made
    assert len(set(made)) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert refusal(answer, 409)["retryable"] is True
    assert [row["name"] for row in api.get("/characters", limit=2)["items"]].count("Idem") == 1


def test_messages_stored_at_once_stand_one_below_the_other(api: Api, socket: Socket) -> None:
    session = api.session()
    socket.join(session["id"])
    bodies = [{"role": "user", "content": f"Number {n}."} for n in range(MANY)]

    answers = at_once(api, "POST", f"/sessions/{session['id']}/messages", bodies)

    assert {answer.status_code for answer in answers} == {201}
    branch = api.branch(session["id"])
    assert {row["content"] for row in branch} == {body["content"] for body in bodies}
    assert all(child["parent_id"] == parent["id"] for parent, child in pairwise(branch))
    assert api.get(f"/sessions/{session['id']}")["total_messages"] == MANY
    reader = Reader()
    socket.until(lambda frame: frame["type"] == "message:created" and frame["message"]["id"] == branch[-1]["id"])
    for frame in socket.of_session(session["id"]):
        reader.take(frame)
    created = [frame["message"]["id"] for frame in socket.seen if frame["type"] == "message:created"]
    assert created == ids(branch)


def test_many_chats_stream_side_by_side(api: Api, socket: Socket) -> None:
    sessions = [api.session(behaviours.STEADY) for _ in range(MANY)]
    for session in sessions:
        socket.send("chat:message", ref=session["id"], session_id=session["id"], content="A story?")
    replies = [socket.expect("ack", ref=session["id"])["reply"]["id"] for session in sessions]
    for reply_id in replies:
        socket.expect("chat:stream:end", message_id=reply_id, within=20)

    for session, reply_id in zip(sessions, replies, strict=True):
        reader = Reader()
        for frame in socket.of_session(session["id"]):
            reader.take(frame)
        assert reader.replies[reply_id].text == behaviours.STEADY_TEXT


def test_what_is_said_faster_than_it_is_answered_is_answered_in_order(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.QUICK)
    socket.join(session["id"])
    for n in range(MANY):
        socket.send("chat:message", ref=str(n), session_id=session["id"], content=f"Number {n}.")
    replies = [socket.expect("ack", ref=str(n))["reply"]["id"] for n in range(MANY)]
    for reply_id in replies:
        socket.expect("chat:stream:end", message_id=reply_id, status="complete")

    ended = [frame["message_id"] for frame in socket.seen if frame["type"] == "chat:stream:end"]
    assert ended == replies
    branch = api.branch(session["id"])
    assert [row["content"] for row in branch[::2]] == [f"Number {n}." for n in range(MANY)]
    assert ids(branch[1::2]) == replies


@pytest.mark.parametrize("permanent", ["false", "true"])
def test_a_session_deleted_while_a_reply_runs_ends_it(api: Api, socket: Socket, permanent: str) -> None:
    model = api.provider.one_of_its_own(text=behaviours.SLOW_TEXT, pace=50)
    session = api.session(model)
    ack = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")
    socket.expect("chat:stream:token", message_id=ack["reply"]["id"])

    api.delete(f"/sessions/{session['id']}", permanent=permanent)
    socket.expect("session:deleted", session_id=session["id"])
    socket.settle()

    refusal(api.http.get(f"/messages/{ack['reply']['id']}"), 404, "not_found")
    if permanent == "false":
        assert api.http.post(f"/sessions/{session['id']}/restore").status_code == 200
        reply = api.until_status(ack["reply"]["id"], FINAL, within=6)
        assert reply["status"] in {"stopped", "failed"}
        assert behaviours.SLOW_TEXT.startswith(reply["content"])


def test_stop_and_retry_at_once_leave_one_final_reply(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.STEADY)
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
    socket.expect("chat:stream:token", message_id=reply_id)

    with ThreadPoolExecutor(8) as threads:
        verbs = ["stop", "retry"] * 4
        answers = list(threads.map(lambda verb: api.act(reply_id, verb), verbs))

    assert {answer.status_code for answer in answers} <= {200, 202}, [answer.text for answer in answers]
    reply = api.until_status(reply_id, FINAL)
    end = socket.expect("chat:stream:end", message_id=reply_id, attempt=reply["attempt"])
    socket.settle()
    assert end["content"] == reply["content"]
    reader = Reader()
    for frame in socket.of_session(session["id"]):
        reader.take(frame)
    assert reader.replies[reply_id].text == reply["content"]


def test_who_edits_while_a_reply_runs_disturbs_nothing(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.STEADY)
    ack = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")
    socket.expect("chat:stream:token", message_id=ack["reply"]["id"])

    api.patch(f"/messages/{ack['message_id']}", content="A shorter story?")
    api.patch(f"/sessions/{session['id']}", title="Renamed")
    end = socket.expect("chat:stream:end", message_id=ack["reply"]["id"])

    assert (end["status"], end["content"]) == ("complete", behaviours.STEADY_TEXT)
    reader = Reader()
    for frame in socket.of_session(session["id"]):
        reader.take(frame)
    assert api.message(ack["message_id"])["content"] == "A shorter story?"
    assert api.get(f"/sessions/{session['id']}")["title"] == "Renamed"


@pytest.mark.parametrize("whole_session", [False, True])
def test_deleting_a_running_reply_loses_no_text_that_was_seen(api: Api, socket: Socket, whole_session: bool) -> None:
    session, message_id = api.session(behaviours.SLOW), mint()
    socket.send("chat:message", id=message_id, session_id=session["id"], content="Who are you?")
    reply_id = socket.expect("ack", ref=message_id)["reply"]["id"]
    socket.text_reaches(60)

    api.delete(f"/sessions/{session['id']}" if whole_session else f"/messages/{reply_id}")

    end = socket.expect("chat:stream:end", message_id=reply_id)
    seen = "".join(frame["token"] for frame in socket.seen if frame["type"] == "chat:stream:token")
    assert end["status"] == "stopped"
    assert end["content"] == seen
    restored = f"/sessions/{session['id']}/restore" if whole_session else f"/messages/{reply_id}/restore"
    assert api.http.post(restored).status_code == 200
    assert api.message(reply_id)["content"] == seen
