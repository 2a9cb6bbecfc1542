"""Well-formed text out of whatever pieces a model sends."""

from hypothesis import given
from hypothesis import strategies as st

from causerie.providers.mending import TextMender

ANY = st.text(alphabet=st.characters(), max_size=20)  # with lone surrogates


def mended(pieces: list[str]) -> str:
    mender = TextMender()
    return "".join(mender.mend(piece) for piece in pieces) + mender.end()


@given(ANY)
def test_text_that_is_well_formed_stays_as_it_is(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode().replace("\0", "")

    assert mended(list(text)) == text


@given(st.lists(ANY))
def test_what_comes_out_can_always_be_stored(pieces: list[str]) -> None:
    text = mended(pieces)

    text.encode()
    assert "\0" not in text


@given(st.lists(ANY))
def test_the_cuts_change_nothing(pieces: list[str]) -> None:
    assert mended(pieces) == mended(["".join(pieces)])


def test_a_high_half_waits_for_its_low_one() -> None:
    mender = TextMender()

    assert mender.mend("a\ud83d") == "a"
    assert mender.mend("\udc08b") == "🐈b"
    assert mender.mend("\ud83d") == ""
    assert mender.end() == "�"
