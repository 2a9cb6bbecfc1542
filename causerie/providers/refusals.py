"""What the errors of HTTP APIs mean. Nothing of their own words is kept: they may hold keys, prompts and addresses."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from causerie.clock import utc_now
from causerie.providers.protocol import (
    ContentBlocked,
    PromptTooLong,
    ProviderAuth,
    ProviderCredits,
    ProviderError,
    ProviderFailed,
    ProviderMalformed,
    ProviderRateLimited,
    ProviderRefused,
)

_TOO_LONG = {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length", "request_too_large"}
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_credits"}
_BLOCKED = {"content_filter", "content_policy_violation"}
_STATUS_OF_WORD = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "permission_error": 403,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "invalid_request_error": 400,
}


def refusal(status: int, error: Mapping[str, Any], retry_after: float | None = None) -> ProviderError:
    """Return what an HTTP status and the `error` object of its body mean."""
    words = {word.lower() for word in (error.get("code"), error.get("type")) if isinstance(word, str)}
    if words & _TOO_LONG or status == 413 or (status == 400 and _speaks_of_context_length(error)):
        return PromptTooLong()
    if words & _NO_CREDIT or status == 402:
        return ProviderCredits()
    if words & _BLOCKED:
        return ContentBlocked()
    if status in {401, 403}:
        return ProviderAuth()
    if status == 429:
        return ProviderRateLimited(retry_after=retry_after)
    if status == 408 or status >= 500:
        return ProviderFailed(retry_after=retry_after)
    return ProviderRefused() if status >= 400 else ProviderMalformed()


def refusal_inside(error: Any) -> ProviderError:
    """Return what the `error` of an event inside HTTP 200 means; its `code` is a status, a word or nothing."""
    if not isinstance(error, Mapping):
        return ProviderFailed()
    code = error.get("code")
    if isinstance(code, str):
        code = int(code) if code.isdecimal() else _STATUS_OF_WORD.get(code)
    return refusal(code if isinstance(code, int) and 400 <= code < 600 else 500, error)


def seconds_to_wait(retry_after: str | None) -> float | None:
    """Return the wish of a `Retry-After` header in seconds; None without one that can be read."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - utc_now()).total_seconds())
    except (ValueError, TypeError):  # no date, or one without its zone
        return None


def _speaks_of_context_length(error: Mapping[str, Any]) -> bool:
    message = error.get("message")
    return isinstance(message, str) and "context length" in message.lower()
