"""Characters: labels, revisions, the archive, and why one with chats cannot be deleted."""

import re

import pytest

from tests.contract import behaviours
from tests.contract.making import Api, ids, mint
from tests.contract.problems import pointers, refusal

FIELDS = frozenset(
    """
    id label name avatar_image description personality scenario first_mes mes_example creator_notes system_prompt
    post_history_instructions alternate_greetings tags ai_model_id archived version created_at updated_at
    """.split()  # noqa: SIM905 - a list of 20 quoted words would fill the screen
)
TEXTS = (
    "description",
    "personality",
    "scenario",
    "first_mes",
    "mes_example",
    "creator_notes",
    "system_prompt",
    "post_history_instructions",
)
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def test_a_name_is_enough(api: Api) -> None:
    character = api.create("/characters", name="Captain Marrow")

    assert character.keys() >= FIELDS
    assert {character[name] for name in TEXTS} == {""}
    assert (character["alternate_greetings"], character["tags"]) == ([], [])
    assert character["archived"] is False
    assert character["ai_model_id"] is None
    assert api.get(f"/characters/{character['id']}") == character


def test_every_field_is_kept(api: Api) -> None:
    fields = {name: f"The {name}.\n  {{{{char}}}} and {{{{user}}}} 🐈" for name in TEXTS}
    lists = {"alternate_greetings": ["Ahoy!", "Who is there?"], "tags": ["sea", "kind"]}

    character = api.character(**fields, **lists)

    assert character.items() >= (fields).items()
    assert (character["alternate_greetings"], character["tags"]) == (lists["alternate_greetings"], lists["tags"])


@pytest.mark.parametrize("name", ["Wren O'Hara", "  Pip  the  Robot ", "小明", "Zoë", "!!!", "x" * 90])
def test_the_label_is_a_slug_made_from_the_name(api: Api, name: str) -> None:
    assert SLUG.fullmatch(api.create("/characters", name=name)["label"])


def test_labels_made_from_one_name_differ(api: Api) -> None:
    first, second = (api.create("/characters", name="Button the Cat") for _ in range(2))

    assert first["label"] != second["label"]
    assert first["label"].startswith("button-the-cat")


def test_a_label_may_be_chosen_once(api: Api) -> None:
    api.create("/characters", name="Turbo", label="turbo-the-snail")

    refusal(api.http.post("/characters", json={"name": "Turbo", "label": "turbo-the-snail"}), 409)


def test_a_label_may_not_be_taken_over(api: Api) -> None:
    api.create("/characters", name="Turbo", label="turbo-the-first")
    other = api.create("/characters", name="Turbo", label="turbo-the-second")

    refusal(api.http.patch(f"/characters/{other['id']}", json={"label": "turbo-the-first"}), 409)

    assert api.get(f"/characters/{other['id']}") == other


@pytest.mark.parametrize("label", ["", "Upper", "two words", "ü", "a/b", "-a", "x" * 5_000])
def test_a_label_that_is_no_slug_is_refused(api: Api, label: str) -> None:
    assert "/label" in pointers(refusal(api.http.post("/characters", json={"name": "T", "label": label}), 422))


@pytest.mark.parametrize("name", ["", "   "])
def test_a_name_is_no_blank(api: Api, name: str) -> None:
    assert "/name" in pointers(refusal(api.http.post("/characters", json={"name": name}), 422))


def test_renaming_keeps_the_label(api: Api) -> None:
    character = api.character()

    assert api.patch(f"/characters/{character['id']}", name="Somebody else")["label"] == character["label"]


def test_every_change_keeps_the_revision_before_it(api: Api) -> None:
    character = api.character(description="First.")
    api.patch(f"/characters/{character['id']}", description="Second.")
    api.patch(f"/characters/{character['id']}", description="Third.")

    response = api.http.get(f"/characters/{character['id']}/revisions")

    assert response.status_code == 200
    assert "items" in response.json()
    assert "First." in response.text
    assert "Second." in response.text
    assert len(response.json()["items"]) >= 2


def test_the_archive_keeps_a_character_and_its_chats(api: Api) -> None:
    character = api.character()
    session = api.session(behaviours.QUICK, character_id=character["id"])

    archived = api.http.post(f"/characters/{character['id']}/archive")
    reply = api.say(session["id"], "Are you there?")["ai_message"]
    back = api.http.post(f"/characters/{character['id']}/unarchive")

    assert (archived.status_code, archived.json()["archived"]) == (200, True)
    assert reply["status"] == "complete"
    assert (back.status_code, back.json()["archived"]) == (200, False)


@pytest.mark.parametrize("verb", ["archive", "unarchive"])
def test_archiving_twice_is_archiving_once(api: Api, verb: str) -> None:
    character = api.character()

    first, again = (api.http.post(f"/characters/{character['id']}/{verb}") for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["archived"] == again.json()["archived"]


def test_a_deleted_character_is_gone_until_it_is_restored(api: Api) -> None:
    character = api.character(description="A keeper.")
    api.delete(f"/characters/{character['id']}")

    refusal(api.http.get(f"/characters/{character['id']}"), 404, "not_found")
    refusal(api.http.patch(f"/characters/{character['id']}", json={"name": "B"}), 404, "not_found")
    refusal(api.http.post("/sessions", json={"character_id": character["id"]}), 404, "not_found")
    assert character["id"] not in ids(api.every("/characters", limit=200))

    restored = api.http.post(f"/characters/{character['id']}/restore")

    assert restored.status_code == 200
    assert api.get(f"/characters/{character['id']}")["description"] == "A keeper."
    assert character["id"] in ids(api.every("/characters", limit=200))


def test_a_character_with_chats_cannot_be_deleted(api: Api) -> None:
    character = api.character()
    sessions = [api.session(character_id=character["id"]) for _ in range(3)]

    problem = refusal(api.http.delete(f"/characters/{character['id']}"), 409, "character_in_use")

    assert "3" in problem["detail"]
    assert api.get(f"/characters/{character['id']}")["name"] == character["name"]
    assert {api.get(f"/sessions/{session['id']}")["character_id"] for session in sessions} == {character["id"]}


def test_chats_in_the_trash_count_too(api: Api) -> None:
    character = api.character()
    session = api.session(character_id=character["id"])
    api.delete(f"/sessions/{session['id']}")

    problem = refusal(api.http.delete(f"/characters/{character['id']}"), 409, "character_in_use")

    assert "1" in problem["detail"]


def test_a_character_whose_chats_are_gone_for_good_can_be_deleted(api: Api) -> None:
    character = api.character()
    session = api.session(character_id=character["id"])
    api.delete(f"/sessions/{session['id']}", permanent="true")

    api.delete(f"/characters/{character['id']}")


@pytest.mark.req("S23")
def test_a_character_speaks_only_through_a_model_that_is_there(api: Api) -> None:
    refusal(api.http.post("/characters", json={"name": "Wren", "ai_model_id": mint()}), 404, "not_found")


def test_greetings_that_change_later_leave_old_sessions_alone(api: Api) -> None:
    character = api.character(first_mes="Good evening.")
    session = api.session(character_id=character["id"])

    api.patch(f"/characters/{character['id']}", first_mes="Good morning.")

    assert api.branch(session["id"])[0]["content"] == "Good evening."
    new = api.session(character_id=character["id"])
    assert api.branch(new["id"])[0]["content"] == "Good morning."
