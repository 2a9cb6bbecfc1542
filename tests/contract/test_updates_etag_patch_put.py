"""Updates: PATCH merges, PUT replaces, and nobody overwrites what they have not seen."""

from typing import Any

import pytest

from tests.contract.making import NOBODY, Api, Row
from tests.contract.problems import pointers, refusal
from tests.contract.resources import CHARACTERS, PROFILES, PROMPTS, Resource, each_resource, each_singleton

DECIDED_BY_THE_SERVER: dict[str, Any] = {
    "id": NOBODY,
    "user_id": NOBODY,
    "version": 99,
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
}


def etag(row: Row) -> str:
    return f'"{row["version"]}"'


@each_resource
def test_the_version_is_the_strong_etag(api: Api, resource: Resource) -> None:
    row = resource.make(api)

    response = api.http.get(resource.one(row))

    assert response.headers["etag"] == etag(row)


@each_resource
def test_patch_merges_and_raises_the_version(api: Api, resource: Resource) -> None:
    row = resource.make(api)

    response = api.http.patch(resource.one(row), json={resource.name: "Changed"})
    changed = response.json()

    assert response.status_code == 200
    assert response.headers["etag"] == etag(changed)
    assert changed["version"] == row["version"] + 1
    assert changed["updated_at"] > row["updated_at"]
    counted = {resource.name, "version", "updated_at"}
    assert {name: value for name, value in changed.items() if name not in counted} == {
        name: value for name, value in row.items() if name not in counted
    }
    assert api.get(resource.one(row)) == changed


@each_resource
def test_an_empty_patch_changes_nothing(api: Api, resource: Resource) -> None:
    row = resource.make(api)

    response = api.http.patch(resource.one(row), json={})

    assert response.status_code == 200
    assert response.json()[resource.name] == row[resource.name]


@each_resource
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_stale_if_match_is_refused(api: Api, resource: Resource, method: str) -> None:
    row = resource.make(api)
    seen = etag(row)
    api.patch(resource.one(row), **{resource.name: "Mine"})

    body = {resource.name: "Yours"} if method == "PATCH" else resource.least(api) | {resource.name: "Yours"}
    refusal(api.http.request(method, resource.one(row), json=body, headers={"If-Match": seen}), 412)

    assert api.get(resource.one(row))[resource.name] == "Mine"


@each_resource
def test_a_stale_if_match_keeps_a_row_from_being_deleted(api: Api, resource: Resource) -> None:
    row = resource.make(api)
    api.patch(resource.one(row), **{resource.name: "Mine"})

    refusal(api.http.delete(resource.one(row), headers={"If-Match": etag(row)}), 412)

    assert api.get(resource.one(row))[resource.name] == "Mine"


@each_resource
def test_the_current_if_match_is_accepted(api: Api, resource: Resource) -> None:
    row = resource.make(api)

    response = api.http.patch(resource.one(row), json={resource.name: "Mine"}, headers={"If-Match": etag(row)})

    assert response.status_code == 200


@each_resource
def test_one_of_several_tags_is_enough(api: Api, resource: Resource) -> None:
    row = resource.make(api)

    for tags in (f'"987", {etag(row)}', "*"):
        assert api.http.patch(resource.one(row), json={}, headers={"If-Match": tags}).status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_message_has_its_tag_too(api: Api, method: str) -> None:
    message = api.store(api.session()["id"], "Hello.")
    path = f"/messages/{message['id']}"
    assert api.http.get(path).headers["etag"] == etag(message)
    body = {"content": "Mine."} if method == "PATCH" else None
    api.patch(path, content="Theirs.")

    refusal(api.http.request(method, path, headers={"If-Match": etag(message)}, json=body), 412)

    assert api.message(message["id"])["content"] == "Theirs."


@each_resource
def test_a_weak_tag_matches_nothing(api: Api, resource: Resource) -> None:
    row = resource.make(api)

    refusal(
        api.http.patch(resource.one(row), json={resource.name: "Mine"}, headers={"If-Match": f"W/{etag(row)}"}), 412
    )


@each_resource
def test_put_returns_what_is_left_out_to_its_default(api: Api, resource: Resource) -> None:
    ((name, value),) = resource.optional.items()
    default = resource.make(api)[name]
    row = resource.make(api, **resource.optional)
    assert (row[name], row[name] != default) == (value, True)

    response = api.http.put(resource.one(row), json=resource.least(api) | {resource.name: "Replaced"})

    assert response.status_code == 200, response.text
    assert (response.json()[resource.name], response.json()[name]) == ("Replaced", default)


@each_resource
def test_what_was_read_may_be_put_back(api: Api, resource: Resource) -> None:
    row = api.get(resource.one(resource.make(api)))

    response = api.http.put(resource.one(row), json=row)

    assert response.status_code == 200, response.text
    same = {name: value for name, value in response.json().items() if name not in {"version", "updated_at"}}
    assert same == {name: value for name, value in row.items() if name not in {"version", "updated_at"}}


@pytest.mark.req("S32")
@each_resource
@pytest.mark.parametrize("name", DECIDED_BY_THE_SERVER)
def test_what_the_server_decides_cannot_be_set(api: Api, resource: Resource, name: str) -> None:
    row = resource.make(api)
    foreign = {name: DECIDED_BY_THE_SERVER[name]}
    refusals = [
        api.http.post(resource.path, json=resource.least(api) | foreign),
        api.http.patch(resource.one(row), json=foreign),
        api.http.put(resource.one(row), json=row | foreign),
    ]

    for response in refusals:
        assert f"/{name}" in pointers(refusal(response, 422))
    assert api.get(resource.one(row)) == row


@pytest.mark.parametrize("resource", [CHARACTERS, PROFILES, PROMPTS], ids=lambda resource: resource.path[1:])
def test_a_name_is_needed(api: Api, resource: Resource) -> None:
    row = resource.make(api)
    without = {name: value for name, value in resource.least(api).items() if name != "name"}
    refusals = [
        api.http.post(resource.path, json=without),
        api.http.put(resource.one(row), json=without),
        api.http.patch(resource.one(row), json={"name": None}),
    ]

    for response in refusals:
        assert "/name" in pointers(refusal(response, 422))


@each_singleton
def test_the_users_own_row_is_updated_like_any_other(api: Api, path: str) -> None:
    before = api.http.get(path)
    assert before.headers["etag"] == etag(before.json())

    response = api.http.patch(path, json={}, headers={"If-Match": etag(before.json())})

    assert response.status_code == 200
    refusal(api.http.patch(path, json={}, headers={"If-Match": '"987654"'}), 412)
    refusal(api.http.put(path, json={}, headers={"If-Match": '"987654"'}), 412)


@pytest.mark.req("S32")
@each_singleton
@pytest.mark.parametrize("name", ["user_id", "version", "updated_at", "nonsense"])
def test_the_users_own_row_keeps_what_the_server_decides(api: Api, path: str, name: str) -> None:
    problem = refusal(api.http.patch(path, json={name: DECIDED_BY_THE_SERVER.get(name, 1)}), 422)

    assert f"/{name}" in pointers(problem)


@each_singleton
def test_what_was_read_of_the_users_own_row_may_be_put_back(api: Api, path: str) -> None:
    before = api.get(path)

    response = api.http.put(path, json=before)

    assert response.status_code == 200, response.text
    counted = {"version", "updated_at"}
    assert {name: value for name, value in response.json().items() if name not in counted} == {
        name: value for name, value in before.items() if name not in counted
    }
