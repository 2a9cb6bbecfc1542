"""Personas: made, used, and deleted with a word about who uses them."""

from playwright.sync_api import expect

from tests.browser.chat import Chat


def test_a_persona_is_made_used_deleted_and_brought_back(chat: Chat) -> None:
    page = chat.page
    page.goto("/profiles")
    page.get_by_role("link", name="New persona").first.click()
    page.get_by_label("Name", exact=True).fill("Eleanor")
    page.get_by_label("Description").fill("A clockmaker’s daughter.")
    page.get_by_role("button", name="Save").click()
    eleanor = page.get_by_role("article", name="Eleanor", exact=True)
    expect(eleanor).to_contain_text("A clockmaker’s daughter.")
    (row,) = (item for item in chat.installation.get("/profiles")["items"] if item["name"] == "Eleanor")
    wren = chat.installation.character("Wren")
    chat.installation.post(
        "/sessions", {"character_id": wren["id"], "user_profile_id": row["id"], "title": "A letter to Eleanor"}
    )

    eleanor.get_by_text("Where used").click()
    expect(eleanor.get_by_role("link", name="A letter to Eleanor")).to_be_visible()
    eleanor.get_by_role("button", name="Delete Eleanor").click()
    expect(page.get_by_text("Eleanor is in the trash. One chat keeps this persona.", exact=True)).to_be_visible()
    expect(eleanor).to_have_count(0)

    page.get_by_role("button", name="Undo").click()
    expect(eleanor).to_be_visible()
    assert chat.installation.get(f"/profiles/{row['id']}")["name"] == "Eleanor"
