"""Makes well-formed Unicode of what models send: some cut a character in the middle of its UTF-16 form."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class TextMender:
    """Mends one text that comes in pieces.

    Two surrogates that belong together become their character, also across pieces; one alone becomes U+FFFD; NUL, which
    PostgreSQL cannot store, is dropped.
    """

    __slots__ = ("_high",)

    def __init__(self) -> None:
        self._high = ""

    def mend(self, piece: str) -> str:
        """Return the next piece, without a high surrogate at its end whose other half may still come."""
        if piece.isascii() and not self._high:
            return piece.replace("\0", "") if "\0" in piece else piece
        piece, self._high = self._high + piece, ""
        if "\ud800" <= piece[-1:] <= "\udbff":
            piece, self._high = piece[:-1], piece[-1]
        try:
            piece.encode()
        except UnicodeEncodeError:
            piece = piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return piece.replace("\0", "")

    def end(self) -> str:
        """Return what was held back."""
        held, self._high = self._high, ""
        return REPLACEMENT if held else ""
