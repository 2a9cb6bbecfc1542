"""How well an entry fits a question.

Only the entry itself counts. What is usual in a language's words would have to be learnt from everybody's texts, and
then another user's would move a hit; every hit has all the words anyway.
"""

from causerie.db.search import Query, Term

NAMED, NAMED_SO_FAR = 2.0, 1.5
"""For a word of a title; for one that begins so."""
FOLLOWING = 0.25
"""For two words that stand side by side as they were asked for."""
USUAL_WORDS = 200
"""In a text of so many words more, a word has to be said once more for the same."""


def score(terms: str, query: Query) -> float:
    """Return how well an entry's `terms` fit; the same on every database."""
    named, _, text = terms.partition("\n")
    weight = 0.5 + text.count(" ") / USUAL_WORDS
    total = sum(max(_in_name(named, term), _in_text(text, term, weight)) for term in query.terms)
    pairs = zip(query.terms, query.terms[1:], strict=False)
    following = sum(f" {' '.join(one.tokens)} {' '.join(next_.tokens)}" in terms for one, next_ in pairs)
    return round((total + FOLLOWING * following) / len(query.terms), 4)


def _in_name(named: str, term: Term) -> float:
    phrase = " ".join(term.tokens)
    if f" {phrase} " in named:
        return NAMED
    return NAMED_SO_FAR if term.beginning and f" {phrase}" in named else 0.0


def _in_text(text: str, term: Term, weight: float) -> float:
    phrase = " ".join(term.tokens)
    times = text.count(f" {phrase}" if term.everywhere else f" {phrase} ")
    return times / (times + weight)
