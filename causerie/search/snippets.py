"""The part of a text that shows why it was found."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from causerie.db.search import Finder, fold, spread

LONGEST_SNIPPET = 160
BEFORE = 40
"""Code points before the first word that was found."""
SLICE, OVERLAP = 2_000, 100
ELLIPSIS = "…"
_ONE_LINE = dict.fromkeys(map(ord, "\n\r\t\v\f\x85\u2028\u2029"), " ")

_NOT_SIMPLE = "\0"
_NOT_SIMPLE_LETTERS = re.compile(r"[^\0]?\0+")
"""With the simple character before them, which some belong to."""

Mark = tuple[int, int]


def snippet(text: str, words: Finder) -> tuple[str, list[Mark]]:
    """Return the beginning of `text` that has a word in it, or its place further on, and where words stand there."""
    first = _first(text, words)
    start = 0 if first < LONGEST_SNIPPET - BEFORE else first - BEFORE
    if start and (space := text.find(" ", start, first)) >= 0:
        start = space + 1
    end = min(len(text), start + LONGEST_SNIPPET)
    if end < len(text) and (space := text.rfind(" ", start + LONGEST_SNIPPET - BEFORE, end)) > 0:
        end = space
    shown = text[start:end]
    before = ELLIPSIS if start else ""
    after = ELLIPSIS if end < len(text) else ""
    marks = [(one + len(before), other + len(before)) for one, other in find(shown, words)]
    return before + shown.translate(_ONE_LINE) + after, marks


def find(text: str, words: Finder) -> Iterator[Mark]:
    """Yield where words stand in `text`, in code points."""
    simple = text.translate(_SIMPLE)
    if _NOT_SIMPLE not in simple:
        yield from words.places(simple)
    else:
        folded, origins = _folded(text, simple)
        for start, end in words.places(folded):
            yield origins[start], origins[end]


def _first(text: str, words: Finder) -> int:
    """Return where the first word stands; 0 when none does. A long text is looked through slice by slice."""
    for start in range(0, len(text), SLICE):
        if mark := next(find(text[start : start + SLICE + OVERLAP], words), None):
            return start + mark[0]
    return 0


def _folded(text: str, simple: str) -> tuple[str, list[int]]:
    """Return the words of `text`, folded, and where in it each of their characters comes from.

    Args:
        simple: the text with every simple letter folded: only what is left has to be looked at.
    """
    parts: list[str] = []
    origins: list[int] = []
    done = 0
    for stretch in _NOT_SIMPLE_LETTERS.finditer(simple):
        start, stretch_end = stretch.span()
        parts.append(simple[done:start])
        origins += range(done, start)
        while start < stretch_end:
            end = start + 1
            while end < stretch_end and _belongs(text[end]):
                end += 1
            part = _fold_letter(text[start:end])
            parts.append(part)
            origins += [start] * len(part)
            start = end
        done = stretch_end
    parts.append(simple[done:])
    origins += range(done, len(text) + 1)
    return "".join(parts), origins


@lru_cache(4_096)
def _fold_letter(letter: str) -> str:
    return spread(fold(letter))


def _belongs(character: str) -> bool:
    """Tell whether a character changes the one before it: a mark, a later jamo, half a width's sign of a voice."""
    return (
        "\u1160" <= character <= "\u11ff"
        or unicodedata.category(character) in {"Mn", "Me", "Cf"}
        or character in "\uff9e\uff9f"
    )


class _Simple(dict[int, str]):
    """For `str.translate`: what each character is folded to, where that is one character, whatever stands beside it."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _fold_letter(character)
        self[code] = value = _NOT_SIMPLE if len(folded) != 1 or _belongs(character) else folded
        return value


_SIMPLE = _Simple()
