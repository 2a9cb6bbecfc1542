"""Lists: newest first, in pages that neither repeat nor leave out a row."""

from itertools import pairwise

import pytest

from tests.contract.making import Api, ids
from tests.contract.problems import pointers, refusal
from tests.contract.resources import Resource, each_resource


@each_resource
def test_a_list_has_its_items_newest_first(api: Api, resource: Resource) -> None:
    made = [resource.make(api) for _ in range(3)]

    page = api.get(resource.path, limit=3)

    assert page.keys() >= {"items", "next_cursor"}
    assert ids(page["items"]) == ids(made)[::-1]


@each_resource
def test_a_change_moves_a_row_to_the_front(api: Api, resource: Resource) -> None:
    older, newer = resource.make(api), resource.make(api)

    api.patch(resource.one(older), **{resource.name: f"Changed {next(api.numbers)}"})

    assert ids(api.get(resource.path, limit=2)["items"]) == [older["id"], newer["id"]]


@each_resource
def test_the_pages_together_are_the_list(api: Api, resource: Resource) -> None:
    made = [resource.make(api) for _ in range(5)]

    whole = api.every(resource.path, limit=2)

    assert ids(whole)[:5] == ids(made)[::-1]
    assert len(set(ids(whole))) == len(whole)
    assert all(earlier["updated_at"] >= later["updated_at"] for earlier, later in pairwise(whole))


@each_resource
def test_a_row_that_comes_meanwhile_disturbs_no_page(api: Api, resource: Resource) -> None:
    made = [resource.make(api) for _ in range(4)]
    first = api.get(resource.path, limit=2)
    resource.make(api)

    second = api.get(resource.path, limit=2, cursor=first["next_cursor"])

    assert ids(first["items"] + second["items"]) == ids(made)[::-1]


def test_the_last_page_has_no_cursor(api: Api) -> None:
    character = api.character()
    made = [api.session(character_id=character["id"]) for _ in range(4)]
    path = f"/sessions/character/{character['id']}"

    first = api.get(path, limit=2)
    second = api.get(path, limit=2, cursor=first["next_cursor"])

    assert ids(first["items"] + second["items"]) == ids(made)[::-1]
    assert second["next_cursor"] is None


def test_fifty_rows_are_a_page_when_nobody_asks_for_less(api: Api) -> None:
    character = api.character()
    for _ in range(51):
        api.session(character_id=character["id"])
    path = f"/sessions/character/{character['id']}"

    assert len(api.get(path)["items"]) == 50
    assert len(api.get(path, limit=200)["items"]) == 51


@each_resource
@pytest.mark.parametrize("limit", ["0", "-1", "201", "many", "1.5", ""])
def test_a_limit_outside_1_to_200_is_refused(api: Api, resource: Resource, limit: str) -> None:
    problem = refusal(api.http.get(resource.path, params={"limit": limit}), 422)

    assert "?limit" in pointers(problem)


@each_resource
@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "e30", "0" * 4000])
def test_a_cursor_that_no_page_gave_is_refused(api: Api, resource: Resource, cursor: str) -> None:
    problem = refusal(api.http.get(resource.path, params={"cursor": cursor}), 422)

    assert "?cursor" in pointers(problem)


@each_resource
def test_a_trailing_slash_changes_nothing(api: Api, resource: Resource) -> None:
    row = resource.make(api)

    for path in (resource.path, resource.one(row)):
        plain, slashed = api.http.get(path), api.http.get(f"{path}/")

        assert slashed.status_code == 200
        assert slashed.json() == plain.json()
