"""System prompts: what a model reads of them, and who uses them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.installation import Installation
from tests.browser.provider import Provider


@pytest.fixture
def usual_model(shared: Installation, provider: Provider) -> Iterator[str]:
    """A model of the usual size answers by default as long as the test runs: the demo model reads no prompts."""
    before = shared.get("/settings")["default_ai_model_id"]
    model = provider.add(shared, "versed")
    provider.play("versed", text="O lamp!")
    shared.patch("/settings", {"default_ai_model_id": model})
    yield model
    shared.patch("/settings", {"default_ai_model_id": before})


def test_the_preview_is_what_the_model_reads_and_a_used_prompt_says_so_when_it_goes(
    chat: Chat, provider: Provider, usual_model: str
) -> None:
    page = chat.page
    page.goto("/prompts")
    page.get_by_role("link", name="New prompt").first.click()
    form = page.get_by_role("form", name="System prompt")
    form.get_by_label("Name", exact=True).fill("In verse")
    form.get_by_label("Text", exact=True).fill("You are {{char}}. Answer in verse, with a rhyme for {{user}}.")
    form.get_by_text("What a model reads").click()
    form.get_by_label("As character").select_option("Wren")
    preview = form.get_by_role("region", name="The text that is sent")
    expect(preview).to_contain_text("You are Wren. Answer in verse")
    shown = preview.locator("pre").inner_text()
    form.get_by_role("button", name="Save").click()
    verse = page.get_by_role("article", name="In verse")
    expect(verse).to_contain_text("Answer in verse")

    wren = chat.installation.character("Wren")["id"]
    session = chat.installation.post("/sessions", {"character_id": wren, "ai_model_id": usual_model})
    (prompt,) = (item for item in chat.installation.get("/prompts")["items"] if item["name"] == "In verse")
    chat.installation.patch(f"/sessions/{session['id']}", {"system_prompt_id": prompt["id"]})
    chat.installation.post("/chat/send_message", {"chat_session_id": session["id"], "message": "Sing!"})
    (system, *_) = provider.prompts("versed")[0]
    assert system["role"] == "system"
    assert shown in system["content"]

    verse.get_by_text("Where used").click()
    expect(verse).to_contain_text("In one chat.")
    verse.get_by_role("button", name="Delete In verse").click()
    expect(page.get_by_text("In verse is in the trash. One chat goes on without it.", exact=True)).to_be_visible()
    expect(verse).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(verse).to_be_visible()
