"""Every way a provider can fail: nothing said is lost, a person reads a sentence, and trying again works."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import behaviours
from tests.contract.making import Api, Row
from tests.contract.sockets import Socket
from tests.scripted_provider import CANARY

TEXT = behaviours.STEADY_TEXT
PARTIAL = 120

BEFORE_ANY_TEXT: dict[str, dict[str, Any]] = {
    "bad request": {"fault": "refuse", "status": 400},
    "wrong key": {"fault": "refuse", "status": 401},
    "no credits": {"fault": "refuse", "status": 402},
    "moderation": {"fault": "refuse", "status": 403},
    "no such model": {"fault": "refuse", "status": 404},
    "its own failure": {"fault": "refuse", "status": 500},
    "gateway": {"fault": "refuse", "status": 502},
    "no provider": {"fault": "refuse", "status": 503},
    "rate limit": {"fault": "refuse", "status": 429, "retry_after": "1"},
    "rate limit for long": {"fault": "refuse", "status": 429, "retry_after": "3600"},
    "redirect": {"fault": "refuse", "status": 302},
    "empty": {"fault": "empty"},
    "a web page": {"fault": "html"},
    "error in 200 at once": {"fault": "error"},
    "malformed at once": {"fault": "malformed"},
    "cut at once": {"fault": "cut"},
    "closed at once": {"fault": "close"},
    "a line without end": {"fault": "long_line"},
}
AFTER_SOME_TEXT: dict[str, dict[str, Any]] = {
    "cut": {"fault": "cut", "after": PARTIAL},
    "closed without an end": {"fault": "close", "after": PARTIAL},
    "malformed": {"fault": "malformed", "after": PARTIAL},
    "error in 200": {"fault": "error", "after": PARTIAL},
    "a line without end": {"fault": "long_line", "after": PARTIAL},
}
HARMLESS: dict[str, dict[str, Any]] = {
    "comment lines": {"comments": True},
    "no done": {"done": False},
    "no usage": {"usage": False},
    "thoughts": {"reasoning": "Let me think about the sea."},
    "halved characters": {"split_surrogates": True, "chunk": 1},
    "a failure before the first token": {"fault": "refuse", "status": 503, "times": 1},
    "a rate limit that passes": {"fault": "refuse", "status": 429, "retry_after": "1", "times": 1},
}


def each(cases: dict[str, dict[str, Any]]) -> Callable[..., Any]:
    return pytest.mark.parametrize("fault", cases.values(), ids=cases.keys())


def a_person_understands(error: Row) -> None:
    """Check that the error is a sentence, without what only the makers can read."""
    assert error.keys() >= {"code", "title", "detail", "retryable"}
    assert re.fullmatch(r"[a-z][a-z0-9_]*", error["code"])
    assert error["detail"][0].isupper()
    assert error["detail"].endswith((".", "!", "?"))
    assert not re.search(r"Error\b|Exception|Traceback|127\.0\.0\.1|\{|HTTP|\bNone\b", error["detail"])


def failed_reply(api: Api, fault: dict[str, Any]) -> tuple[str, Row]:
    """Say something to a paid model with this fault; return the model's name and the failed reply."""
    model = api.provider.one_of_its_own(text=TEXT, **fault)
    session = api.session(ai_model_id=api.model(model, paid=True))
    answer = api.say(session["id"], "Tell me a story.")
    assert api.message(answer["user_message"]["id"])["content"] == "Tell me a story."
    assert answer["ai_message"] == api.message(answer["ai_message"]["id"])
    return model, answer["ai_message"]


@each(BEFORE_ANY_TEXT)
def test_a_failure_before_any_text(api: Api, fault: dict[str, Any]) -> None:
    model, reply = failed_reply(api, fault)

    assert (reply["status"], reply["content"]) == ("failed", "")
    a_person_understands(reply["error"])
    api.provider.play(model, text=TEXT)
    assert api.act(reply["id"], "retry", attempt=reply["attempt"]).status_code == 200
    again = api.message(reply["id"])
    assert (again["status"], again["content"], again["error"]) == ("complete", TEXT, None)


@each(AFTER_SOME_TEXT)
def test_a_failure_after_some_text_keeps_it(api: Api, fault: dict[str, Any]) -> None:
    model, reply = failed_reply(api, fault)

    assert (reply["status"], reply["content"]) == ("failed", TEXT[:PARTIAL])
    a_person_understands(reply["error"])
    assert len(api.provider.asked(model)) == 1, "a paid provider is not asked again without a word"
    api.provider.play(model, text=TEXT)
    assert api.act(reply["id"], "retry", attempt=reply["attempt"]).status_code == 200
    again = api.message(reply["id"])
    assert (again["status"], again["content"], again["error"]) == ("complete", TEXT, None)


@each(HARMLESS)
def test_what_is_odd_and_no_failure(api: Api, fault: dict[str, Any]) -> None:
    model = api.provider.one_of_its_own(text=TEXT, **fault)
    session = api.session(model)

    reply = api.say(session["id"], "Tell me a story.")["ai_message"]

    assert (reply["status"], reply["content"], reply["error"]) == ("complete", TEXT, None)


def test_an_end_without_a_reason_is_an_unknown_reason_not_a_stop(api: Api) -> None:
    model = api.provider.one_of_its_own(text=TEXT, finish=None)

    reply = api.say(api.session(model)["id"], "Tell me a story.")["ai_message"]

    assert (reply["status"], reply["content"]) == ("complete", TEXT)
    assert reply["finish_reason"] != "stop"


def test_a_reply_cut_by_its_length_says_so(api: Api) -> None:
    model = api.provider.one_of_its_own(text=TEXT, finish="length")

    reply = api.say(api.session(model)["id"], "Tell me a story.")["ai_message"]

    assert (reply["status"], reply["finish_reason"]) == ("complete", "length")


@pytest.mark.parametrize(("fault", "after"), [("blocked_prompt", 0), ("blocked_output", PARTIAL)])
def test_what_a_provider_blocks_is_told(api: Api, fault: str, after: int) -> None:
    model = api.provider.one_of_its_own(text=TEXT, fault=fault, after=after)
    gemini = {"provider": "gemini", "base_url": f"{api.provider.origin}/v1beta", "api_key": "anything"}
    session = api.session(ai_model_id=api.model(model, **gemini))

    answer = api.say(session["id"], "Tell me a story.")

    reply = answer["ai_message"]
    assert (reply["status"], reply["content"]) == ("failed", TEXT[:after])
    a_person_understands(reply["error"])
    assert "block" in reply["error"]["title"].lower()
    assert api.message(answer["user_message"]["id"])["content"] == "Tell me a story."


def test_what_a_provider_says_of_itself_is_not_repeated(api: Api) -> None:
    for fault in ("refuse", "html", "error"):
        _, reply = failed_reply(api, {"fault": fault})
        assert CANARY not in str(reply)


def test_nobody_at_the_providers_address(api: Api) -> None:
    model_id = api.model("anything", base_url="http://127.0.0.1:9/v1")

    reply = api.say(api.session(ai_model_id=model_id)["id"], "Tell me a story.")["ai_message"]

    assert reply["status"] == "failed"
    a_person_understands(reply["error"])


@pytest.mark.parametrize(("fault", "after"), [("silent", 0), ("hang", PARTIAL)], ids=["at once", "after some text"])
def test_a_silent_provider_can_be_stopped(api: Api, socket: Socket, fault: str, after: int) -> None:
    model = api.provider.one_of_its_own(text=TEXT, fault=fault, after=after)
    session = api.session(model)
    partial = TEXT[:after]
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
    socket.expect("chat:stream:start", message_id=reply_id)
    if partial:
        socket.text_reaches(PARTIAL)

    socket.answer("chat:stop", ref="stop", message_id=reply_id)
    end = socket.expect("chat:stream:end", message_id=reply_id, within=6)

    assert (end["status"], end["content"]) == ("stopped", partial)
    api.provider.play(model, text=TEXT)
    assert api.act(reply_id, "retry").status_code == 200
    assert api.message(reply_id)["content"] == TEXT


def test_a_stop_closes_the_providers_stream(api: Api, socket: Socket) -> None:
    model = api.provider.one_of_its_own(text=behaviours.SLOW_TEXT, pace=50)
    session = api.session(model)
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
    socket.expect("chat:stream:token", message_id=reply_id)

    socket.answer("chat:stop", ref="stop", message_id=reply_id)
    socket.expect("chat:stream:end", message_id=reply_id)

    (asked,) = api.provider.asked(model)
    assert len(asked["sent"]) < len(behaviours.SLOW_TEXT)


def test_a_failure_is_told_to_every_joined_connection(api: Api, socket: Socket) -> None:
    model = api.provider.one_of_its_own(text=TEXT, fault="cut", after=PARTIAL)
    session = api.session(ai_model_id=api.model(model, paid=True))
    socket.join(session["id"])

    reply = api.say(session["id"], "Tell me a story.")["ai_message"]
    end = socket.expect("chat:stream:end", message_id=reply["id"])

    assert (end["status"], end["content"], end["length"]) == ("failed", TEXT[:PARTIAL], PARTIAL)
    a_person_understands(end["error"])


def test_a_model_that_continues_a_text_goes_on_exactly_where_it_was_cut(api: Api) -> None:
    model = api.provider.one_of_its_own(text=TEXT, fault="cut", after=PARTIAL)
    session = api.session(ai_model_id=api.model(model, paid=True, continue_prefix=True))
    reply = api.say(session["id"], "Tell me a story.")["ai_message"]
    assert (reply["status"], reply["content"]) == ("failed", TEXT[:PARTIAL])
    api.provider.play(model, text=TEXT)

    assert api.act(reply["id"], "continue", attempt=reply["attempt"]).status_code == 200

    again = api.message(reply["id"])
    assert (again["status"], again["content"], again["error"]) == ("complete", TEXT, None)
    asked = api.provider.asked(model)[-1]
    assert asked["prefix"]
    assert TEXT[:PARTIAL].startswith(asked["prefix"])


def test_another_model_goes_on_too_and_keeps_what_was_there(api: Api) -> None:
    model = api.provider.one_of_its_own(text=TEXT, fault="cut", after=PARTIAL)
    session = api.session(ai_model_id=api.model(model, paid=True, continue_prefix=False))
    reply = api.say(session["id"], "Tell me a story.")["ai_message"]
    assert (reply["status"], reply["content"]) == ("failed", TEXT[:PARTIAL])
    api.provider.play(model, text="And so it ended.")

    assert api.act(reply["id"], "continue", attempt=reply["attempt"]).status_code == 200

    again = api.message(reply["id"])
    assert (again["status"], again["error"]) == ("complete", None)
    assert again["content"].startswith(TEXT[:PARTIAL])
    assert again["content"].endswith("And so it ended.")


def test_a_swipe_after_a_failure_works(api: Api) -> None:
    model = api.provider.one_of_its_own(text=TEXT, fault="refuse", status=401)
    session = api.session(model)
    reply = api.say(session["id"], "Tell me a story.")["ai_message"]
    api.provider.play(model, text=TEXT)

    assert api.act(reply["id"], "swipe").status_code == 200

    assert api.leaf(session["id"])["content"] == TEXT
    assert api.message(reply["id"])["status"] == "failed"


def test_the_next_message_is_answered_after_a_failed_reply(api: Api) -> None:
    model = api.provider.one_of_its_own(text=TEXT, fault="refuse", status=401)
    session = api.session(model)
    api.say(session["id"], "Tell me a story.")
    api.provider.play(model, text=TEXT)

    reply = api.say(session["id"], "Please?")["ai_message"]

    assert (reply["status"], reply["content"]) == ("complete", TEXT)
