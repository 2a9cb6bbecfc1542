"""What can be asked about usage."""

from typing import Any

from sqlalchemy import RowMapping

from causerie.db.work import Work
from causerie.usage import repository
from causerie.usage.schemas import Milliseconds, Usage, UsageItem, UsageQuery, UsageReport


def report(work: Work, query: UsageQuery) -> UsageReport:
    """Return what the actor's replies consumed, as their messages tell it: three statements at most."""
    totals = repository.total_spent(work, query)
    if totals is None:
        nothing = Usage(replies=0, prompt_tokens=0, completion_tokens=0, cost=None, first_token_ms=None, total_ms=None)
        return UsageReport(items=[], totals=nothing)
    items = [
        UsageItem(key="" if row["key"] is None else str(row["key"]), label=row["label"] or "", **_measured(row))
        for row in repository.list_spent(work, query)
    ]
    return UsageReport(items=items, totals=Usage(**_measured(totals)))


def _measured(row: RowMapping) -> dict[str, Any]:
    counts = {name: int(row[name]) for name in ("replies", "prompt_tokens", "completion_tokens")}
    return {
        **counts,
        "cost": row["cost"],
        "first_token_ms": _percentiles(row["first_token_ms_p50"], row["first_token_ms_p95"]),
        "total_ms": _percentiles(row["total_ms_p50"], row["total_ms_p95"]),
    }


def _percentiles(p50: int | None, p95: int | None) -> Milliseconds | None:
    return None if p50 is None or p95 is None else Milliseconds(p50=p50, p95=p95)
