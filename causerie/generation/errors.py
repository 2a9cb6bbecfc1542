"""Why a reply failed that no provider is to blame for."""

from causerie.errors import CauserieError


class Interrupted(CauserieError):
    """The process that wrote the reply ended, and asking again is the user's choice."""

    status, code, title, retryable = 503, "interrupted", "The reply was cut off", True

    def __init__(self) -> None:
        super().__init__("The server stopped while the reply was written. What came is kept: continue it, or retry.")


class OutOfTime(CauserieError):
    """The reply took longer than one reply may."""

    status, code, title, retryable = 504, "deadline_passed", "The reply took too long", True

    def __init__(self) -> None:
        super().__init__("A reply may take ten minutes. What came until then is kept: continue it, or retry.")


class ReplyFault(CauserieError):
    """An error of our own while the reply was written; the log has it under the reply's id."""

    status, code, title, retryable = 500, "internal", "Something went wrong on the server", True

    def __init__(self) -> None:
        super().__init__("The reply could not be finished because of an error here. What came is kept; try again.")
