"""Replies as they are written, over everything that can come between: reload, a second tab, the death of the server."""

import json
import re
from itertools import count

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.browser.chat import COMPLAINTS_OF_A_LOST_SERVER, Chat
from tests.browser.installation import Installation
from tests.browser.provider import Provider
from tests.setups import SERVED

STORY = (
    "The lamp turns 🐋 and the sea wind carries a song over the café roofs, where naïve gulls sleep 灯台 while "
    "Button the cat 🐈 watches and waits for tea. Zoë said it was late 👩‍🚀, so we went home again to read. "
) * 2

SOURCES_OF_HARM = (
    "<script>document.title = 'owned'</script> <img src=x onerror=\"document.title='owned'\"> "
    "[press](javascript:alert(1)) ![look](https://elsewhere.invalid/pixel.png) <iframe src='https://elsewhere.invalid'>"
)


def test_a_reload_in_the_middle_of_a_reply_loses_nothing(chat: Chat, provider: Provider) -> None:
    session = provider.begin(chat.installation, "reload", text=STORY, pace=60, fault="hold", after=200)
    chat.open(session)
    reply = chat.say("Tell me a story")
    before = chat.until_text(reply, 100)

    chat.page.reload()
    after = chat.until_text(reply)
    provider.release("reload")
    stored = chat.until_ended(reply)

    assert after.startswith(before)
    assert stored["content"] == STORY
    assert (stored["status"], stored["attempt"]) == ("complete", 1)
    assert provider.asked("reload") == 1
    chat.assert_only_grew(reply, STORY)


def test_text_is_painted_as_it_comes(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "paced", text=STORY, pace=60))
    reply = chat.say("Tell me a story")
    chat.until_ended(reply)

    assert len(chat.shown[reply]) > 5
    chat.assert_only_grew(reply, STORY)


def test_a_second_tab_sees_the_same_reply(chat: Chat, provider: Provider, browser: Browser) -> None:
    session = provider.begin(chat.installation, "two-tabs", text=STORY, pace=60, fault="hold", after=200)
    chat.open(session)
    reply = chat.say("Tell me a story")
    chat.until_text(reply, 50)
    context = browser.new_context()
    other = Chat(context.new_page(), chat.installation)

    other.open(session)
    other.until_text(reply, 50)
    provider.release("two-tabs")
    other.until_ended(reply)
    chat.until_ended(reply)

    for tab in (chat, other):
        tab.assert_only_grew(reply, STORY)
    assert other.complaints == []
    context.close()


def test_frames_that_are_lost_or_come_twice_change_nothing(chat: Chat, provider: Provider) -> None:
    lost: list[str] = []

    def tamper(socket: WebSocketRoute) -> None:
        numbers = count()
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            kind = json.loads(frame)["type"]
            number = next(numbers)
            if kind in {"chat:stream:start", "chat:stream:token"} and number % 4 == 0:
                lost.append(kind)
                return
            for _ in range(2 if number % 3 == 0 else 1):
                socket.send(frame)

        server.on_message(pass_on)

    chat.page.route_web_socket("**/ws", tamper)
    chat.open(provider.begin(chat.installation, "lossy", text=STORY, pace=60))
    reply = chat.say("Tell me a story")
    stored = chat.until_ended(reply)

    assert lost
    assert (stored["status"], stored["content"]) == ("complete", STORY)
    chat.assert_only_grew(reply, STORY)


def test_a_stop_keeps_what_was_written(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "stop", text=STORY, fault="hold", after=120))
    reply = chat.say("Tell me a story")
    chat.until_text(reply, 110)

    chat.row(reply).get_by_role("button", name="Stop here").click()
    stored = chat.until_ended(reply)

    expect(chat.row(reply)).to_contain_text("stopped here")
    assert (stored["status"], stored["content"]) == ("stopped", STORY[:120])
    chat.assert_only_grew(reply, STORY[:120])


def test_a_stopped_reply_goes_on_where_it_stopped(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "go-on", text=STORY, fault="hold", after=120))
    reply = chat.say("Tell me a story")
    chat.until_text(reply, 110)
    chat.row(reply).get_by_role("button", name="Stop here").click()
    chat.until_ended(reply)
    provider.play("go-on", text=STORY, pace=60)

    chat.row(reply).get_by_role("button", name="Continue", exact=True).click()
    expect(chat.row(reply)).to_have_attribute("aria-busy", "true")
    stored = chat.until_ended(reply)

    assert (stored["content"], stored["attempt"]) == (STORY, 2)
    chat.assert_only_grew(reply, STORY)


def test_a_failed_reply_says_why_and_retry_answers_once(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "broken", fault="refuse", status=400))
    reply = chat.say("Tell me a story")
    chat.until_ended(reply)
    expect(chat.row(reply).get_by_role("alert")).to_contain_text("failed")
    provider.play("broken", text=STORY)

    chat.row(reply).get_by_role("button", name="Retry").click()
    expect(chat.row(reply)).to_contain_text("The lamp turns")
    stored = chat.until_ended(reply)

    assert (stored["status"], stored["content"]) == ("complete", STORY)
    assert len(chat.installation.messages(chat.session_id)) == 3


class TestWhenTheServerDies:
    """The tab of an installation of its own."""

    @pytest.fixture
    def installation(self, own: Installation) -> Installation:
        """One that may be killed."""
        return own

    def test_the_reply_goes_on_where_it_was(self, chat: Chat, provider: Provider) -> None:
        session = provider.begin(chat.installation, "killed", text=STORY, pace=60, fault="hold", after=200)
        chat.open(session)
        reply = chat.say("Tell me a story")
        chat.until_text(reply, 150)

        chat.installation.kill()
        provider.release("killed")
        chat.installation.start()
        stored = chat.until_ended(reply)

        assert (stored["status"], stored["content"]) == ("complete", STORY)
        chat.assert_only_grew(reply, STORY)
        chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)

    @pytest.mark.setups(SERVED)
    def test_a_worker_that_dies_is_not_missed(self, chat: Chat, provider: Provider) -> None:
        chat.open(provider.begin(chat.installation, "worker", text=STORY, pace=60, fault="hold", after=200))
        reply = chat.say("Tell me a story")
        chat.until_text(reply, 150)

        chat.installation.replace_workers()
        provider.release("worker")
        stored = chat.until_ended(reply)

        assert (stored["status"], stored["content"]) == ("complete", STORY)
        chat.assert_only_grew(reply, STORY)

    def test_the_banner_tells_and_what_was_said_is_kept(self, chat: Chat, provider: Provider) -> None:
        chat.open(provider.begin(chat.installation, "banner", text="Here I am."))
        connection = chat.page.get_by_role("status", name="Connection")
        expect(connection).to_be_empty()

        chat.installation.kill()
        expect(connection).to_contain_text("Reconnecting")
        chat.composer.fill("Are you there?")
        chat.composer.press("Enter")
        expect(chat.rows.last).to_contain_text("kept, will be sent")
        connection.get_by_role("button", name="Retry now").click()
        chat.installation.start()

        expect(connection).to_be_empty()
        expect(chat.reply).to_contain_text("Here I am.")
        chat.until_ended(chat.row_id(chat.reply))
        messages = chat.installation.messages(chat.session_id)
        assert [message["content"] for message in messages][-2:] == ["Are you there?", "Here I am."]
        assert len(messages) == 3
        chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)


def test_two_presses_of_enter_and_a_double_click_say_it_once_each(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "twice", text="Once is enough."))
    chat.composer.fill("Hello!")
    chat.composer.evaluate(
        """box => { for (let i = 0; i < 2; i++)
          box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })) }"""
    )
    expect(chat.reply).to_contain_text("Once is enough.")
    chat.until_ended(chat.row_id(chat.reply))
    chat.composer.fill("Hello again!")
    chat.page.get_by_role("button", name="Send").dblclick()
    expect(chat.replies).to_have_count(3)
    chat.until_ended(chat.row_id(chat.reply))

    said = [message["content"] for message in chat.installation.messages(chat.session_id)]
    assert said[1:] == ["Hello!", "Once is enough.", "Hello again!", "Once is enough."]


def test_what_is_said_meanwhile_waits_for_its_turn(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "turns", text=STORY, fault="hold", after=80))
    first = chat.say("Tell me a story")
    chat.until_text(first, 70)
    second = chat.say("And another one")
    expect(chat.row(second)).to_contain_text("waits to answer")

    provider.release("turns")
    assert chat.until_ended(first)["content"] == STORY
    assert chat.until_ended(second)["content"] == STORY
    for reply in (first, second):
        chat.assert_only_grew(reply, STORY)


def test_saying_it_otherwise_keeps_the_old_branch(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "branch", text="By the stove."))
    reply = chat.say("Where shall I sit?")
    old = chat.until_ended(reply)

    question = chat.row(old["parent_id"])
    chat.act(question, "Edit")
    question.get_by_role("textbox", name="Edit message").fill("Where shall I put my coat?")
    question.get_by_role("button", name="Save and answer again").click()
    asked = chat.rows.filter(has_text="Where shall I put my coat?")
    expect(asked).to_contain_text("2 of 2")
    expect(chat.row(reply)).to_have_count(0)
    expect(chat.reply).to_contain_text("By the stove.")

    asked.get_by_role("button", name="Previous version").click()
    expect(chat.row(reply)).to_contain_text("By the stove.")
    assert chat.stored(old["parent_id"])["content"] == "Where shall I sit?"


def test_a_deleted_question_leaves_the_rest_in_place(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "hole", text="By the stove."))
    for words in ("Where shall I sit?", "And my coat?"):
        chat.until_ended(chat.say(words))
    question = chat.rows.filter(has_text="Where shall I sit?")
    chat.act(question, "Delete")
    expect(question).to_have_count(0)
    rest = [message["id"] for message in chat.installation.messages(chat.session_id)]
    assert len(rest) == 4

    for _ in range(2):
        expect(chat.rows).to_have_count(4)
        assert [chat.row_id(row) for row in chat.rows.all()] == rest
        chat.page.reload()


def test_a_reply_is_text_that_runs_and_loads_nothing(chat: Chat, provider: Provider) -> None:
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.open(provider.begin(chat.installation, "harm", text=SOURCES_OF_HARM))
    reply = chat.say("Do your worst")
    chat.until_ended(reply)

    expect(chat.row(reply)).to_contain_text("<script>document.title = 'owned'</script>")
    expect(chat.page).to_have_title("Do your worst · Causerie")
    assert [url for url in asked if not url.startswith(chat.installation.url)] == []
    assert chat.row(reply).locator("img, script, iframe, a[href^='javascript']").count() == 0


def test_the_address_names_the_chat(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "address", text="Come in."))
    chat.say("May I come in?")
    expect(chat.page).to_have_title(re.compile(r"^May I come in\? · Causerie$"))
