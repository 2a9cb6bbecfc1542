"""Where a reply that was cut is taken up again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.providers.continuing import kept_length


@pytest.mark.parametrize(
    ("partial", "kept"),
    [
        ("", ""),
        ("Good", ""),
        ("Good ev", "Good"),
        ("Good evening ", "Good evening"),
        ("Good evening,\n\n", "Good evening,"),
        ("Good evening, trav", "Good evening,"),
        ("灯" * 80, "灯" * 80),  # written without spaces: nothing tells a word's border
    ],
)
def test_the_last_word_and_the_space_before_it_are_given_up(partial: str, kept: str) -> None:
    assert partial[: kept_length(partial)] == kept


@given(st.text(max_size=200))
def test_what_is_kept_is_a_beginning_that_ends_in_no_space(partial: str) -> None:
    kept = partial[: kept_length(partial)]

    assert partial.startswith(kept)
    assert kept == kept.rstrip() or " " not in partial[-64:]
