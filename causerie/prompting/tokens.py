"""How many tokens a text has, where only an estimate is possible, and how many it can have at most."""

import re

# Tokens per code point, on the careful side of what the common byte-pair tokenizers do with running text.
LATIN = 0.28
"""The lowest rate: no script has fewer."""
_RATES: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile("[\u0080-\u036f\u1e00-\u1eff\u2000-\u206f]+"), 0.7),  # accented letters, typographic marks
    (re.compile("[\u0370-\u052f]+"), 0.45),  # Greek, Cyrillic
    (re.compile("[\u0530-\u08ff]+"), 0.65),  # Armenian, Hebrew, Arabic and neighbours
    (re.compile("[\u0900-\u1dff]+"), 1.1),  # the scripts of India and South-East Asia
    (re.compile("[\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]+"), 1.1),  # Chinese, Japanese, Korean
    (re.compile("[\u2070-\u2e7f\ue000-\uf8ff\ufb00-\ufeff\U00010000-\U0010ffff]+"), 2.5),  # symbols, emoji
)

MESSAGE_OVERHEAD = 4
"""Tokens that a chat template spends on each message beside its text."""


def estimate(text: str) -> int:
    """Return about how many tokens `text` has, by its scripts."""
    if text.isascii():
        return round(len(text) * LATIN + 0.5)
    tokens = 0.0
    rest = len(text)
    for script, rate in _RATES:
        count = sum(map(len, script.findall(text)))
        tokens += count * rate
        rest -= count
    return round(tokens + rest * LATIN + 0.5)


def at_most(text: str) -> int:
    """Return how many tokens `text` has at most: no tokenizer in use makes more of them than there are bytes."""
    return len(text) if text.isascii() else len(text.encode())
