"""Saying something over REST: the answer waits for the reply, or says how far it is."""

import time

import pytest

from tests.contract import behaviours
from tests.contract.making import FINAL, UNFINISHED, Api, ids, mint
from tests.contract.problems import pointers, refusal


def test_the_answer_holds_the_session_and_both_messages(api: Api) -> None:
    session = api.session(behaviours.QUICK)

    answer = api.say(session["id"], "Who are you?")
    question, reply = answer["user_message"], answer["ai_message"]

    assert answer["chat_session_id"] == session["id"]
    assert (question["role"], question["content"], question["status"]) == ("user", "Who are you?", "complete")
    assert (reply["role"], reply["content"], reply["status"]) == ("assistant", behaviours.QUICK_TEXT, "complete")
    assert reply["parent_id"] == question["id"]
    assert reply["attempt"] == 1
    assert reply["error"] is None
    assert reply["finish_reason"] == "stop"
    assert reply["provider"]
    assert reply["model"]
    assert ids(api.branch(session["id"])) == [question["id"], reply["id"]]


def test_the_active_leaf_moves_to_the_reply(api: Api) -> None:
    session = api.session(behaviours.QUICK)

    answer = api.say(session["id"], "Who are you?")

    assert api.get(f"/sessions/{session['id']}")["active_leaf_id"] == answer["ai_message"]["id"]


def test_usage_is_what_the_provider_counted(api: Api) -> None:
    usage = api.say(api.session(behaviours.QUICK)["id"], "Who are you?")["ai_message"]["usage"]

    assert usage["prompt_tokens"] > 0
    assert usage["completion_tokens"] > 0


@pytest.mark.parametrize("path", ["/chat", "/chat/", "/chat/send_message/"])
def test_other_spellings_of_the_route_do_the_same(api: Api, path: str) -> None:
    session = api.session(behaviours.QUICK)

    response = api.http.post(path, json={"chat_session_id": session["id"], "message": "Who are you?"})

    assert response.status_code == 200
    assert response.json()["ai_message"]["content"] == behaviours.QUICK_TEXT


def test_the_reply_is_stored_exactly_as_streamed(api: Api) -> None:
    session = api.session(behaviours.UNICODE)

    reply = api.say(session["id"], "Sing.")["ai_message"]

    assert reply["content"] == behaviours.UNICODE_TEXT
    assert api.message(reply["id"])["content"] == behaviours.UNICODE_TEXT


def test_the_callers_id_is_the_messages_id(api: Api) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()

    answer = api.say(session["id"], "Who are you?", message_id=message_id)

    assert answer["user_message"]["id"] == message_id


def test_saying_it_again_with_its_id_answers_the_first(api: Api) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()
    first = api.say(session["id"], "Who are you?", message_id=message_id)

    again = api.say(session["id"], "Who are you?", message_id=message_id)

    assert again["user_message"]["id"] == first["user_message"]["id"]
    assert again["ai_message"]["id"] == first["ai_message"]["id"]
    assert api.get(f"/sessions/{session['id']}")["total_messages"] == 2


def test_one_id_with_other_content_is_a_conflict(api: Api) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()
    api.say(session["id"], "Who are you?", message_id=message_id)
    body = {"chat_session_id": session["id"], "message": "Something else.", "message_id": message_id}

    refusal(api.http.post("/chat/send_message", json=body), 409, "id_conflict")

    assert api.message(message_id)["content"] == "Who are you?"


def test_one_id_in_another_session_is_a_conflict(api: Api) -> None:
    session, other, message_id = api.session(behaviours.QUICK), api.session(behaviours.QUICK), mint()
    api.say(session["id"], "Who are you?", message_id=message_id)
    body = {"chat_session_id": other["id"], "message": "Who are you?", "message_id": message_id}

    refusal(api.http.post("/chat/send_message", json=body), 409, "id_conflict")

    assert api.branch(other["id"]) == []


def test_a_known_id_without_a_session_answers_its_own_session(api: Api) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()
    first = api.say(session["id"], "Who are you?", message_id=message_id)

    again = api.say(None, "Who are you?", message_id=message_id)

    assert again["chat_session_id"] == session["id"]
    assert again["ai_message"]["id"] == first["ai_message"]["id"]


def test_without_an_id_saying_it_again_says_it_again(api: Api) -> None:
    session = api.session(behaviours.QUICK)

    first, again = (api.say(session["id"], "Who are you?") for _ in range(2))

    assert first["user_message"]["id"] != again["user_message"]["id"]
    assert len(api.branch(session["id"])) == 4


def test_a_named_parent_starts_another_branch(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    first = api.say(session["id"], "Who are you?")
    api.say(session["id"], "And then?")

    aside = api.say(session["id"], "And before?", parent_id=first["ai_message"]["id"])

    assert ids(api.branch(session["id"])) == [
        first["user_message"]["id"],
        first["ai_message"]["id"],
        aside["user_message"]["id"],
        aside["ai_message"]["id"],
    ]


def test_null_as_the_parent_begins_anew(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    api.say(session["id"], "Who are you?")

    anew = api.say(session["id"], "Who are you really?", parent_id=None)

    assert ids(api.branch(session["id"])) == [anew["user_message"]["id"], anew["ai_message"]["id"]]


def test_one_reply_may_come_from_another_model(api: Api) -> None:
    session = api.session(behaviours.FAILING)

    answer = api.say(session["id"], "Who are you?", ai_model_id=api.model(behaviours.QUICK))

    assert answer["ai_message"]["content"] == behaviours.QUICK_TEXT


@pytest.mark.req("S23")
@pytest.mark.parametrize("name", ["chat_session_id", "parent_id", "character_id", "user_profile_id", "ai_model_id"])
def test_a_foreign_id_stores_nothing(api: Api, name: str) -> None:
    session = api.session(behaviours.QUICK)
    body = {"chat_session_id": session["id"], "message": "Who are you?"} | {name: mint()}

    refusal(api.http.post("/chat/send_message", json=body), 404, "not_found")

    assert api.get(f"/sessions/{session['id']}") == session
    assert api.branch(session["id"]) == []


def test_a_foreign_id_makes_no_session_either(api: Api) -> None:
    newest = api.get("/sessions", limit=1)["items"]
    body = {"chat_session_id": None, "message": "Who are you?", "character_id": mint()}

    refusal(api.http.post("/chat/send_message", json=body), 404, "not_found")

    assert api.get("/sessions", limit=1)["items"] == newest


def test_a_message_over_the_limit_is_refused_and_stores_nothing(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    body = {"chat_session_id": session["id"], "message": "🐈" * 32_769}

    problem = refusal(api.http.post("/chat/send_message", json=body), 422)

    assert "too_long" in {problem["code"]} | {error["code"] for error in problem["errors"]}
    assert pointers(problem) == {"/message"}
    assert api.branch(session["id"]) == []


@pytest.mark.parametrize("message", ["", " \n\t"], ids=["nothing", "white space"])
def test_a_message_that_says_nothing_is_refused(api: Api, message: str) -> None:
    session = api.session(behaviours.QUICK)

    refusal(api.http.post("/chat/send_message", json={"chat_session_id": session["id"], "message": message}), 422)

    assert api.branch(session["id"]) == []


def test_respond_async_answers_at_once_with_the_reply_as_it_is(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    started = time.monotonic()

    answer = api.start_reply(session["id"], "Tell me a long story.")

    assert time.monotonic() - started < 2
    assert answer["user_message"]["status"] == "complete"
    assert answer["ai_message"]["status"] in UNFINISHED
    assert api.act(answer["ai_message"]["id"], "stop").status_code == 200


@pytest.mark.parametrize("verb", ["swipe", "generate"])
def test_every_post_that_makes_a_reply_may_answer_at_once(api: Api, verb: str) -> None:
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT, fault="hold")
    session = api.session(model)
    path = f"/sessions/{session['id']}/generate"
    question = api.store(session["id"], "Who are you?")
    if verb == "swipe":
        path = f"/messages/{api.start_reply(session['id'], 'Really?')['ai_message']['id']}/swipe"

    response = api.http.post(path, json={}, headers={"Prefer": "respond-async"})
    leaf = api.leaf(session["id"])
    api.provider.release(model)

    assert response.status_code == 202
    assert leaf["status"] in UNFINISHED
    assert leaf["depth"] > question["depth"]
    assert api.until_status(leaf["id"], FINAL)["content"] == behaviours.QUICK_TEXT


def test_wait_limits_the_waiting(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    started = time.monotonic()

    response = api.http.post(
        "/chat/send_message",
        json={"chat_session_id": session["id"], "message": "Tell me a long story."},
        headers={"Prefer": "wait=1"},
    )

    assert response.status_code == 202
    assert 0.9 <= time.monotonic() - started < 3
    assert response.json()["ai_message"]["status"] in UNFINISHED
    assert api.act(response.json()["ai_message"]["id"], "stop").status_code == 200


def test_a_reply_that_is_final_in_time_is_no_202(api: Api) -> None:
    session = api.session(behaviours.QUICK)

    response = api.http.post(
        "/chat/send_message",
        json={"chat_session_id": session["id"], "message": "Who are you?"},
        headers={"Prefer": "wait=10"},
    )

    assert response.status_code == 200
    assert response.json()["ai_message"]["status"] == "complete"


def test_what_is_said_while_a_reply_runs_is_stored_at_once_and_answered_after_it(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    first = api.start_reply(session["id"], "Tell me a long story.")["ai_message"]

    second = api.start_reply(session["id"], "And another.", ai_model_id=api.model(behaviours.QUICK))

    assert second["user_message"]["parent_id"] == first["id"]
    assert api.message(second["user_message"]["id"])["content"] == "And another."
    assert api.message(second["ai_message"]["id"])["status"] == "queued"
    assert api.act(first["id"], "stop").status_code == 200
    assert api.until_status(second["ai_message"]["id"], FINAL)["content"] == behaviours.QUICK_TEXT
    assert api.message(first["id"])["status"] == "stopped"


def test_a_queued_reply_may_be_stopped_before_it_began(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    first = api.start_reply(session["id"], "Tell me a long story.")["ai_message"]
    second = api.start_reply(session["id"], "And another.")["ai_message"]

    api.act(second["id"], "stop")

    stopped = api.until_status(second["id"], FINAL)
    assert (stopped["status"], stopped["attempt"], stopped["content"]) == ("stopped", 0, "")
    assert api.message(first["id"])["status"] == "streaming"
    api.act(first["id"], "stop")


def test_stopping_keeps_what_came_and_may_be_repeated(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    reply = api.start_reply(session["id"], "Tell me a long story.")["ai_message"]

    for _ in range(2):
        assert api.act(reply["id"], "stop").status_code == 200

    stopped = api.until_status(reply["id"], FINAL, within=6)
    assert stopped["status"] == "stopped"
    assert behaviours.SLOW_TEXT.startswith(stopped["content"])
    assert api.act(reply["id"], "stop").status_code == 200
    assert api.message(reply["id"])["version"] == stopped["version"]


def test_a_stopped_reply_is_retried_as_the_next_attempt(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    reply = api.start_reply(session["id"], "Tell me a long story.")["ai_message"]
    api.act(reply["id"], "stop")
    attempt = api.until_status(reply["id"], FINAL)["attempt"]
    api.patch(f"/sessions/{session['id']}", ai_model_id=api.model(behaviours.QUICK))

    response = api.act(reply["id"], "retry", attempt=attempt)

    assert response.status_code == 200, response.text
    again = api.message(reply["id"])
    assert (again["status"], again["content"]) == ("complete", behaviours.QUICK_TEXT)
    assert again["attempt"] > attempt


def test_retrying_another_attempt_than_the_current_changes_nothing(api: Api) -> None:
    session = api.session(behaviours.FAILING)
    reply = api.say(session["id"], "Who are you?")["ai_message"]
    assert reply["status"] == "failed"

    response = api.act(reply["id"], "retry", attempt=reply["attempt"] + 5)

    assert response.status_code == 200, response.text
    assert api.message(reply["id"]) == reply


def test_a_swipe_is_a_new_sibling_and_becomes_the_leaf(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    answer = api.say(session["id"], "Who are you?")
    first, sibling = answer["ai_message"], mint()

    response = api.act(first["id"], "swipe", id=sibling)

    assert response.status_code == 200, response.text
    swiped = api.message(sibling)
    assert swiped["parent_id"] == answer["user_message"]["id"]
    assert (swiped["status"], swiped["content"]) == ("complete", behaviours.QUICK_TEXT)
    assert api.get(f"/sessions/{session['id']}")["active_leaf_id"] == sibling
    assert api.message(first["id"])["content"] == first["content"]
    assert ids(api.get(f"/messages/{sibling}/siblings")["items"]) == [first["id"], sibling]


def test_swiping_again_with_the_same_id_makes_no_third(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    first, sibling = api.say(session["id"], "Who are you?")["ai_message"], mint()

    for _ in range(2):
        assert api.act(first["id"], "swipe", id=sibling).status_code == 200

    assert ids(api.get(f"/messages/{sibling}/siblings")["items"]) == [first["id"], sibling]


@pytest.mark.req("S24")
@pytest.mark.parametrize("verb", ["stop", "retry", "continue", "swipe", "restore"])
def test_a_verb_on_a_message_that_is_not_there(api: Api, verb: str) -> None:
    refusal(api.act(mint(), verb), 404, "not_found")


def test_the_prompt_that_was_sent_can_be_read(api: Api) -> None:
    character = api.character(name="Wren", description="A keeper of the lighthouse with a grey cat.")
    session = api.session(behaviours.QUICK, character_id=character["id"], user_persona="A sailor named Ilse")

    reply = api.say(session["id"], "What do you see from your window?")["ai_message"]
    prompt = api.http.get(f"/messages/{reply['id']}/prompt")

    assert prompt.status_code == 200
    for part in ("A keeper of the lighthouse with a grey cat.", "Ilse", "What do you see from your window?"):
        assert part in prompt.text


def test_what_the_makers_of_a_character_noted_is_in_no_prompt(api: Api) -> None:
    character = api.character(description="A robot.", creator_notes="canary-notes", tags=["canary-tag"])
    session = api.session(behaviours.QUICK, character_id=character["id"])

    reply = api.say(session["id"], "Beep?")["ai_message"]

    assert "canary" not in api.http.get(f"/messages/{reply['id']}/prompt").text


def test_the_prompt_of_a_message_that_no_model_made_is_not_there(api: Api) -> None:
    session = api.session()
    stored = api.store(session["id"], "Hello.", role="assistant")

    refusal(api.http.get(f"/messages/{stored['id']}/prompt"), 404)


def test_the_prompt_is_cut_to_the_models_window_and_keeps_whole_messages(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    character = api.character(name="Wren", description="A keeper of the lighthouse.")
    model_id = api.model(behaviour, context_window=1_000, max_output_tokens=100)
    session = api.session(ai_model_id=model_id, character_id=character["id"])
    stories = [f"Story {n:02}: " + "the sea was calm and the lamp was lit. " * 10 for n in range(30)]
    for n, story in enumerate(stories):
        api.store(session["id"], story, role=("user", "assistant")[n % 2])

    reply = api.say(session["id"], "Which story was the last?")["ai_message"]

    assert reply["status"] == "complete"
    (asked,) = api.provider.asked(behaviour)
    sent = [message["content"] for message in asked["body"]["messages"]]
    assert "A keeper of the lighthouse." in sent[0]
    assert "Which story was the last?" in sent[-1]
    assert stories[29] in sent
    assert stories[0] not in sent
    assert not [text for text in sent[1:-1] if text not in stories]
    assert sum(map(len, sent)) / 6 < 900  # no tokenizer makes of English fewer tokens than a sixth of its letters


def test_a_complete_reply_is_not_retried(api: Api) -> None:
    reply = api.say(api.session(behaviours.QUICK)["id"], "Who are you?")["ai_message"]

    response = api.act(reply["id"], "retry", attempt=reply["attempt"])

    if response.status_code != 200:
        refusal(response, 409)
    assert api.message(reply["id"]) == reply


def test_only_a_reply_can_be_stopped_retried_or_continued(api: Api) -> None:
    message = api.store(api.session()["id"], "Hello.")

    for verb in ("stop", "retry", "continue"):
        response = api.act(message["id"], verb)
        if response.status_code != 200:
            refusal(response, {404, 409, 422})
    assert api.message(message["id"])["version"] == message["version"]
