"""Models: tried, changed, and never a key in sight."""

from playwright.sync_api import Response, expect

from tests.browser.chat import Chat
from tests.browser.provider import Provider

KEY = "sk-to-be-seen-by-nobody-4242"


def test_a_key_is_in_no_answer_and_on_no_page_once_it_is_kept(chat: Chat, provider: Provider) -> None:
    provider.play("keyed", text="Good evening.")
    row = chat.installation.post(
        "/models",
        {"name": "Keyed", "provider": "openai", "model": "keyed", "base_url": f"{provider.origin}/v1"},
    )
    answers: list[Response] = []

    def listen(response: Response) -> None:
        answers.append(response)

    chat.page.on("response", listen)
    chat.page.goto(f"/models?edit={row['id']}")
    form = chat.page.get_by_role("form", name="Change Keyed")
    form.get_by_label("API key").fill(KEY)
    form.get_by_role("button", name="Save").click()

    card = chat.page.get_by_role("article", name="Keyed")
    expect(card).to_contain_text("4242")
    card.get_by_role("button", name="Test Keyed").click()
    expect(card.get_by_role("status")).to_contain_text("Good evening.")
    expect(card).to_contain_text("answers")
    assert KEY not in chat.page.content()
    assert [answer.url for answer in answers if "/api/" in answer.url and KEY in answer.text()] == []
