"""Where a tiny model's reply ends, and that nothing which was given out is taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.providers.local.short_reply import SHORT, ShortReply

LONG = "The lamp turned and turned all night while the sea went on talking to itself about the ships it had known."


def told(pieces: list[str], reason: str | None = "stop", prefix: str = "") -> str:
    reply = ShortReply(prefix)
    text = ""
    for piece in pieces:
        text += reply.feed(piece)
        if reply.full:
            return text
    return text + reply.end(reason)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hello there!", "Hello there!"),
        ("One is here. Two is here. Three is here. Four is here.", "One is here. Two is here. Three is here."),
        (f"{LONG} {LONG} Three.", f"{LONG} {LONG}"),
        (f"{LONG} Two. {LONG}", f"{LONG} Two."),
        ("One line.\nAnother one.", "One line."),
        ("\n\n  Well. Yes.", "Well. Yes."),
        ("Wait... what? No! Never.", "Wait... what? No! Never."),
        ('"Oh!" she said. "Come in." Then she laughed. She sat.', '"Oh!" she said. "Come in." Then she laughed.'),
        ("Mr. Gull and Dr. Sea met. They sang. They left. The end.", "Mr. Gull and Dr. Sea met. They sang. They left."),
        ("It costs 3.50 a pound. Good.", "It costs 3.50 a pound. Good."),
        ("*waves* Hello! *sits down.* Tea? Now.", "*waves* Hello! *sits down.* Tea?"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("by", [1, 3, 1000])
def test_two_sentences_or_three_short_ones_in_one_paragraph(text: str, kept: str, by: int) -> None:
    assert told([text[place : place + by] for place in range(0, len(text), by)]) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One is here. Two is unfin", "One is here."),
        ("One is here. Two is here. Three is", "One is here. Two is here."),
        ("One is here. Two is here.", "One is here. Two is here."),
        ("An only sentence that never", "An only sentence that never"),
    ],
)
def test_a_last_sentence_that_ran_out_of_tokens_is_dropped_unless_it_is_the_only_one(text: str, kept: str) -> None:
    assert told(list(text), "length") == kept


def test_a_last_sentence_that_the_model_ended_itself_needs_no_mark() -> None:
    assert told(list("One is here. Two is a poem")) == "One is here. Two is a poem"


def test_the_first_sentence_is_given_out_as_it_grows() -> None:
    reply = ShortReply()

    assert [reply.feed(piece) for piece in ("Good", " evening", ", trav", "eller", ".")] == [
        "Good",
        " evening",
        ", trav",
        "eller",
        ".",
    ]


def test_a_further_sentence_is_given_out_when_it_is_whole() -> None:
    reply = ShortReply()

    assert [reply.feed(piece) for piece in ("Hello.", " Come", " in", ".", " There", " is", " tea.")] == [
        "Hello.",
        "",
        "",
        "",
        " Come in.",
        "",
        "",
    ]
    assert reply.end("stop") == " There is tea."


@pytest.mark.parametrize(
    ("prefix", "text", "added"),
    [
        ("Good evening, trav", "eller. Come in. Sit. More.", "eller. Come in. Sit."),
        ("Good evening. Come i", "n. Sit. More.", "n. Sit."),
        ("Good evening. Come i", "n and", "n and"),  # what was given out before is finished, not dropped
        ("Good evening.", " Come in. Sit. More.", " Come in. Sit."),
        ("Good evening. ", " Come in. Sit. More.", "Come in. Sit."),
        ("One. Two. Three.", " Four. Five. Six. Seven.", " Four. Five. Six."),
        ("Good evening.", "\nAnd more.", ""),
    ],
)
def test_a_continued_reply_counts_what_is_there_already(prefix: str, text: str, added: str) -> None:
    assert told(list(text), "length", prefix) == added


PIECES = st.lists(st.text(alphabet='aB .!?\n"*', max_size=12), max_size=20)


@given(PIECES, st.sampled_from(["stop", "length", None]), st.text(alphabet="aB .!?", max_size=40))
def test_the_cuts_of_the_pieces_change_nothing(pieces: list[str], reason: str | None, prefix: str) -> None:
    whole = "".join(pieces)

    assert told(pieces, reason, prefix) == told(list(whole), reason, prefix)


@given(PIECES, st.text(alphabet="aB .!?", max_size=40))
def test_a_reply_is_the_beginning_of_what_the_model_said(pieces: list[str], prefix: str) -> None:
    text = told(pieces, "length", prefix)

    assert "".join(pieces).lstrip().startswith(text.lstrip())
    assert "\n" not in text
    assert text == text.rstrip()


@given(st.text(alphabet="aB .!", max_size=400))
def test_a_reply_has_at_most_three_sentences_and_three_are_short(said: str) -> None:
    text = told(list(said))

    ends = [place for place in range(1, len(text)) if text[place - 1] in ".!" and text[place:].lstrip(" .!")[:1] == "B"]
    assert len(text) <= SHORT or len(ends) <= 2
