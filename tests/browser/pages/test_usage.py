"""What replies cost, as the API sums it up."""

import csv

from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.provider import Provider


def test_the_figures_are_those_of_the_api_and_stand_in_a_table_beside_each_plot(chat: Chat, provider: Provider) -> None:
    installation, page = chat.installation, chat.page
    for model, cost, replies in (("cheap", 0.0005, 2), ("dear", 0.25, 1)):
        session_id = provider.begin(installation, model, text="Yes. " * 30, cost=cost)
        for _ in range(replies):
            installation.post("/chat/send_message", {"chat_session_id": session_id, "message": "And?"})

    page.goto("/usage?by=model&span=7")
    table = page.get_by_role("region", name="Figures").get_by_role("table")
    expect(table).to_be_visible()
    report = installation.get("/usage", by="model")
    for item in report["items"]:
        row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=item["label"], exact=True))
        figures = [f"{item[name]:,}" for name in ("replies", "prompt_tokens", "completion_tokens")]
        assert row.get_by_role("cell").all_inner_texts()[:3] == figures
    for name in ("replies", "prompt_tokens", "completion_tokens"):
        assert report["totals"][name] == sum(item[name] for item in report["items"])
    dear = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="dear", exact=True))
    expect(dear).to_contain_text("$0.25")
    expect(page.get_by_role("main").get_by_role("img")).to_have_count(3)

    page.get_by_role("radio", name="Day", exact=True).click()
    expect(page).to_have_url("/usage?span=7")
    days = table.get_by_role("rowgroup").nth(1).get_by_role("row")
    expect(days).to_have_count(len(installation.get("/usage", by="day")["items"]))
    address = page.get_by_role("link", name="As CSV").get_attribute("href")
    assert address
    lines = csv.DictReader(installation.api.get(address).text.splitlines())
    assert sum(int(line["replies"]) for line in lines) == report["totals"]["replies"]
