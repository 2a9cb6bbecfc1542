"""Ends the reply of a tiny model where it is still good: after two sentences, or three short ones, in one paragraph."""

import re

SHORT = 150  # code points that three sentences may have in all

_MARKS, _CLOSERS = r"[.!?…]", r"[\"'”’)\]*_]"
# Space shows that no more belongs to the sentence; a small letter behind it, that it goes on: "Oh!" she said.
_END = re.compile(rf"{_MARKS}+{_CLOSERS}*(?=\s+[^\sa-z])")
_AT_ITS_END = re.compile(rf"{_MARKS}{_CLOSERS}*$")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|Capt|Lt|Mt|No)\.$")


class ShortReply:
    """Says which part of a growing reply is final.

    The first sentence is given out as it grows. Each further one is kept back until it is whole and fits, because an
    unfinished or unfitting one is dropped; what was given out is never taken back. In a reply that continues `prefix`
    its sentences count, and the one that it breaks off in is finished; behind a prefix that is a full reply already,
    counting begins anew.
    """

    def __init__(self, prefix: str = "") -> None:
        self.full = False
        """Whether nothing more will be given out."""
        self._skips_space = not prefix or prefix[-1].isspace()
        self._text = "" if _final_part(prefix, 0, ended=True)[1] else prefix
        self._given = self._floor = len(self._text)

    def feed(self, piece: str) -> str:
        """Return what became final with the model's next piece; it may be empty."""
        return self._advance(piece, ended=False, whole=False)

    def end(self, reason: str | None) -> str:
        """Return what is final once the model ended, by itself or (`length`) in the middle of a sentence."""
        return self._advance("", ended=True, whole=reason != "length")

    def _advance(self, piece: str, *, ended: bool, whole: bool) -> str:
        if self.full:
            return ""
        if self._skips_space:
            piece = piece.lstrip()
            self._skips_space = not piece
        self._text += piece
        paragraph = self._text.find("\n", self._floor)
        if paragraph >= 0:
            self._text, ended, whole = self._text[:paragraph], True, True
        whole = whole or (ended and bool(_AT_ITS_END.search(self._text.rstrip())))
        place, self.full = _final_part(self._text, self._given, ended=whole)
        self.full = self.full or ended
        final = self._text[self._given : place]
        self._given = max(self._given, place)
        return final


def _final_part(text: str, given: int, *, ended: bool) -> tuple[int, bool]:
    """Return how much of `text` is final, and whether it is a full reply; `ended`: its last sentence is whole."""
    sentences, place = 0, 0
    for end in _sentence_ends(text, ended=ended):
        if sentences == 2 and end > SHORT and given <= place:
            return place, True
        sentences, place = sentences + 1, end
        if sentences == 3 or (sentences == 2 and end >= SHORT):
            return place, True
    if sentences == 0 or given > place:
        return len(text.rstrip()), False
    return place, sentences == 2 and len(text) > SHORT


def _sentence_ends(text: str, *, ended: bool) -> list[int]:
    ends = [match.end() for match in _END.finditer(text) if not _ABBREVIATION.search(text, 0, match.end())]
    last = len(text.rstrip())
    return [*ends, last] if ended and last > (ends[-1] if ends else 0) else ends
