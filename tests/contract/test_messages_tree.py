"""Messages: a tree of rows, read by branch, edited with revisions, deleted with undo."""

from itertools import pairwise

import pytest

from tests.contract import behaviours
from tests.contract.making import NOBODY, Api, Row, ids, is_uuid
from tests.contract.problems import refusal

FIELDS = frozenset(
    """
    id message_id session_id user_id parent_id role character_id content status attempt intent finish_reason
    provider model usage error depth hidden pinned timestamp version
    """.split()  # noqa: SIM905 - a list of 25 quoted words would fill the screen
)


def chain(api: Api, length: int) -> tuple[str, list[Row]]:
    """Return a session with one branch of that many stored messages, and these, oldest first."""
    session_id = api.session()["id"]
    roles = ("user", "assistant")
    return session_id, [api.store(session_id, f"Message {n}.", role=roles[n % 2]) for n in range(length)]


def test_a_message_has_every_promised_field(api: Api) -> None:
    session = api.session()
    message = api.store(session["id"], "Hello.")

    assert message.keys() >= FIELDS
    assert message["id"] == message["message_id"]
    assert is_uuid(message["id"])
    assert message["session_id"] == session["id"]
    assert message["user_id"] == session["user_id"]
    assert (message["hidden"], message["pinned"], message["error"]) == (False, False, None)
    assert api.message(message["id"]).items() >= message.items()


def test_without_a_parent_the_active_leaf_is_the_parent(api: Api) -> None:
    _, messages = chain(api, 3)

    assert messages[0]["parent_id"] is None
    for parent, child in pairwise(messages):
        assert child["parent_id"] == parent["id"]
        assert child["depth"] == parent["depth"] + 1


def test_null_as_the_parent_is_a_new_root(api: Api) -> None:
    session_id, messages = chain(api, 2)

    root = api.store(session_id, "Once more.", parent_id=None)

    assert root["parent_id"] is None
    assert root["depth"] == messages[0]["depth"]
    assert set(ids(api.get(f"/messages/{root['id']}/siblings")["items"])) == {messages[0]["id"], root["id"]}


@pytest.mark.req("S23")
def test_a_parent_of_another_session_is_refused(api: Api) -> None:
    session_id = api.session()["id"]
    foreign = api.store(api.session()["id"], "Elsewhere.")
    body = {"role": "user", "content": "Hello.", "parent_id": foreign["id"]}

    refusal(api.http.post(f"/sessions/{session_id}/messages", json=body), 404, "not_found")

    assert api.branch(session_id) == []


@pytest.mark.parametrize(
    "text",
    [
        "  two spaces, then a line\n\n",
        "e\u0301 and \u00e9",
        "👩\u200d👩\u200d👧 🇫🇷",
        "a\tb\r\nc",
        "<|im_start|>system",
    ],
)
def test_content_is_stored_as_it_came(api: Api, text: str) -> None:
    session_id = api.session()["id"]

    message = api.store(session_id, text)

    assert api.message(message["id"])["content"] == text


@pytest.mark.parametrize("character", ["a", "é", "🐈"])
def test_a_message_may_have_32768_code_points_and_not_one_more(api: Api, character: str) -> None:
    session_id = api.session()["id"]

    assert len(api.store(session_id, character * 32_768)["content"]) == 32_768

    too_long = {"role": "user", "content": character * 32_769}
    problem = refusal(api.http.post(f"/sessions/{session_id}/messages", json=too_long), 422)
    assert ("/content", "too_long") in {(error["pointer"], error["code"]) for error in problem["errors"]}


def test_the_newest_page_of_the_branch_comes_oldest_first(api: Api) -> None:
    session_id, messages = chain(api, 7)

    page = api.get("/messages", chat_session_id=session_id, limit=3)

    assert ids(page["items"]) == ids(messages[4:])
    assert page["total"] == 7
    positions = [item["position"] for item in page["items"]]
    assert positions == list(range(positions[0], positions[0] + 3))
    assert page["next_cursor"] is not None


def test_the_cursor_leads_to_older_messages_and_ends(api: Api) -> None:
    session_id, messages = chain(api, 7)
    pages: list[list[Row]] = []
    query = {"chat_session_id": session_id, "limit": "3"}
    cursor: str | None = None
    while True:
        page = api.get("/messages", **query, **({"cursor": cursor} if cursor else {}))
        pages.insert(0, page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert [len(page) for page in pages] == [1, 3, 3]
    whole = [item for page in pages for item in page]
    assert ids(whole) == ids(messages)
    assert [later["position"] - earlier["position"] for earlier, later in pairwise(whole)] == [1] * 6


def test_a_page_before_after_and_around_a_message(api: Api) -> None:
    session_id, messages = chain(api, 9)
    middle = messages[4]["id"]

    before = api.get("/messages", chat_session_id=session_id, before=middle, limit=2)["items"]
    after = api.get("/messages", chat_session_id=session_id, after=middle, limit=2)["items"]
    around = api.get("/messages", chat_session_id=session_id, around=middle, limit=3)["items"]

    assert ids(before) == ids(messages[2:4])
    assert ids(after) == ids(messages[5:7])
    assert ids(around) == ids(messages[3:6])


def test_a_leaf_names_the_branch_to_read(api: Api) -> None:
    session_id, messages = chain(api, 3)
    other = api.store(session_id, "Another way.", role="assistant", parent_id=messages[0]["id"])

    assert ids(api.branch(session_id, leaf=other["id"])) == [messages[0]["id"], other["id"]]
    assert ids(api.branch(session_id, leaf=messages[2]["id"])) == ids(messages)


@pytest.mark.req("S23")
@pytest.mark.parametrize("name", ["leaf", "before", "after", "around"])
def test_the_page_of_a_foreign_message_is_not_there(api: Api, name: str) -> None:
    session_id, _ = chain(api, 1)
    _, (foreign,) = chain(api, 1)

    refusal(api.http.get("/messages", params={"chat_session_id": session_id, name: foreign["id"]}), 404, "not_found")


def test_messages_need_a_session(api: Api) -> None:
    problem = refusal(api.http.get("/messages"), 422)

    assert "?chat_session_id" in {error["pointer"] for error in problem["errors"]}


def test_an_edit_keeps_the_old_revision(api: Api) -> None:
    session_id, (message,) = chain(api, 1)

    edited = api.patch(f"/messages/{message['id']}", content="Better.")

    assert edited["content"] == "Better."
    assert edited["version"] == message["version"] + 1
    revisions = api.get(f"/messages/{message['id']}/revisions")["items"]
    assert message["content"] in [revision["content"] for revision in revisions]
    assert api.branch(session_id)[0]["content"] == "Better."


def test_an_edit_reaches_the_prompts_built_after_it(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    first = api.say(session["id"], "My cat is called Button.")["user_message"]
    api.patch(f"/messages/{first['id']}", content="My cat is called Zipper.")

    reply = api.say(session["id"], "What is my cat called?")["ai_message"]
    prompt = api.http.get(f"/messages/{reply['id']}/prompt")

    assert prompt.status_code == 200
    assert "Zipper" in prompt.text
    assert "Button" not in prompt.text


def test_a_message_is_hidden_and_pinned(api: Api) -> None:
    _, (message,) = chain(api, 1)

    changed = api.patch(f"/messages/{message['id']}", hidden=True, pinned=True)

    assert (changed["hidden"], changed["pinned"]) == (True, True)
    assert changed["content"] == message["content"]


def test_what_is_hidden_is_left_out_of_prompts_until_it_is_shown_again(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    session_id = api.session(behaviour)["id"]
    secret = api.store(session_id, "The key is under the mat.")
    api.store(session_id, "I shall remember.", role="assistant")
    api.patch(f"/messages/{secret['id']}", hidden=True)

    api.say(session_id, "Where is the key?")
    api.patch(f"/messages/{secret['id']}", hidden=False)
    api.say(session_id, "Where is it?")

    without, with_it = (str(asked["body"]["messages"]) for asked in api.provider.asked(behaviour))
    assert "under the mat" not in without
    assert "I shall remember." in without
    assert "under the mat" in with_it


@pytest.mark.req("S32")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", NOBODY),
        ("user_id", NOBODY),
        ("session_id", NOBODY),
        ("role", "assistant"),
        ("status", "failed"),
        ("attempt", 7),
        ("seq", 7),
        ("usage", {"prompt_tokens": 0, "completion_tokens": 0}),
        ("timestamp", "2001-01-01T00:00:00Z"),
        ("version", 99),
    ],
)
def test_what_the_server_decides_cannot_be_set(api: Api, name: str, value: object) -> None:
    _, (message,) = chain(api, 1)

    problem = refusal(api.http.patch(f"/messages/{message['id']}", json={name: value}), 422)

    assert f"/{name}" in {error["pointer"] for error in problem["errors"]}
    assert api.message(message["id"])["version"] == message["version"]


def test_deleting_takes_one_message_out_and_keeps_what_follows(api: Api) -> None:
    session_id, messages = chain(api, 4)

    api.delete(f"/messages/{messages[1]['id']}")

    assert ids(api.branch(session_id)) == ids([messages[0], messages[2], messages[3]])
    assert api.get(f"/sessions/{session_id}")["total_messages"] == 3
    refusal(api.http.get(f"/messages/{messages[1]['id']}"), 404, "not_found")


def test_deleting_the_first_message_keeps_the_rest(api: Api) -> None:
    session_id, messages = chain(api, 3)

    api.delete(f"/messages/{messages[0]['id']}")

    assert ids(api.branch(session_id)) == ids(messages[1:])


def test_deleting_the_last_message_moves_the_leaf_up(api: Api) -> None:
    session_id, messages = chain(api, 3)

    api.delete(f"/messages/{messages[2]['id']}")

    assert ids(api.branch(session_id)) == ids(messages[:2])
    assert api.store(session_id, "Next.")["depth"] == messages[2]["depth"]


def test_deleting_a_subtree_takes_all_below(api: Api) -> None:
    session_id, messages = chain(api, 4)

    api.delete(f"/messages/{messages[1]['id']}", subtree="true")

    assert ids(api.branch(session_id)) == [messages[0]["id"]]
    assert api.get(f"/sessions/{session_id}")["total_messages"] == 1


@pytest.mark.parametrize("subtree", ["false", "true"])
def test_restore_brings_back_what_one_delete_took(api: Api, subtree: str) -> None:
    session_id, messages = chain(api, 4)
    api.delete(f"/messages/{messages[1]['id']}", subtree=subtree)

    restored = api.act(messages[1]["id"], "restore")

    assert restored.status_code == 200, restored.text
    assert ids(api.branch(session_id, leaf=messages[3]["id"])) == ids(messages)
    assert api.get(f"/sessions/{session_id}")["total_messages"] == 4


def test_restore_leaves_what_another_delete_took(api: Api) -> None:
    session_id, messages = chain(api, 4)
    api.delete(f"/messages/{messages[3]['id']}")
    api.delete(f"/messages/{messages[1]['id']}", subtree="true")

    api.act(messages[1]["id"], "restore")

    assert ids(api.branch(session_id, leaf=messages[2]["id"])) == ids(messages[:3])
    refusal(api.http.get(f"/messages/{messages[3]['id']}"), 404, "not_found")


def test_a_running_reply_is_stopped_before_it_is_deleted(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    reply = api.start_reply(session["id"], "Tell me a long story.")["ai_message"]

    api.delete(f"/messages/{reply['id']}")
    restored = api.act(reply["id"], "restore")

    assert restored.status_code == 200
    assert api.until_status(reply["id"], frozenset({"stopped"}), within=6)["status"] == "stopped"


def test_a_running_reply_cannot_be_edited(api: Api) -> None:
    session = api.session(behaviours.SLOW)
    reply = api.start_reply(session["id"], "Tell me a long story.")["ai_message"]

    refusal(api.http.patch(f"/messages/{reply['id']}", json={"content": "Mine."}), 409, "reply_running")

    assert api.act(reply["id"], "stop").status_code == 200


def test_siblings_are_listed_in_the_order_of_their_making(api: Api) -> None:
    session_id, (root,) = chain(api, 1)
    swipes = [api.store(session_id, text, role="assistant", parent_id=root["id"]) for text in ("A", "B", "C")]

    for swipe in swipes:
        assert ids(api.get(f"/messages/{swipe['id']}/siblings")["items"]) == ids(swipes)
