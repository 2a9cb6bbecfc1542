"""A parser of server-sent events that takes bytes as they arrive and gives the data of whole events."""

LONGEST_EVENT_BYTES = 1 << 20  # S70


class EventTooLong(ValueError):
    """An event did not end within `LONGEST_EVENT_BYTES`."""


class EventParser:
    """Splits one stream into events, as the WHATWG standard has it; only their `data` is kept.

    Comments and other fields are skipped. Lines may end in LF, CR or CRLF, and bytes may be cut anywhere, also within a
    character. Events without data are left out.
    """

    __slots__ = ("_after_cr", "_rest", "_started")

    def __init__(self) -> None:
        self._rest = bytearray()
        self._after_cr = False
        self._started = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the data of the events that `chunk` completes, in order.

        Raises:
            EventTooLong: see there.
        """
        if not self._started:
            chunk = self._without_byte_order_mark(chunk)
        if b"\r" in chunk or self._after_cr:
            chunk = self._with_plain_line_ends(chunk)
        rest = self._rest
        if not rest:
            end = chunk.rfind(b"\n\n")
            if end < 0:
                rest += chunk
            else:
                rest += chunk[end + 2 :]
                return _events(chunk[:end])
        else:
            searched = len(rest) - 1  # its last byte may be the first of two line ends
            rest += chunk
            end = rest.rfind(b"\n\n", max(searched, 0))
            if end >= 0:
                whole = bytes(rest[:end])
                del rest[: end + 2]
                return _events(whole)
        if len(rest) > LONGEST_EVENT_BYTES:
            raise EventTooLong
        return []

    def end(self) -> list[bytes]:
        """Return what the stream's end completes: many a server leaves out the last empty line."""
        rest = bytes(self._rest)
        self._rest.clear()
        return _events(rest)

    def _without_byte_order_mark(self, chunk: bytes) -> bytes:
        mark = b"\xef\xbb\xbf"
        chunk = bytes(self._rest) + chunk
        self._rest.clear()
        if len(chunk) < len(mark) and mark.startswith(chunk):
            self._rest += chunk
            return b""
        self._started = True
        return chunk.removeprefix(mark)

    def _with_plain_line_ends(self, chunk: bytes) -> bytes:
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if chunk.endswith(b"\r"):  # the line has ended; a line feed that follows belongs to it
            self._after_cr = True
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _events(blocks: bytes) -> list[bytes]:
    events = []
    for block in blocks.split(b"\n\n"):
        if block.startswith(b"data: ") and b"\n" not in block:
            events.append(block[6:])
        elif block:
            lines = [line.removeprefix(b" ") for name, line in map(_field, block.split(b"\n")) if name == b"data"]
            if lines:
                events.append(b"\n".join(lines))
    return events


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value
