"""Wall-clock time as rows and frames carry it: aware, UTC, microseconds."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)
