"""What a screen reader is told of a reply that is being written."""

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.provider import Provider

STORY = " ".join(
    " ".join([f"{thing} turns", *["and turns over the dark and quiet sea"] * 4, "until dawn."])
    for thing in ("The lamp", "The wheel", "The wind", "The tide", "The keeper")
)
TOKENS = 200
# A reader speaks what comes, not what goes.
LISTENER = """
new MutationObserver((records) => {
  for (const { target, removedNodes } of records) {
    if (removedNodes.length > 0) continue
    const told = (target instanceof Element ? target : target.parentElement)?.closest('[aria-live=polite]')
    if (told) window.told(told.textContent)
  }
}).observe(document, { subtree: true, childList: true, characterData: true })
"""


@pytest.mark.long_browser
def test_two_hundred_tokens_are_at_most_seven_announcements_of_whole_sentences(chat: Chat, provider: Provider) -> None:
    told: list[str] = []

    def note(words: str) -> None:
        told.append(words)

    chat.page.expose_function("told", note)
    chat.page.add_init_script(LISTENER)
    chunk = -(-len(STORY) // TOKENS)
    chat.open(provider.begin(chat.installation, "announced", text=STORY, chunk=chunk, pace=100))

    chat.until_ended(chat.say("Tell me a story"))
    expect(chat.page.get_by_test_id("reply-announcer")).to_contain_text("Answer complete.")
    chat.until_painted()  # what was told before this has been heard

    assert told[0] == "Wren is answering"
    assert len(told) <= 7
    assert all(words.endswith(".") for words in told[1:])
    assert " ".join(words.strip() for words in told[1:]) == f"{STORY} Answer complete."
    assert chat.page.get_by_role("log").get_attribute("aria-live") == "off"
