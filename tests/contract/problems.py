"""What every refusal looks like (RFC 9457), whatever was refused."""

import re
from typing import Any

import httpx

MEMBERS = ("type", "title", "status", "code", "detail", "request_id", "retryable")
CODE = re.compile(r"[a-z][a-z0-9_]*")
INTERNALS = re.compile(
    r"Traceback|File \"|sqlalchemy|sqlite3|pydantic|\.py\b|SELECT |INSERT |/site-packages/|/home/|/tmp/"
)

Problem = dict[str, Any]


def refusal(response: httpx.Response, status: int | set[int], code: str | None = None) -> Problem:
    """Check that this answer is a problem document of that status (and code), and return it."""
    allowed = {status} if isinstance(status, int) else status
    assert response.status_code in allowed, f"{response.status_code} instead of {allowed}: {response.text[:500]}"
    assert response.headers["content-type"].split(";")[0] == "application/problem+json"
    problem: Problem = response.json()
    missing = [member for member in MEMBERS if member not in problem]
    assert not missing, f"without {missing}: {problem}"
    assert problem["status"] == response.status_code
    assert CODE.fullmatch(problem["code"]), problem["code"]
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"]
    assert isinstance(problem["retryable"], bool)
    assert not INTERNALS.search(response.text), f"internals in {response.text[:500]}"
    if code is not None:
        assert problem["code"] == code, problem
    return problem


def pointers(problem: Problem) -> set[str]:
    """Return the places in the input that the problem names."""
    return {error["pointer"] for error in problem["errors"]}


def codes(problem: Problem) -> set[str]:
    """Return the codes of the single faults."""
    return {error["code"] for error in problem["errors"]}
