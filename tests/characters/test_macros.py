"""Names in authored texts."""

import pytest

from causerie.characters.macros import LONGEST_CODE_POINTS, substitute


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{char}} and <BOT> meet {{User}} and <USER>.", "Wren and Wren meet Ada and Ada."),
        ("{{roll:6}}, {{ char }} and {0.__class__} stay.", "{{roll:6}}, {{ char }} and {0.__class__} stay."),
    ],
)
def test_names_stand_for_themselves_and_nothing_else_is_read(text: str, named: str) -> None:
    assert substitute(text, char="Wren", user="Ada") == named


def test_a_name_that_names_itself_is_put_in_once() -> None:
    assert substitute("{{char}}", char="{{char}}{{user}}", user="Ada") == "{{char}}{{user}}"


@pytest.mark.req("S52")
def test_names_make_no_text_longer_than_its_limit() -> None:
    text = "<BOT>" * 10_000

    named = substitute(text, char="n" * 200, user="Ada")

    assert len(named) <= LONGEST_CODE_POINTS
    assert named.startswith("n" * 200)
    assert named.endswith("<BOT>")


def test_a_text_that_is_longer_already_keeps_its_words() -> None:
    text = "word " * 20_000

    assert substitute(text + "{{user}}", char="Wren", user="Ada") == text + "Ada"
