"""Sessions: their fields, their life from creation to the trash and back, and which model they use."""

from datetime import datetime, timedelta

import pytest

from tests.contract import behaviours
from tests.contract.making import Api, ids, is_uuid, mint
from tests.contract.problems import refusal

FIELDS = frozenset(
    """
    id session_id chat_session_id user_id title category character_id user_profile_id ai_model_id
    system_prompt_id post_id user_persona world_time summary last_summary_at total_messages is_active
    active_leaf_id last_line answering unread last_read_seq pinned archived document_ids version created_at updated_at
    """.split()  # noqa: SIM905 - a list of 25 quoted words would fill the screen
)


def test_a_new_session_has_every_promised_field(api: Api) -> None:
    session = api.session(title="Tea")

    assert session.keys() >= FIELDS
    assert session["id"] == session["session_id"] == session["chat_session_id"]
    assert is_uuid(session["id"])
    assert session["title"] == "Tea"
    assert session["is_active"] is True
    assert session["total_messages"] == 0
    assert session["active_leaf_id"] is None
    assert session["post_id"] is None
    assert (session["pinned"], session["archived"]) == (False, False)
    assert isinstance(session["version"], int)


def test_what_was_created_is_what_is_read(api: Api) -> None:
    created = api.session(title="Tea", user_persona="A traveller", world_time="the third evening", category="play")

    assert api.get(f"/sessions/{created['id']}") == created
    assert created["user_persona"] == "A traveller"
    assert created["world_time"] == "the third evening"
    assert created["category"] == "play"


def test_a_reply_that_ended_is_unread_until_somebody_says_how_far_it_was_read(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    path = f"/sessions/{session['id']}"
    api.say(session["id"], "Hello?")
    answered = api.get(path)
    assert (answered["unread"], answered["answering"]) == (True, False)
    assert answered["last_line"] == behaviours.QUICK_TEXT[:120]
    assert session["id"] in ids(api.every("/sessions", state="unread"))

    read = api.patch(path, last_read_seq=1_000_000)

    assert (read["unread"], read["version"], read["updated_at"]) == (False, answered["version"], answered["updated_at"])
    assert session["id"] not in ids(api.every("/sessions", state="unread"))


def test_lists_are_filtered_and_sorted(api: Api) -> None:
    category = mint()
    made = [api.session(title=title, category=category) for title in ("Tea", "alms", "Bread")]
    api.patch(f"/sessions/{made[0]['id']}", archived=True)

    assert [row["title"] for row in api.every("/sessions", q=category, sort="title", limit=1)] == [
        "alms",
        "Bread",
        "Tea",
    ]
    assert ids(api.every("/sessions", q=f"bread {category}")) == [made[2]["id"]]
    assert ids(api.every("/sessions", q=category, archived="false", sort="created_at", order="asc")) == ids(made)[1:]
    refusal(api.http.get("/sessions", params={"sort": "colour"}), 422)


def test_times_are_rfc_3339_in_utc(api: Api) -> None:
    session = api.session()

    for name in ("created_at", "updated_at"):
        moment = datetime.fromisoformat(session[name])
        assert moment.utcoffset() == timedelta(0), session[name]


def test_the_session_belongs_to_the_caller(api: Api) -> None:
    assert api.session()["user_id"] == api.get("/auth/me")["id"]


def test_the_first_message_of_the_character_opens_the_session(api: Api) -> None:
    character = api.character(first_mes="Good evening.", alternate_greetings=["Ahoy!", "Who is there?"])
    session = api.session(character_id=character["id"])

    (greeting,) = api.branch(session["id"])
    siblings = api.get(f"/messages/{greeting['id']}/siblings")["items"]

    assert (greeting["role"], greeting["content"], greeting["status"]) == ("assistant", "Good evening.", "complete")
    assert greeting["character_id"] == character["id"]
    assert greeting["parent_id"] is None
    assert greeting["attempt"] == 0
    assert session["active_leaf_id"] == greeting["id"]
    assert [sibling["content"] for sibling in siblings] == ["Good evening.", "Ahoy!", "Who is there?"]
    assert session["total_messages"] == 3


def test_a_character_without_a_first_message_opens_with_silence(api: Api) -> None:
    session = api.session(character_id=api.character()["id"])

    assert api.branch(session["id"]) == []
    assert session["total_messages"] == 0


def test_sessions_are_found_by_their_character_and_profile(api: Api) -> None:
    character = api.character()
    profile = api.create("/profiles", name="Traveller")
    with_both = api.session(character_id=character["id"], user_profile_id=profile["id"])
    api.session()

    assert ids(api.every(f"/sessions/character/{character['id']}")) == [with_both["id"]]
    assert ids(api.every(f"/sessions/profile/{profile['id']}")) == [with_both["id"]]


def test_a_message_moves_its_session_to_the_top_of_the_list(api: Api) -> None:
    older, newer = api.session(), api.session()
    assert ids(api.get("/sessions", limit=2)["items"]) == [newer["id"], older["id"]]

    api.store(older["id"], "Still here.")

    assert ids(api.get("/sessions", limit=2)["items"]) == [older["id"], newer["id"]]


def test_the_title_is_the_first_words_at_once(api: Api) -> None:
    session = api.session(behaviours.QUICK)

    api.say(session["id"], "Who lives in the lighthouse?")

    assert api.get(f"/sessions/{session['id']}")["title"].startswith("Who lives in the")


def test_a_title_that_was_given_stays(api: Api) -> None:
    session = api.session(behaviours.QUICK, title="Tea")

    api.say(session["id"], "Who lives in the lighthouse?")

    assert api.get(f"/sessions/{session['id']}")["title"] == "Tea"


def test_patch_selects_another_branch(api: Api) -> None:
    session = api.session()
    root = api.store(session["id"], "Which way?")
    left = api.store(session["id"], "Left.", role="assistant", parent_id=root["id"])
    right = api.store(session["id"], "Right.", role="assistant", parent_id=root["id"])
    api.patch(f"/sessions/{session['id']}", active_leaf_id=left["id"])

    assert ids(api.branch(session["id"])) == [root["id"], left["id"]]

    api.patch(f"/sessions/{session['id']}", active_leaf_id=right["id"])

    assert ids(api.branch(session["id"])) == [root["id"], right["id"]]


def test_selecting_a_message_with_children_means_its_newest_leaf(api: Api) -> None:
    session = api.session()
    root = api.store(session["id"], "Which way?")
    older = api.store(session["id"], "Left.", role="assistant", parent_id=root["id"])
    newer = api.store(session["id"], "Right.", role="assistant", parent_id=root["id"])
    last = api.store(session["id"], "On we go.", parent_id=newer["id"])
    api.patch(f"/sessions/{session['id']}", active_leaf_id=older["id"])

    selected = api.patch(f"/sessions/{session['id']}", active_leaf_id=root["id"])

    assert selected["active_leaf_id"] == last["id"]


@pytest.mark.req("S23")
def test_a_message_of_another_session_cannot_be_selected(api: Api) -> None:
    mine, other = api.session(), api.session()
    foreign = api.store(other["id"], "Elsewhere.")

    refusal(api.http.patch(f"/sessions/{mine['id']}", json={"active_leaf_id": foreign["id"]}), 404, "not_found")

    assert api.get(f"/sessions/{mine['id']}") == mine


def test_a_deleted_session_is_gone_until_it_is_restored(api: Api) -> None:
    session = api.session(title="Tea")
    message = api.store(session["id"], "Hello.")
    api.delete(f"/sessions/{session['id']}")

    refusal(api.http.get(f"/sessions/{session['id']}"), 404, "not_found")
    refusal(api.http.get(f"/messages/{message['id']}"), 404, "not_found")
    refusal(api.http.get("/messages", params={"chat_session_id": session["id"]}), 404, "not_found")
    refusal(api.http.get(f"/sessions/{session['id']}/messages"), 404, "not_found")
    assert session["id"] not in ids(api.every("/sessions"))

    restored = api.http.post(f"/sessions/{session['id']}/restore")

    assert restored.status_code == 200
    assert restored.json()["is_active"] is True
    assert api.get(f"/sessions/{session['id']}")["title"] == "Tea"
    assert ids(api.branch(session["id"])) == [message["id"]]


def test_nothing_can_be_said_in_a_session_of_the_trash(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    api.delete(f"/sessions/{session['id']}")

    body = {"chat_session_id": session["id"], "message": "Anyone?"}

    refusal(api.http.post("/chat/send_message", json=body), 404, "not_found")


def test_a_permanently_deleted_session_cannot_be_restored(api: Api) -> None:
    session = api.session()
    message = api.store(session["id"], "Hello.")

    api.delete(f"/sessions/{session['id']}", permanent="true")

    refusal(api.http.post(f"/sessions/{session['id']}/restore"), 404, "not_found")
    refusal(api.http.get(f"/messages/{message['id']}"), 404, "not_found")


def test_storing_starts_no_reply(api: Api) -> None:
    session = api.session(behaviours.QUICK)

    question = api.store(session["id"], "Anyone?")
    answer = api.store(session["id"], "Me.", role="assistant")

    assert (question["role"], question["status"]) == ("user", "complete")
    assert (answer["role"], answer["status"], answer["parent_id"]) == ("assistant", "complete", question["id"])
    assert ids(api.branch(session["id"])) == [question["id"], answer["id"]]
    assert api.get(f"/sessions/{session['id']}")["total_messages"] == 2


def test_only_user_and_assistant_may_be_stored(api: Api) -> None:
    session = api.session()

    response = api.http.post(f"/sessions/{session['id']}/messages", json={"role": "system", "content": "Obey."})

    refusal(response, 422)
    assert api.branch(session["id"]) == []


def test_the_messages_of_a_session_are_listed_and_cleared(api: Api) -> None:
    session = api.session()
    stored = [api.store(session["id"], text) for text in ("One.", "Two.")]
    assert ids(api.get(f"/sessions/{session['id']}/messages")["items"]) == ids(stored)

    api.delete(f"/sessions/{session['id']}/messages")

    assert api.get(f"/sessions/{session['id']}/messages")["items"] == []
    assert api.get(f"/sessions/{session['id']}")["total_messages"] == 0


def test_generate_answers_what_was_stored(api: Api) -> None:
    session = api.session(behaviours.QUICK)
    question = api.store(session["id"], "Anyone?")

    response = api.http.post(f"/sessions/{session['id']}/generate", json={})

    assert response.status_code == 200, response.text
    reply = api.leaf(session["id"])
    assert (reply["role"], reply["status"], reply["parent_id"]) == ("assistant", "complete", question["id"])
    assert reply["content"] == behaviours.QUICK_TEXT


def test_generate_refuses_when_there_is_nothing_to_answer(api: Api) -> None:
    empty = api.session(behaviours.QUICK)
    answered = api.session(behaviours.QUICK)
    api.store(answered["id"], "Anyone?")
    api.store(answered["id"], "Me.", role="assistant")

    for session in (empty, answered):
        refusal(api.http.post(f"/sessions/{session['id']}/generate", json={}), 409, "nothing_to_answer")


def test_a_fork_copies_the_path_to_the_active_leaf(api: Api) -> None:
    session = api.session(title="Tea", world_time="dusk")
    first = api.store(session["id"], "One.")
    api.store(session["id"], "Aside.", parent_id=first["id"])
    last = api.store(session["id"], "Two.", parent_id=first["id"])
    assert api.get(f"/sessions/{session['id']}")["active_leaf_id"] == last["id"]

    response = api.http.post(f"/sessions/{session['id']}/fork", json={})
    copy = response.json()

    assert response.status_code == 201
    assert copy["id"] != session["id"]
    assert copy["world_time"] == "dusk"
    copied = api.branch(copy["id"])
    assert [message["content"] for message in copied] == ["One.", "Two."]
    assert not set(ids(copied)) & {first["id"], last["id"]}
    assert copy["total_messages"] == 2
    assert api.get(f"/sessions/{session['id']}")["total_messages"] == 3


def test_a_fork_may_end_at_an_earlier_message(api: Api) -> None:
    session = api.session()
    first = api.store(session["id"], "One.")
    api.store(session["id"], "Two.")

    copy = api.create(f"/sessions/{session['id']}/fork", message_id=first["id"])

    assert [message["content"] for message in api.branch(copy["id"])] == ["One."]


@pytest.mark.req("S23")
def test_a_fork_at_a_message_of_another_session_is_refused(api: Api) -> None:
    session, other = api.session(), api.session()
    foreign = api.store(other["id"], "Elsewhere.")

    refusal(api.http.post(f"/sessions/{session['id']}/fork", json={"message_id": foreign["id"]}), 404, "not_found")


def test_the_sessions_model_beats_the_characters(api: Api) -> None:
    character = api.character(ai_model_id=api.model(behaviours.FAILING))
    session = api.session(behaviours.QUICK, character_id=character["id"])

    assert api.say(session["id"], "Anyone?")["ai_message"]["content"] == behaviours.QUICK_TEXT


def test_the_characters_model_is_used_without_one_of_the_session(api: Api) -> None:
    character = api.character(ai_model_id=api.model(behaviours.QUICK))
    session = api.session(character_id=character["id"])

    assert api.say(session["id"], "Anyone?")["ai_message"]["content"] == behaviours.QUICK_TEXT


def test_the_default_model_is_used_without_any_other(api: Api) -> None:
    before = api.get("/settings")["default_ai_model_id"]
    api.patch("/settings", default_ai_model_id=api.model(behaviours.QUICK))
    try:
        reply = api.say(api.session()["id"], "Anyone?")["ai_message"]
    finally:
        api.patch("/settings", default_ai_model_id=before)

    assert reply["content"] == behaviours.QUICK_TEXT


def test_without_any_model_the_reply_fails_with_no_model(api: Api) -> None:
    before = api.get("/settings")["default_ai_model_id"]
    api.patch("/settings", default_ai_model_id=None)
    try:
        answer = api.say(api.session()["id"], "Anyone?")
    finally:
        api.patch("/settings", default_ai_model_id=before)

    assert answer["user_message"]["content"] == "Anyone?"
    assert answer["ai_message"]["status"] == "failed"
    assert answer["ai_message"]["error"]["code"] == "no_model"
    assert answer["ai_message"]["error"]["title"]


@pytest.mark.req("S23")
@pytest.mark.parametrize("name", ["character_id", "user_profile_id", "ai_model_id", "system_prompt_id"])
def test_a_session_refers_only_to_what_is_there(api: Api, name: str) -> None:
    session = api.session()

    refusal(api.http.post("/sessions", json={name: mint()}), 404, "not_found")
    refusal(api.http.patch(f"/sessions/{session['id']}", json={name: mint()}), 404, "not_found")

    assert api.get(f"/sessions/{session['id']}") == session


def test_creating_and_listing_under_the_paths_of_seed_001(api: Api) -> None:
    me = api.get("/auth/me")["id"]
    created = api.http.post("/chat-sessions/create", json={"title": "Tea", "category": "play"})
    session = created.json()

    assert created.status_code == 201
    assert (session["title"], session["category"]) == ("Tea", "play")
    assert api.get(f"/chat-sessions/{session['id']}") == api.get(f"/sessions/{session['id']}") == session
    assert session in api.every(f"/chat-sessions/user/{me}")


def test_put_under_the_paths_of_seed_001_merges(api: Api) -> None:
    session = api.create("/chat-sessions/create", title="Tea", category="play")

    changed = api.http.put(f"/chat-sessions/{session['id']}", json={"title": "Coffee"})

    assert changed.status_code == 200
    assert (changed.json()["title"], changed.json()["category"]) == ("Coffee", "play")


def test_messages_under_the_paths_of_seed_001(api: Api) -> None:
    session = api.create("/chat-sessions/create", title="Tea")
    path = f"/chat-sessions/{session['id']}/messages"

    stored = api.create(path, role="user", content="Hello.")

    assert stored["message_id"] == stored["id"]
    assert ids(api.get(path)["items"]) == [stored["id"]]
    assert api.message(stored["id"])["content"] == "Hello."
    api.delete(path)
    assert api.get(path)["items"] == []


def test_deleting_under_the_paths_of_seed_001_moves_to_the_trash(api: Api) -> None:
    session = api.create("/chat-sessions/create", title="Tea")

    api.delete(f"/chat-sessions/{session['id']}")

    refusal(api.http.get(f"/chat-sessions/{session['id']}"), 404, "not_found")
    assert api.http.post(f"/sessions/{session['id']}/restore").status_code == 200


@pytest.mark.req("S23")
def test_the_sessions_of_another_user_are_not_there(api: Api) -> None:
    refusal(api.http.get(f"/chat-sessions/user/{mint()}"), 404, "not_found")
