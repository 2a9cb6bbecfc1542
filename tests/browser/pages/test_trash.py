"""What was deleted: seen, brought back, and gone for good only after a question."""

from playwright.sync_api import expect

from tests.browser.chat import Chat


def test_things_come_back_from_the_trash_until_all_is_deleted_for_good(chat: Chat) -> None:
    installation, page = chat.installation, chat.page
    ada = installation.post("/characters", {"name": "Ada of the trash"})
    session = installation.post("/sessions", {"character_id": ada["id"], "title": "A night in the trash"})
    other = installation.post("/sessions", {"title": "A farewell"})
    for row in (session, other):
        installation.api.delete(f"/sessions/{row['id']}").raise_for_status()

    page.goto("/trash")
    expect(page.get_by_role("listitem").filter(has_text="A night in the trash")).to_contain_text("Chat · deleted")
    page.get_by_role("button", name="Restore A night in the trash").click()
    expect(page.get_by_text("“A night in the trash” is back", exact=True)).to_be_visible()
    assert installation.get(f"/sessions/{session['id']}")["title"] == "A night in the trash"
    link = page.get_by_role("navigation", name="Chats").locator(f"a[href='/c/{session['id']}']")
    expect(link).to_be_visible()

    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("button", name="Restore A farewell")).to_be_visible()
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("main")).to_contain_text("The trash is empty.")
    assert installation.get("/trash")["items"] == []
    assert installation.api.post(f"/sessions/{other['id']}/restore", json={}).status_code == 404
