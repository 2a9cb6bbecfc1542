"""The text of a running attempt, where it is made, sent and followed."""


class GrowingText:
    """A text that grows at its end, and is joined only when somebody asks for all of it.

    Attributes:
        length: in code points.
    """

    __slots__ = ("_pieces", "length")

    def __init__(self, text: str) -> None:
        self._pieces = [text]
        self.length = len(text)

    @property
    def text(self) -> str:
        """All text so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    def extend(self, text: str) -> None:
        """Add text at the end."""
        self._pieces.append(text)
        self.length += len(text)
