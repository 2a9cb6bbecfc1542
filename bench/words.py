"""Texts as people and models write them, in four scripts: their lengths, and how seldom most words are."""

import random
from collections.abc import Callable
from itertools import accumulate, pairwise

MOST_WORDS = 600
USUAL_WORDS = 50
"""Of each script: nobody looks for these."""

Letters = Callable[[random.Random, int], str]


def _latin(chance: random.Random, length: int) -> str:
    return "".join(chance.choice("aeiou" if place % 2 else "bcdfghklmnprstvw") for place in range(length))


def _of(letters: str) -> Letters:
    return lambda chance, length: "".join(chance.choices(letters, k=length))


class Script:
    """A script with a vocabulary of its own: the place of a word in it decides how often it is said, after Zipf.

    Args:
        lengths: of its words, in letters.
        spaced: whether spaces stand between words, and not only between sentences.
    """

    def __init__(
        self, chance: random.Random, letters: Letters, words: int, lengths: tuple[int, int], *, spaced: bool
    ) -> None:
        made: dict[str, None] = {}
        while len(made) < words:
            made[letters(chance, chance.randint(*lengths))] = None
        self._words = list(made)
        self._places = {word: place for place, word in enumerate(self._words)}
        self._weights = list(accumulate(1 / (place + 3) for place in range(words)))
        self._spaced = spaced

    def text(self, chance: random.Random, usual_length: int) -> tuple[str, tuple[str, str] | None]:
        """Return a text of about so many words, and two of them to look for; None if there are none."""
        length = min(MOST_WORDS, max(1, round(usual_length * chance.lognormvariate(0.0, 0.7))))
        said = chance.choices(self._words, cum_weights=self._weights, k=length)
        seldom = [word for word in dict.fromkeys(said) if len(word) > 1 and self._places[word] >= USUAL_WORDS]
        sought = (chance.sample(seldom, 2)) if len(seldom) > 1 else None
        if self._spaced:
            return f"{' '.join(said)}.", (sought[0], sought[1]) if sought else None
        sentences = pairwise([*range(0, length, 8), length])
        text = " ".join("".join(said[start:end]) for start, end in sentences)
        return text, (sought[0], sought[1]) if sought else None


def scripts(chance: random.Random) -> list[Script]:
    """Return ten scripts to take in turn: Latin seven times, Arabic, Chinese and Thai once."""
    han = "".join(map(chr, range(0x4E00, 0x4E00 + 3_000)))
    thai = "".join(map(chr, [*range(0x0E01, 0x0E2F), *range(0x0E40, 0x0E45), *range(0x0E30, 0x0E37)]))
    latin = Script(chance, _latin, 30_000, (2, 12), spaced=True)
    return [
        Script(chance, _of("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"), 20_000, (2, 8), spaced=True),
        Script(chance, _of(han), 20_000, (1, 3), spaced=False),
        Script(chance, _of(thai), 10_000, (2, 7), spaced=False),
        *[latin] * 7,
    ]
