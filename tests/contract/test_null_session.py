"""The first message of all: `POST /api/chat/send_message` without a session."""

from tests.contract import behaviours
from tests.contract.making import Api, ids


def test_it_makes_the_session_and_answers_both_messages(api: Api) -> None:
    answer = api.say(None, "Who lives in the lighthouse?", ai_model_id=api.model(behaviours.QUICK))

    session = api.get(f"/sessions/{answer['chat_session_id']}")
    assert session["title"].startswith("Who lives in the")
    assert session["total_messages"] == 2
    assert answer["user_message"]["session_id"] == session["id"]
    assert answer["ai_message"]["content"] == behaviours.QUICK_TEXT
    assert ids(api.get("/sessions", limit=1)["items"]) == [session["id"]]


def test_what_the_message_brought_belongs_to_the_session(api: Api) -> None:
    character = api.character(first_mes="Good evening.", ai_model_id=api.model(behaviours.QUICK))
    profile = api.create("/profiles", name="Ilse")

    answer = api.say(
        None,
        "Who are you?",
        character_id=character["id"],
        user_profile_id=profile["id"],
        user_persona="A sailor",
        world_time="dusk",
    )

    session = api.get(f"/sessions/{answer['chat_session_id']}")
    assert session["character_id"] == character["id"]
    assert session["user_profile_id"] == profile["id"]
    assert (session["user_persona"], session["world_time"]) == ("A sailor", "dusk")
    assert [message["content"] for message in api.branch(session["id"])] == [
        "Good evening.",
        "Who are you?",
        behaviours.QUICK_TEXT,
    ]
    assert answer["ai_message"]["character_id"] == character["id"]


def test_the_message_is_kept_when_the_provider_fails(api: Api) -> None:
    answer = api.say(None, "Who are you?", ai_model_id=api.model(behaviours.FAILING))

    assert api.message(answer["user_message"]["id"])["content"] == "Who are you?"
    assert answer["ai_message"]["status"] == "failed"
    assert answer["ai_message"]["error"]["detail"]
    assert len(api.branch(answer["chat_session_id"])) == 2


def test_the_message_is_stored_before_the_model_is_called(api: Api) -> None:
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT, fault="hold", after=0)

    answer = api.start_reply(None, "Who are you?", ai_model_id=api.model(model))

    assert answer["ai_message"]["status"] in {"queued", "streaming"}
    assert api.message(answer["user_message"]["id"])["status"] == "complete"
    assert ids(api.branch(answer["chat_session_id"]))[0] == answer["user_message"]["id"]
    api.provider.release(model)
    assert api.until_status(answer["ai_message"]["id"], frozenset({"complete"}))["content"] == behaviours.QUICK_TEXT
