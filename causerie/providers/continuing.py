"""Where a reply that was cut off can be taken up again."""


def kept_length(partial: str) -> int:
    """Return how many code points of `partial` a later attempt keeps when it continues the text.

    A text ends anywhere, a model's tokens do not: from the middle of a word a model goes on with a wrong one, and after
    a trailing space it starts as if a new line began. So the last word, which may be half of one, and the space before
    it are given up. In a script without spaces that would be everything, so a text without a space in its last 64 code
    points is kept whole.
    """
    window_start = max(0, len(partial) - _LONGEST_WORD)
    for end in range(len(partial), window_start, -1):
        if partial[end - 1].isspace():
            return len(partial[:end].rstrip())
    return len(partial) if window_start else 0


_LONGEST_WORD = 64
