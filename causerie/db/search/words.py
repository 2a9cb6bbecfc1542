"""What a text is found by: its words, the same for a text that is stored and for a question, on every database.

Case, width and marks over letters make no difference. Where a script is written without spaces each two neighbours are
a word, and each character by itself, so that any part of such a text finds it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_WORD = 64
"""Code points; what is longer is found by its beginning."""
MOST_CODE_POINTS = 150_000
"""Of one text's words; what follows is not found. PostgreSQL keeps at most a megabyte of them."""
MOST_QUERY_WORDS = 16
SHORTEST_BEGINNING = 3
"""Code points from which on a word that is still being typed finds longer ones in any text; in names all do."""
NAME_MARK = "_"
"""Before the beginning of a name's word, which is kept like a word. No word has it in it."""

# Thai, Lao · Myanmar · Khmer · Tai Le, Tai Lue, Khmer signs · Tai Tham · 々〆〇 · kana, bopomofo · Han · Yi ·
# Javanese · Myanmar's additions · Han.
_UNSPACED_CHARACTERS = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u3005-\u3007\u3041-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua980-\ua9df\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U000323af"
)
_UNSPACED = re.compile(f"[{_UNSPACED_CHARACTERS}]+")
_ASCII_WORD = re.compile("[a-z0-9]+")


class _Marks(dict[int, int | None]):
    """What `str.translate` leaves out: marks that stand on letters, and what only directs how letters are drawn.

    The classes of marks without a place of their own (voiced kana, viramas, vowels) change what is read, and stay.
    """

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        place = unicodedata.combining(character)
        dropped = (
            place == 1
            or 10 <= place <= 36
            or place >= 200
            or unicodedata.category(character) in {"Cf", "Me"}
            or character == "\u0640"  # Arabic's lengthening stroke
            or 0xFE00 <= code <= 0xFE0F
            or 0xE0100 <= code <= 0xE01EF
        )
        self[code] = value = None if dropped else code
        return value


class _Letters(dict[int, int]):
    """For `str.translate`: letters, numbers and their marks as they are, a space for everything else."""

    def __missing__(self, code: int) -> int:
        self[code] = value = code if unicodedata.category(chr(code))[0] in "LNM" else 0x20
        return value


_MARKS = _Marks()
_LETTERS = _Letters()


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a question. `text` is the word folded, `tokens` are what it is kept as.

    Several tokens stand one after the other. `beginning`: longer words count too, in names and, if it is long enough,
    in every text.
    """

    text: str
    tokens: tuple[str, ...]
    beginning: bool = False

    @property
    def unspaced(self) -> bool:
        """Whether it is of a script without spaces, so that it may stand within a word."""
        return _UNSPACED.fullmatch(self.text) is not None

    @property
    def everywhere(self) -> bool:
        """Whether words that begin so count in every text."""
        return self.beginning and len(self.text) >= SHORTEST_BEGINNING


@dataclass(frozen=True, slots=True)
class Query:
    """A question: a text is a hit when it has every term."""

    terms: tuple[Term, ...]


class Finder:
    """Finds the words of a question, as far as they are asked for, in a text that is `spread`."""

    def __init__(self, query: Query) -> None:
        self._terms = sorted(query.terms, key=lambda term: -len(term.text))
        # What may stand beside a word is looked at where one was found: to compile that many characters takes longer
        # than a whole search.
        self._any = re.compile("|".join(term.text for term in self._terms))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield from where to where words stand, one after the other; of those that begin together the longest."""
        start = 0
        while match := self._any.search(text, start):
            place = match.start()
            if end := self._end(text, place):
                yield place, end
            start = end or place + 1

    def _end(self, text: str, place: int) -> int:
        for term in self._terms:
            end = place + len(term.text)
            if text.startswith(term.text, place) and _stands_alone(text, place, end, term):
                return end
        return 0


def fold(text: str) -> str:
    """Return a text in which whatever makes no difference is made equal."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    # Casefolding composes a few letters again, and decomposing shows a few that have a small form.
    folded = unicodedata.normalize("NFKD", folded).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFD", folded).translate(_MARKS))


def words(text: str) -> Iterator[str]:
    """Yield the words that a text is kept as, in its order; single characters of a script without spaces come last."""
    if text.isascii():
        for word in _ASCII_WORD.findall(text.lower()):
            yield word[:LONGEST_WORD]
        return
    single: dict[str, None] = {}
    for part, unspaced in _parts(fold(text)):
        if unspaced:
            yield from _pairs(part)
            single.update(dict.fromkeys(part))
        else:
            yield part[:LONGEST_WORD]
    yield from single


def kept(title: str, text: str) -> str:
    """Return what is kept of an entry: words between spaces; those of its title, marked beginnings, a line, its text.

    Words of a title are also found by their beginnings.
    """
    named = list(words(title))
    beginnings = dict.fromkeys(NAME_MARK + word[:length] for word in named for length in range(1, SHORTEST_BEGINNING))
    left = MOST_CODE_POINTS
    taken: list[str] = []
    for word in (*named, *beginnings, "\n", *words(text)):
        left -= len(word) + 1
        if left < 0:
            break
        taken.append(word)
    return f" {' '.join(taken)} "


def parse(question: str) -> Query:
    """Return what is asked for: the first words of `question`, each once. Its end may be the beginning of a word."""
    folded = fold(question)
    parts = list(_parts(folded))
    typing = bool(folded) and spread(folded)[-1] != " "
    terms: dict[tuple[str, ...], Term] = {}
    for place, (part, unspaced) in enumerate(parts):
        if unspaced:
            tokens = tuple(_pairs(part)) or (part,)
            terms[tokens] = Term(part, tokens)
        else:
            word = part[:LONGEST_WORD]
            terms[word,] = Term(word, (word,), typing and place == len(parts) - 1)
        if len(terms) == MOST_QUERY_WORDS:
            break
    return Query(tuple(terms.values()))


def spread(folded: str) -> str:
    """Return a folded text, as long as it is, with a space for everything that is in no word."""
    return folded.translate(_LETTERS)


def _parts(folded: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of a folded text, and whether they are of a script without spaces."""
    for part in spread(folded).split():
        if part.isascii():
            yield part, False
            continue
        end = 0
        for run in _UNSPACED.finditer(part):
            if run.start() > end:
                yield part[end : run.start()], False
            yield run[0], True
            end = run.end()
        if end < len(part):
            yield part[end:], False


def _stands_alone(text: str, start: int, end: int, term: Term) -> bool:
    return term.unspaced or not (_is_of_word(text, start - 1) or (not term.beginning and _is_of_word(text, end)))


def _is_of_word(text: str, place: int) -> bool:
    """Tell whether a word of a script with spaces goes on at `place`."""
    return 0 <= place < len(text) and text[place] != " " and _UNSPACED.match(text, place) is None


def _pairs(run: str) -> Iterator[str]:
    for place in range(len(run) - 1):
        yield run[place : place + 2]
