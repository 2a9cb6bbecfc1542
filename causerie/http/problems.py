"""Every refusal as `application/problem+json`, whoever refused: a route, the validation, the router or a bug."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from causerie.errors import CauserieError, FieldError, InvalidInput, NotFound, Problem

PROBLEM_TYPE = "application/problem+json"
MOST_FAULTS = 100
LONGEST_TOLD = 1_000

# Our stable words for the library's kinds of fault; what is not here is `invalid`.
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "bytes_too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
    "blank": "blank",
    "literal_error": "not_allowed",
    "enum": "not_allowed",
    "uuid_parsing": "not_a_uuid",
    "uuid_type": "not_a_uuid",
    "datetime_parsing": "not_a_time",
    "datetime_from_date_parsing": "not_a_time",
    "timezone_aware": "not_a_time",
    "string_pattern_mismatch": "wrong_form",
}


class MalformedRequest(CauserieError):
    """The request's body cannot be read as what it says it is."""

    status, code, title = 400, "malformed_body", "The request's body cannot be read"


class PayloadTooLarge(CauserieError):
    """The body is larger than this route takes; reading stopped there."""

    status, code, title = 413, "too_large", "The request's body is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} bytes are accepted here.", limit=limit)


class UnsupportedMediaType(CauserieError):
    """The body is not of the type that this route reads."""

    status, code, title = 415, "unsupported_media_type", "The request's body has the wrong type"


class Invalid(InvalidInput):
    """The input does not have the shape that the route documents; the code is the faults' own where all agree."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(_sentence(errors), errors=errors)

    def problem(self, request_id: str | None = None) -> Problem:
        problem = super().problem(request_id)
        codes = {error.code for error in self.errors or ()}
        return problem.model_copy(update={"code": codes.pop()}) if len(codes) == 1 else problem


def field_errors(faults: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Translate the first of the validation's faults; `loc` begins with `body`, `query` or `header`.

    Names and values of the input stand in them, so that without limits an answer could be far larger than its request.
    """
    return [
        FieldError(
            pointer=_pointer(fault["loc"])[:LONGEST_TOLD],
            code=_code(fault["type"]),
            detail=fault["msg"][:LONGEST_TOLD],
        )
        for fault in islice(faults, MOST_FAULTS)
    ]


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with the document."""
    sent = dict(headers or {})
    retry_after = (problem.model_extra or {}).get("retry_after")
    if retry_after is not None:
        sent["retry-after"] = str(max(1, round(retry_after)))
    return Response(problem.model_dump_json(exclude_none=True), problem.status, sent, PROBLEM_TYPE)


def request_id(request: Request) -> str | None:
    """Return the id under which this request stands in the log."""
    found: str | None = request.scope.get("request_id")
    return found


async def _refused(request: Request, error: CauserieError) -> Response:
    return problem_response(error.problem(request_id(request)))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    if any(fault["loc"][0] == "path" for fault in error.errors()):
        # What is no id at all names as little as an id that nobody has.
        return problem_response(NotFound("There is nothing at this address.").problem(request_id(request)))
    return problem_response(Invalid(field_errors(error.errors())).problem(request_id(request)))


async def _library_refused(request: Request, error: HTTPException) -> Response:
    """Answer what the framework refuses by itself: unknown paths, other methods, broken multipart bodies."""
    if error.status_code == MalformedRequest.status:
        malformed = MalformedRequest("The body is not what its content type says.")
        return problem_response(malformed.problem(request_id(request)))
    status = HTTPStatus(error.status_code)
    return problem_response(
        Problem(
            title=status.phrase,
            status=status,
            code=status.phrase.lower().replace(" ", "_"),
            detail=status.description or status.phrase,
            request_id=request_id(request),
        ),
        error.headers,
    )


def _pointer(place: tuple[int | str, ...]) -> str:
    source, *path = place
    if source == "body":
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "?" + ".".join(str(part) for part in path)


def _code(kind: str) -> str:
    if kind.endswith(("_type", "_parsing")) and kind not in _CODES:
        return "wrong_type"
    return _CODES.get(kind, "invalid")


def _sentence(errors: list[FieldError]) -> str:
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first.pointer or 'The body'}: {first.detail}{more}"


PROBLEM_HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    CauserieError: _refused,
    RequestValidationError: _invalid,
    HTTPException: _library_refused,
}
"""Answers for every exception that means a refusal, for the application's `exception_handlers`."""
