"""A chat of ten thousand messages is read as easily as one of ten."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Request, Route, expect

from tests.browser.chat import Chat
from tests.browser.chat.conftest import LongChat
from tests.browser.chat.frames import Frames
from tests.browser.long_chat import lengthen
from tests.browser.provider import Provider

FIRST_IN_SIGHT = """box => {
  const edge = box.getBoundingClientRect().top
  const rows = [...box.querySelectorAll('article[data-row]')]
  const row = rows.find((each) => each.getBoundingClientRect().top >= edge)
  return [row.dataset.row, row.getBoundingClientRect().top - edge]
}"""
FLUSHES = 50
GROWN_OFTEN = """([row, wanted]) => {
  const seen = (window.lengthsSeen ??= new Set())
  seen.add(document.querySelector(`[data-row="${row}"] .tale`)?.textContent.length)
  return seen.size > wanted
}"""
# The wheel's movement has come to its end when three frames find the box at one place.
STILL = """async () => {
  const box = document.querySelector('[role=log]')
  for (let same = 0, top = -1; same < 3; top = box.scrollTop) {
    await new Promise(requestAnimationFrame)
    same = box.scrollTop === top ? same + 1 : 0
  }
}"""
GAP = "box => box.scrollHeight - box.scrollTop - box.clientHeight"


def transcript(chat: Chat) -> Locator:
    """Return the box that scrolls."""
    return chat.page.get_by_role("log", name="Transcript")


def pages_read(chat: Chat) -> list[str]:
    """Return a list that fills with the addresses of the pages of messages that are asked for."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/messages?" in request.url:
            asked.append(request.url)

    chat.page.on("request", note)
    return asked


def scroll_up_until(chat: Chat, reached: Callable[[], bool]) -> None:
    """Turn the wheel upward until something has happened."""
    transcript(chat).hover()
    for _ in range(400):
        if reached():
            return
        chat.page.mouse.wheel(0, -900)
        # One turn is scrolled before the next.
        chat.until_painted()
    raise AssertionError("it never happened")


def test_a_chat_opens_at_its_end_with_what_it_needs(chat: Chat, long_chat: LongChat) -> None:
    chat.page.goto("/gallery")
    asked = pages_read(chat)

    chat.page.get_by_role("navigation", name="Chats").locator(f"a[href$='{long_chat.session_id}']").click()
    expect(chat.row(long_chat.ids[-1])).to_be_visible()

    assert transcript(chat).evaluate(GAP) <= 1
    assert chat.rows.count() <= 40
    assert asked == []  # the join brings the newest page
    expect(chat.rows.last).to_have_attribute("aria-posinset", "10000")
    expect(chat.rows.last).to_have_attribute("aria-setsize", "10000")


def test_five_pages_come_above_and_nothing_moves(chat: Chat, long_chat: LongChat) -> None:
    chat.open(long_chat.session_id)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    chat.page.route("**/api/messages?*", hold)
    transcript(chat).focus()

    for _ in range(5):
        with chat.page.expect_request("**/api/messages?*"):
            chat.page.keyboard.press("Home")
        chat.page.wait_for_function("() => document.querySelector('[role=log]').scrollTop === 0")
        row, _ = transcript(chat).evaluate(FIRST_IN_SIGHT)
        with Frames(chat.page) as frames:
            held.pop().continue_()
            chat.page.wait_for_function("() => document.querySelector('[role=log]').scrollTop > 1500")
        assert held == []
        assert frames.drift(row) <= 1
        assert max(frame.mounted for frame in frames.seen) <= 40

    expect(chat.row(row)).to_have_attribute("aria-posinset", str(long_chat.ids.index(row) + 1))


def test_turning_the_wheel_moves_all_rows_alike(chat: Chat, long_chat: LongChat) -> None:
    chat.open(long_chat.session_id)
    asked = pages_read(chat)

    with Frames(chat.page) as frames:
        scroll_up_until(chat, lambda: len(asked) >= 3)

    for before, after in zip(frames.seen, frames.seen[1:], strict=False):
        moved = [after.rows[row] - before.rows[row] for row in before.rows.keys() & after.rows.keys()]
        assert not moved or max(moved) - min(moved) <= 1
        assert not moved or min(moved) >= -1, "the page moved against the wheel"


def test_who_returns_reads_on_at_the_same_row(chat: Chat, long_chat: LongChat) -> None:
    chat.open(long_chat.session_id)
    asked = pages_read(chat)
    scroll_up_until(chat, lambda: len(asked) >= 2)
    row, offset = transcript(chat).evaluate(FIRST_IN_SIGHT)

    chat.page.get_by_role("link", name="Characters", exact=True).click()
    expect(transcript(chat)).to_have_count(0)
    with Frames(chat.page) as frames:
        chat.page.go_back()
        expect(chat.row(row)).to_be_visible()

    places = [frame.rows[row] for frame in frames.seen if row in frame.rows]
    assert max(abs(place - offset) for place in places) <= 2


def test_who_returns_to_the_end_is_at_the_end(chat: Chat, long_chat: LongChat) -> None:
    chat.open(long_chat.session_id)

    chat.page.get_by_role("link", name="Characters", exact=True).click()
    expect(transcript(chat)).to_have_count(0)
    chat.page.go_back()

    expect(chat.row(long_chat.ids[-1])).to_be_visible()
    assert transcript(chat).evaluate(GAP) <= 1


def test_an_address_names_a_message_far_above(chat: Chat, long_chat: LongChat) -> None:
    wanted = long_chat.ids[4321]
    chat.page.goto(f"/c/{long_chat.session_id}?at={wanted}")
    row = chat.row(wanted)
    expect(row).to_be_in_viewport(ratio=0.5)
    marked = chat.page.locator("[data-marked]").filter(has=row)
    expect(marked).to_be_visible()

    middle = row.evaluate("row => row.getBoundingClientRect().top + row.getBoundingClientRect().height / 2")
    box = transcript(chat).bounding_box()
    assert box
    assert abs(middle - (box["y"] + box["height"] / 2)) <= 2
    expect(row).to_have_attribute("aria-posinset", "4322")
    expect(marked).to_have_count(0)


def test_after_a_jump_newer_pages_come_below(chat: Chat, long_chat: LongChat) -> None:
    wanted = long_chat.ids[9850]
    chat.page.goto(f"/c/{long_chat.session_id}?at={wanted}")
    expect(chat.row(wanted)).to_be_in_viewport()
    transcript(chat).hover()

    while not chat.row(long_chat.ids[-1]).is_visible():
        places = [int(place) for place in chat.rows.evaluate_all("rows => rows.map(row => row.ariaPosInSet)")]
        assert places == list(range(places[0], places[0] + len(places)))
        chat.page.mouse.wheel(0, 700)
        chat.until_painted()

    expect(chat.page.get_by_role("button", name="To the end")).to_have_count(0)


def test_the_end_is_one_press_away_from_anywhere(chat: Chat, long_chat: LongChat) -> None:
    chat.page.goto(f"/c/{long_chat.session_id}?at={long_chat.ids[200]}")
    expect(chat.row(long_chat.ids[200])).to_be_in_viewport()

    transcript(chat).focus()
    chat.page.keyboard.press("End")

    expect(chat.row(long_chat.ids[-1])).to_be_in_viewport()
    assert transcript(chat).evaluate(GAP) <= 1


def test_a_jump_to_the_end_paints_no_empty_frame(chat: Chat, long_chat: LongChat) -> None:
    chat.open(long_chat.session_id)
    transcript(chat).focus()
    for _ in range(3):
        chat.page.keyboard.press("Home")
        expect(chat.row(long_chat.ids[-1])).not_to_be_attached()

        with Frames(chat.page) as frames:
            chat.page.keyboard.press("End")
            expect(chat.row(long_chat.ids[-1])).to_be_in_viewport()

        assert min(frame.shown for frame in frames.seen) > 0


def test_a_message_on_another_branch_is_shown_on_its_branch(chat: Chat, provider: Provider) -> None:
    session = provider.begin(chat.installation, "branches", text="Another way it went.")
    ids = lengthen(chat.installation, session, 300)
    aside = chat.installation.post(
        f"/sessions/{session}/messages", {"role": "user", "content": "Aside", "parent_id": ids[0]}
    )
    chat.installation.patch(f"/sessions/{session}", {"active_leaf_id": ids[-1]})

    chat.page.goto(f"/c/{session}?at={aside['id']}")

    expect(chat.row(aside["id"])).to_be_in_viewport()
    expect(chat.rows).to_have_count(2)
    chat.forgive(re.compile("404"))  # the branch that is shown is asked first


def test_rows_are_walked_by_keys_and_the_focused_one_stays(chat: Chat, long_chat: LongChat) -> None:
    chat.open(long_chat.session_id)
    transcript(chat).focus()
    chat.page.keyboard.press("Alt+ArrowUp")
    chat.page.keyboard.press("Alt+ArrowUp")
    focused = chat.page.locator("article:focus")
    place = int(focused.get_attribute("aria-posinset") or 0)
    chat.page.keyboard.press("Alt+ArrowDown")
    expect(focused).to_have_attribute("aria-posinset", str(place + 1))
    row = chat.row_id(focused)

    asked = pages_read(chat)
    scroll_up_until(chat, lambda: len(asked) >= 2)

    expect(chat.row(row)).to_be_focused()
    expect(chat.row(row)).not_to_be_in_viewport()
    assert chat.rows.count() <= 40


def test_what_is_said_far_above_shows_the_end(chat: Chat, provider: Provider) -> None:
    session = provider.begin(chat.installation, "from-above", text="Here I am.")
    ids = lengthen(chat.installation, session, 400)
    chat.page.goto(f"/c/{session}?at={ids[20]}")
    expect(chat.row(ids[20])).to_be_in_viewport()

    chat.composer.fill("Where are we?")
    chat.composer.press("Enter")

    expect(chat.reply).to_contain_text("Here I am.")
    expect(chat.rows.last).to_have_attribute("aria-posinset", "402")
    assert transcript(chat).evaluate(GAP) <= 1


class TestWhileAReplyGrows:
    """A story of many paragraphs, at a hundred characters each twentieth of a second."""

    STORY = "The lamp turns, and the sea is dark between two turns of it.\n\n" * 100

    def begin(
        self, chat: Chat, provider: Provider, name: str, text: str = STORY, until: int = 900, **script: Any
    ) -> str:
        """Open a chat of some length, ask for the story, and return the reply when it has begun to scroll."""
        session = provider.begin(chat.installation, name, text=text, pace=600, **script)
        lengthen(chat.installation, session, 60)
        chat.open(session)
        chat.composer.fill("Tell me a story")
        chat.composer.press("Enter")
        expect(chat.reply).to_have_attribute("aria-busy", "true")
        reply = chat.row_id(chat.reply)
        chat.until_text(reply, until)
        return reply

    def test_the_end_stays_in_sight(self, chat: Chat, provider: Provider) -> None:
        reply = self.begin(chat, provider, "stays")

        with Frames(chat.page) as frames:
            chat.until_ended(reply)

        assert max(frame.gap for frame in frames.seen) <= 1

    def test_who_reads_further_up_is_not_moved(self, chat: Chat, provider: Provider) -> None:
        """The reply goes on for longer than anybody looks, however slow the machine is."""
        reply = self.begin(chat, provider, "released", self.STORY * 20, until=800, fault="hold", after=900)
        transcript(chat).hover()
        chat.page.mouse.wheel(0, -300)
        back = chat.page.get_by_role("button", name=re.compile("Answering|New messages|To the end"))
        expect(back).to_be_visible()
        chat.page.evaluate(STILL)

        with Frames(chat.page) as frames:
            provider.release("released")
            chat.page.wait_for_function(GROWN_OFTEN, arg=[reply, FLUSHES], timeout=60_000)

        assert frames.drift(reply) <= 1
        assert len(frames.seen) >= FLUSHES
        back.click()
        expect(back).to_have_count(0)
        with Frames(chat.page) as frames:
            chat.installation.post(f"/messages/{reply}/stop", {})
            chat.until_ended(reply)
        assert max(frame.gap for frame in frames.seen) <= 1

    def test_a_box_that_becomes_smaller_keeps_the_end(self, chat: Chat, provider: Provider) -> None:
        reply = self.begin(chat, provider, "smaller")
        chat.until_ended(reply)

        for width, height in ((1280, 420), (390, 780), (390, 400)):
            with Frames(chat.page) as frames:
                chat.page.set_viewport_size({"width": width, "height": height})
                chat.page.wait_for_function(
                    "([width, height]) => { const box = document.querySelector('[role=log]');"
                    " return box.clientHeight < height && box.clientWidth <= width && box.clientWidth > width - 300 }",
                    arg=[width, height],
                )
                expect(chat.row(reply)).to_be_in_viewport()
            assert frames.seen[-1].gap <= 1

    def test_opening_a_drawer_and_hiding_the_chats_keep_the_end(self, chat: Chat, provider: Provider) -> None:
        reply = self.begin(chat, provider, "wider")

        with Frames(chat.page) as frames:
            chat.page.keyboard.press("Control+b")
            expect(chat.page.get_by_role("navigation", name="Chats")).to_have_count(0)
            chat.page.get_by_role("button", name="Chat settings").click()
            expect(chat.page.get_by_role("dialog", name="Chat settings")).to_be_visible()
            chat.until_ended(reply)

        assert max(frame.gap for frame in frames.seen) <= 1


@pytest.mark.long_browser
def test_twenty_chats_later_the_memory_is_what_it_was(chat: Chat, provider: Provider) -> None:
    sessions = [provider.begin(chat.installation, f"memory-{number}", text="Yes.") for number in range(4)]
    for session in sessions:
        lengthen(chat.installation, session, 600)
    browser = chat.page.context.new_cdp_session(chat.page)

    def visit_all() -> None:
        for session in sessions:
            chat.page.get_by_role("navigation", name="Chats").locator(f"a[href$='{session}']").click()
            chat.page.wait_for_url(f"**/c/{session}")
            expect(chat.rows.first).to_be_visible()
            transcript(chat).focus()
            with chat.page.expect_response("**/api/messages?*"):
                chat.page.keyboard.press("Home")

    def heap() -> int:
        browser.send("HeapProfiler.collectGarbage")
        return int(browser.send("Runtime.getHeapUsage")["usedSize"])

    chat.open(sessions[0])
    visit_all()
    before = heap()
    for _ in range(5):
        visit_all()

    assert heap() - before <= 5 * 2**20
