"""What can go wrong, said so that a person knows what happened, what is safe and what to do (RFC 9457)."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class FieldError(BaseModel):
    """One fault of the input: `pointer` is a JSON pointer (RFC 6901) into the body, or `?name` for the query."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """The body of every refused request, and the members of every `error` frame."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str = Field(description="Stable; programs decide by it.")
    detail: str
    request_id: str | None = None
    retryable: bool = False
    errors: list[FieldError] | None = None


class CauserieError(Exception):
    """A refusal that a caller may see: named for what happened, with the facts a caller needs.

    Subclasses set `status`, `code` and `title`; `facts` become further members of the problem document.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on the server"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, /, *, errors: list[FieldError] | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.facts = facts

    def problem(self, request_id: str | None = None) -> Problem:
        """Return this refusal as a problem document."""
        return Problem(
            title=self.title,
            status=self.status,
            code=self.code,
            detail=self.detail,
            request_id=request_id,
            retryable=self.retryable,
            errors=self.errors,
            **self.facts,
        )


class NotFound(CauserieError):
    """No such row, or another user's: the two are never told apart."""

    status, code, title = 404, "not_found", "There is no such thing here"


class Conflict(CauserieError):
    """The request contradicts what is stored."""

    status, code, title = 409, "conflict", "This contradicts what is stored"


class InvalidInput(CauserieError):
    """The input has the right form but wrong values; `errors` names each."""

    status, code, title = 422, "invalid", "Some of the input is not valid"


class Busy(CauserieError):
    """More work waits than the process takes; nothing was stored."""

    status, code, title, retryable = 503, "busy", "The server has too much to do right now", True
