"""What is written is never lost, never sent by accident, and never in the way."""

from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.provider import Provider

CARET = "box => [box.selectionStart, box.selectionEnd]"
ENTER_OF_INPUT_METHOD = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
PAST_COMPOSITION = "began => performance.now() - began > 60"


def said_in(chat: Chat, session_id: str) -> list[str]:
    """Return what the reader has said in a session."""
    return [row["content"] for row in chat.installation.messages(session_id) if row["role"] == "user"]


def test_a_draft_stays_with_its_chat_until_it_is_sent(chat: Chat, provider: Provider) -> None:
    one = provider.begin(chat.installation, "draft-one", text="Yes.")
    other = provider.begin(chat.installation, "draft-other", text="No.")
    chats = chat.page.get_by_role("navigation", name="Chats")
    chat.page.goto(f"/c/{one}")
    chat.composer.fill("for the one")
    chats.locator(f"a[href$='{other}']").click()
    expect(chat.composer).to_have_value("")
    chat.composer.fill("for the other")
    chats.locator(f"a[href$='{one}']").click()
    expect(chat.composer).to_have_value("for the one")

    chat.composer.press_sequentially("!")
    chat.page.reload()  # before the pause in which it would be written
    expect(chat.composer).to_have_value("for the one!")

    context = chat.page.context
    chat.page.close(run_before_unload=True)
    chat.page = context.new_page()
    chat.page.goto(f"/c/{other}")
    expect(chat.composer).to_have_value("for the other")

    chat.composer.press("Enter")
    expect(chat.composer).to_have_value("")
    expect(chat.reply.locator(".tale")).to_have_text("No.")
    chat.page.reload()
    expect(chat.reply.locator(".tale")).to_have_text("No.")
    expect(chat.composer).to_have_value("")


def test_an_input_method_is_left_to_finish(chat: Chat, provider: Provider) -> None:
    session_id = provider.begin(chat.installation, "input-method", text="はい。")
    chat.page.goto(f"/c/{session_id}")
    chat.composer.click()
    devtools = chat.page.context.new_cdp_session(chat.page)
    devtools.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    devtools.send("Input.dispatchKeyEvent", ENTER_OF_INPUT_METHOD)
    expect(chat.composer).not_to_have_value("")
    assert said_in(chat, session_id) == []

    devtools.send("Input.insertText", {"text": "日本"})
    chat.page.wait_for_function(PAST_COMPOSITION, arg=chat.page.evaluate("performance.now()"))
    chat.page.keyboard.press("Enter")
    expect(chat.composer).to_have_value("")
    expect(chat.reply.locator(".tale")).to_have_text("はい。")
    assert said_in(chat, session_id) == ["日本"]


def test_up_edits_the_last_message_and_esc_leads_back_to_the_caret(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "caret", text="Yes."))
    chat.until_ended(chat.say("Who are you?"))
    chat.composer.press("ArrowUp")
    editor = chat.page.get_by_role("textbox", name="Edit message")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Who are you?")
    editor.press("Escape")
    expect(chat.composer).to_be_focused()

    chat.composer.fill("half a thought")
    chat.composer.evaluate("box => box.setSelectionRange(4, 4)")
    chat.composer.press("Control+ArrowUp")
    expect(editor).to_have_value("Yes.")
    editor.press("Escape")
    expect(chat.composer).to_be_focused()
    assert chat.composer.evaluate(CARET) == [4, 4]


def test_what_is_set_of_a_chat_counts_at_once(chat: Chat, provider: Provider) -> None:
    session_id = provider.begin(chat.installation, "settings", text="Yes.")
    chat.page.goto(f"/c/{session_id}")
    opener = chat.page.get_by_role("button", name="Chat settings")
    opener.click()
    drawer = chat.page.get_by_role("dialog", name="Chat settings")
    drawer.get_by_label("Time of the story").fill("1811-02-30")
    expect(drawer.get_by_role("alert")).to_contain_text("The calendar has no such date")
    drawer.get_by_label("Time of the story").fill("1811-10-21")
    expect(drawer).to_contain_text("Monday, October 21, 1811")
    drawer.get_by_label("Title").fill("Tea at noon")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Tea at noon")
    expect(chat.page.locator("main header").first).to_contain_text("1811-10-21")

    chat.page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(opener).to_be_focused()
    session = chat.installation.get(f"/sessions/{session_id}")
    assert (session["title"], session["world_time"]) == ("Tea at noon", "1811-10-21")
