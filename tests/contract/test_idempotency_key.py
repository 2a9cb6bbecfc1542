"""`Idempotency-Key`: a POST that is sent again because nobody knows whether it arrived."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract import behaviours
from tests.contract.making import Api, ids, mint
from tests.contract.problems import refusal
from tests.contract.resources import Resource, each_resource


@each_resource
def test_the_same_key_and_body_make_one_row(api: Api, resource: Resource) -> None:
    headers, body = {"Idempotency-Key": mint()}, resource.least(api)
    before = len(api.every(resource.path, limit=200))

    first, again = (api.http.post(resource.path, json=body, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert len(api.every(resource.path, limit=200)) == before + 1


def test_the_same_key_with_another_body_is_a_conflict(api: Api) -> None:
    headers = {"Idempotency-Key": mint()}
    api.http.post("/characters", json={"name": "Wren"}, headers=headers)

    refusal(api.http.post("/characters", json={"name": "Pip"}, headers=headers), 422, "idempotency_conflict")


def test_a_key_counts_for_its_route_only(api: Api) -> None:
    headers = {"Idempotency-Key": mint()}

    for path in ("/characters", "/profiles"):
        assert api.http.post(path, json={"name": "Wren"}, headers=headers).status_code == 201


def test_keys_of_different_sessions_do_not_meet(api: Api) -> None:
    headers, body = {"Idempotency-Key": mint()}, {"role": "user", "content": "Hello."}
    sessions = [api.session() for _ in range(2)]

    answers = [api.http.post(f"/sessions/{row['id']}/messages", json=body, headers=headers) for row in sessions]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.json()["session_id"] for answer in answers] == ids(sessions)


def test_without_a_key_the_same_body_makes_two(api: Api) -> None:
    first, again = (api.http.post("/sessions", json={"title": "Tea"}).json() for _ in range(2))

    assert first["id"] != again["id"]


def test_saying_again_with_the_same_key_answers_the_first(api: Api) -> None:
    session, headers = api.session(behaviours.QUICK), {"Idempotency-Key": mint()}
    body = {"chat_session_id": session["id"], "message": "Who are you?"}

    first, again = (api.http.post("/chat/send_message", json=body, headers=headers) for _ in range(2))

    assert again.status_code == first.status_code == 200
    assert again.json()["ai_message"]["id"] == first.json()["ai_message"]["id"]
    assert len(api.branch(session["id"])) == 2


def test_a_key_whose_request_still_runs_is_refused(api: Api) -> None:
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT, fault="hold", after=0)
    session, headers = api.session(model), {"Idempotency-Key": mint()}
    body = {"chat_session_id": session["id"], "message": "Who are you?"}

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(api.http.post, "/chat/send_message", json=body, headers=headers)
        while not api.provider.asked(model):
            assert not first.done(), first.result().text
        problem = refusal(api.http.post("/chat/send_message", json=body, headers=headers), 409)
        api.provider.release(model)
        answer = first.result()

    assert problem["retryable"] is True
    assert answer.json()["ai_message"]["content"] == behaviours.QUICK_TEXT
    assert len(api.branch(session["id"])) == 2


@pytest.mark.parametrize("key", [b"", b"k" * 10_000, b"\xe9"], ids=["empty", "long", "foreign"])
def test_an_odd_key_is_refused_or_taken_but_breaks_nothing(api: Api, key: bytes) -> None:
    response = api.http.post("/sessions", json={}, headers=[(b"Idempotency-Key", key)])

    if response.status_code != 201:
        refusal(response, {400, 422, 431})
