"""Usage as a table for spreadsheets (RFC 4180)."""

import csv
import io
from collections.abc import Iterable

from causerie.usage.schemas import Milliseconds, UsageItem

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
_HEAD = (
    "key",
    "label",
    "replies",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "first_token_ms_p50",
    "first_token_ms_p95",
    "total_ms_p50",
    "total_ms_p95",
)
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def written(items: Iterable[UsageItem]) -> str:
    """Return a head and a line for each item; what is not known is an empty cell.

    A text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    output = io.StringIO(newline="")
    table = csv.writer(output)
    table.writerow(_HEAD)
    for item in items:
        table.writerow(
            (
                _plain(item.key),
                _plain(item.label),
                item.replies,
                item.prompt_tokens,
                item.completion_tokens,
                item.cost,
                *_cells(item.first_token_ms),
                *_cells(item.total_ms),
            )
        )
    return output.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def _cells(milliseconds: Milliseconds | None) -> tuple[int | None, int | None]:
    return (None, None) if milliseconds is None else (milliseconds.p50, milliseconds.p95)
