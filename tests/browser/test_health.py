"""What the page says of the installation while parts of it come and go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from causerie.chaos.servers.valkey import ValkeyServer
from tests.browser.chat import COMPLAINTS_OF_A_LOST_SERVER, Chat
from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.provider import Provider
from tests.setups import SERVED

STORY = "The lamp turns, and the sea is dark between two turns of it. " * 6


@pytest.mark.setups(SERVED)
class TestWithRedis:
    """The tab of an installation on PostgreSQL and Redis."""

    @pytest.fixture
    def installation(self, opened: Open, tmp_path: Path, valkey: ValkeyServer) -> Iterator[Installation]:
        """One whose Redis may leave."""
        with opened(tmp_path / "data", REDIS_URL=valkey.url) as installation:
            yield installation

    @pytest.mark.req("I11")
    def test_a_redis_that_leaves_is_told_calmly_and_replies_go_on(
        self, chat: Chat, provider: Provider, valkey: ValkeyServer
    ) -> None:
        chat.open(provider.begin(chat.installation, "redis", text=STORY, pace=100))
        connection = chat.page.get_by_role("status", name="Connection")
        valkey.kill()

        reply = chat.say("Tell me a story")
        expect(connection).to_contain_text("Live text is delayed")
        assert chat.until_ended(reply)["content"] == STORY
        chat.assert_only_grew(reply, STORY)

        connection.get_by_role("link", name="Details").click()
        expect(chat.page.get_by_role("main")).to_contain_text("Redis is away")
        valkey.restart()
        expect(chat.page.get_by_role("main")).to_contain_text("Everything works")
        chat.page.go_back()
        chat.say("And another one")
        expect(connection).to_be_empty()


class TestWhenTheServerDies:
    """The tab of an installation of its own."""

    @pytest.fixture
    def installation(self, own: Installation) -> Installation:
        """One that may be killed."""
        return own

    def test_the_page_says_how_things_were_until_it_knows_how_they_are(self, chat: Chat) -> None:
        chat.page.goto("/health")
        main = chat.page.get_by_role("main")
        expect(main).to_contain_text("Everything works")
        expect(main.get_by_role("row")).to_have_count(2)

        chat.installation.kill()
        expect(main).to_contain_text("The server does not answer. This is how things were at")
        chat.installation.start()
        expect(main).to_contain_text("Everything works", timeout=30_000)
        chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)
