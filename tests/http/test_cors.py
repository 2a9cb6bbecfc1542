"""Pages of other sites: none, or exactly those that the operator names, and never with credentials (S57)."""

from pathlib import Path

import httpx
import pytest

from tests.house import client_of, open_house

FRIEND = "https://friend.example"
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "content-type"}

pytestmark = pytest.mark.req("S57")


async def ask(tmp_path: Path, template: Path, origin: str, **settings: str) -> list[httpx.Response]:
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    async with open_house(tmp_path, template, **settings) as app, client_of(app) as client:
        return [
            await client.get("/characters", headers=headers),
            await client.options("/characters", headers=headers | PREFLIGHT),
        ]


async def test_a_named_site_may_use_the_api(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    template = tmp_path_factory.getbasetemp() / "template.db"

    answers = await ask(tmp_path, template, FRIEND, allowed_origins=FRIEND)

    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == FRIEND
        assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answers[0].headers["vary"]


@pytest.mark.parametrize("settings", [{}, {"allowed_origins": FRIEND}])
async def test_no_other_site_may(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]
) -> None:
    template = tmp_path_factory.getbasetemp() / "template.db"

    answers = await ask(tmp_path, template, "https://evil.example", **settings)

    assert [answer.status_code for answer in answers] == [403, 403]
    assert not any(name.startswith("access-control") for answer in answers for name in answer.headers)
