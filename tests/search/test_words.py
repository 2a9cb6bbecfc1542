"""What makes no difference between a text and a question, for every text there is."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from causerie.db.search import Finder, fold, parse, spread
from causerie.db.search.words import LONGEST_WORD, MOST_CODE_POINTS, words
from causerie.search.snippets import find

SCRIPTS = st.sampled_from(
    "aAéÉÅßſıİǅΣςñ żЖйЁیيكک\u0627\u0654\u200cابگ\u064b0٣東灯かがガｶﾞㄅกำไ\u0e49ကខ្មअनु\u094d\u0301-_'\"*\n"
)
TEXTS = st.text(st.one_of(SCRIPTS, st.characters(exclude_categories=["Cs"])), max_size=60)
SYNTAX = re.compile(r"""[\s"'*&|!():<>_\\^+-]""")


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_how_a_text_is_composed_makes_no_difference(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text)) == fold(text)


@given(TEXTS)
def test_spreading_moves_nothing(text: str) -> None:
    assert len(spread(text)) == len(text)


@given(TEXTS)
def test_no_word_is_a_sign_of_a_databases_language(text: str) -> None:
    tokens = [*words(text), *(token for term in parse(text).terms for token in term.tokens)]

    assert not [token for token in tokens if not token or SYNTAX.search(token)]


@given(TEXTS, st.data())
def test_a_text_is_found_by_each_of_its_words_and_by_any_part_without_spaces(text: str, data: st.DataObject) -> None:
    parts = spread(fold(text)).split()
    if not parts:
        assert not parse(text).terms
        return
    part = data.draw(st.sampled_from(parts))

    kept = set(words(text))

    assert {token for term in parse(f"{part} ").terms for token in term.tokens} <= kept


@given(TEXTS, TEXTS)
def test_marks_stand_in_the_text_one_after_the_other(text: str, question: str) -> None:
    asked = parse(question)
    if not asked.terms:
        return
    places = [place for mark in find(text, Finder(asked)) for place in mark]

    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


def test_a_word_without_an_end_is_kept_by_its_beginning() -> None:
    assert list(words("a" * 1_000)) == ["a" * LONGEST_WORD]
    assert parse("a" * 1_000 + " ").terms[0].text == "a" * LONGEST_WORD
    assert MOST_CODE_POINTS < 1_048_575 / 4  # PostgreSQL's limit, in bytes of UTF-8
