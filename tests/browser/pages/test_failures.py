"""What a page says when its data cannot be had."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.chat import COMPLAINTS_OF_A_LOST_SERVER, Chat
from tests.browser.provider import Provider

PROBLEM = {
    "type": "about:blank",
    "title": "The database is away",
    "detail": "The database is away. Nothing is lost.",
    "status": 503,
    "code": "storage_unavailable",
    "request_id": "0192-the-request",
    "retryable": True,
}


PART = "**/assets/reply-announcer-*.js"


@pytest.mark.long_browser
def test_a_list_that_cannot_be_read_says_why_and_is_read_again(chat: Chat) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(PROBLEM))

    chat.page.route("**/api/characters?*", refuse)
    chat.page.goto("/gallery")
    failure = chat.page.get_by_role("main").get_by_role("alert")
    expect(failure).to_contain_text(
        "The characters could not be read. The database is away. Nothing is lost.", timeout=30_000
    )
    expect(failure).to_contain_text("Request 0192-the-request")

    chat.page.unroute("**/api/characters?*", refuse)
    failure.get_by_role("button", name="Try again").click()
    expect(chat.page.get_by_role("link", name="Talk to Wren", exact=True)).to_be_visible()
    chat.forgive(re.compile("503"))


def test_a_form_that_is_refused_keeps_what_was_typed(chat: Chat) -> None:
    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("connectionreset")
        else:
            route.continue_()

    page = chat.page
    page.route("**/api/profiles*", lose)
    page.goto("/profiles?edit=new")
    page.get_by_label("Name", exact=True).fill("Eleanor of the storm")
    page.get_by_label("Description").fill("A clockmaker’s daughter.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("server cannot be reached")
    expect(page.get_by_label("Description")).to_have_value("A clockmaker’s daughter.")

    page.unroute("**/api/profiles*", lose)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article", name="Eleanor of the storm")).to_be_visible()
    chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)


def test_a_part_of_a_page_that_does_not_come_takes_nothing_with_it_and_comes_later(
    chat: Chat, provider: Provider
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        route.abort("connectionreset")

    chat.page.add_init_script("delete Navigator.prototype.serviceWorker")  # it would have kept the part
    chat.page.route(PART, lose)
    chat.open(provider.begin(chat.installation, "apart", text="Here I am."))
    chat.say("Are you there?")
    expect(chat.reply).to_contain_text("Here I am.")
    expect(chat.page.get_by_role("region", name="Notifications")).to_contain_text("could not be loaded")
    expect(chat.page.get_by_test_id("reply-announcer")).to_have_count(0)
    assert len(lost) > 1

    chat.page.unroute(PART, lose)
    expect(chat.page.get_by_test_id("reply-announcer")).to_be_attached()
    chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)
