"""Without accounts there is one user, made at the first start and the same ever after."""

from pathlib import Path

import pytest

from tests.house import client_of, get, open_house


async def test_the_owner_stays_the_same_over_starts(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    template = tmp_path_factory.getbasetemp() / "template.db"
    owners = []
    for _ in range(2):
        async with open_house(tmp_path, template) as app, client_of(app) as client:
            owners.append(await get(client, "/auth/me"))

    assert owners[0] == owners[1]
    assert (owners[0]["role"], owners[0]["email"]) == ("owner", None)


async def test_what_the_owner_deleted_does_not_come_back_at_the_next_start(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    template = tmp_path_factory.getbasetemp() / "template.db"
    async with open_house(tmp_path, template) as app, client_of(app) as client:
        for path in ("/characters", "/models"):
            for row in (await get(client, path))["items"]:
                await client.delete(f"{path}/{row['id']}")
    async with open_house(tmp_path, template) as app, client_of(app) as client:
        assert [(await get(client, path))["items"] for path in ("/characters", "/models")] == [[], []]
