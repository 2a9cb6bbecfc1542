"""The trash: what was deleted waits there until it is restored, or until the trash is emptied."""

from collections.abc import Iterator

import pytest

from tests.contract.making import Api, speaking_to
from tests.contract.problems import refusal
from tests.contract.providing import Provider
from tests.contract.resources import RESOURCES, SESSIONS, Resource, each_resource
from tests.setups import Installation
from tests.waiting import until

PURGE_SECONDS = 15.0


def trashed(api: Api) -> set[str]:
    return {item["id"] for item in api.every("/trash", limit=200)}


@each_resource
def test_what_was_deleted_is_in_the_trash_until_it_is_restored(api: Api, resource: Resource) -> None:
    row = resource.make(api)
    assert row["id"] not in trashed(api)

    api.delete(resource.one(row))
    assert row["id"] in trashed(api)

    assert api.http.post(f"{resource.one(row)}/restore").status_code == 200
    assert row["id"] not in trashed(api)


def test_what_was_deleted_last_comes_first(api: Api) -> None:
    rows = [api.session() for _ in range(3)]
    for row in rows:
        api.delete(SESSIONS.one(row))

    page = api.get("/trash", limit=3)

    assert [item["id"] for item in page["items"]] == [row["id"] for row in rows[::-1]]
    assert page["next_cursor"] is None or isinstance(page["next_cursor"], str)


def test_what_was_deleted_for_good_is_not_in_the_trash(api: Api) -> None:
    session = api.session()

    api.delete(SESSIONS.one(session), permanent="true")

    assert session["id"] not in trashed(api)


def test_deleting_twice_is_404_the_second_time(api: Api) -> None:
    session = api.session()
    api.delete(SESSIONS.one(session))

    refusal(api.http.delete(SESSIONS.one(session)), 404, "not_found")


def test_restoring_what_is_not_in_the_trash_changes_nothing(api: Api) -> None:
    session = api.session(title="Tea")

    response = api.http.post(f"{SESSIONS.one(session)}/restore")

    assert response.status_code in {200, 404, 409}
    assert api.get(SESSIONS.one(session))["title"] == "Tea"


@pytest.fixture
def own(installation: Installation, provider: Provider) -> Iterator[Api]:
    """A server of its own, because emptying the trash is felt by every test."""
    with installation.serving() as server, speaking_to(server.url, provider) as api:
        yield api


def test_emptying_the_trash_deletes_for_good_and_nothing_else(own: Api) -> None:
    kept = {resource.path: resource.make(own) for resource in RESOURCES}
    thrown = {resource.path: resource.make(own) for resource in RESOURCES}
    message = own.store(thrown["/sessions"]["id"], "Hello.")
    for resource in RESOURCES:
        own.delete(resource.one(thrown[resource.path]))

    emptied = own.http.post("/trash/empty")

    assert emptied.status_code in {200, 202, 204}
    until(lambda: not trashed(own), PURGE_SECONDS, lambda: "the trash does not get empty")
    refusal(own.http.get(f"/messages/{message['id']}"), 404, "not_found")
    for resource in RESOURCES:
        refusal(own.http.post(f"{resource.one(thrown[resource.path])}/restore"), 404, "not_found")
        assert own.get(resource.one(kept[resource.path])) == kept[resource.path]
