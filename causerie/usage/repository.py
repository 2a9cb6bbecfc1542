"""What replies consumed, summed where they are stored."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Float, RowMapping, Select, case, cast, func, literal, select

from causerie.characters.models import Character
from causerie.chats.models import Message, Role, unfinished
from causerie.db.days import day_of
from causerie.db.work import Work
from causerie.usage.schemas import UsageQuery

_LATENCIES = ("first_token_ms", "total_ms")
_PERCENTILES = {"p50": 0.5, "p95": 0.95}


def list_spent(work: Work, query: UsageQuery) -> Sequence[RowMapping]:
    """Return the sums of each day, model or character, with `key` and `label`."""
    match query.by:
        case "day":
            first, last = work.session.execute(
                select(func.min(Message.timestamp), func.max(Message.timestamp)).where(*_counted(query))
            ).one()
            if first is None:
                return []
            key: ColumnElement[Any] = day_of(Message.timestamp.expression, ZoneInfo(query.tz), first, last)
            replies = _replies(query, key, key)
        case "model":
            replies = _replies(query, Message.provider + "/" + Message.model, Message.model.expression)
        case "character":
            replies = _replies(query, Message.character_id.expression, Character.name.expression)
            replies = replies.outerjoin(Character, Character.id == Message.character_id)
    sums = _sums(replies)
    columns = sums.selected_columns
    if query.by == "day":
        sums = sums.order_by(columns.key)
    else:
        sums = sums.order_by((columns.prompt_tokens + columns.completion_tokens).desc(), columns.key)
    return work.session.execute(sums).mappings().all()


def total_spent(work: Work, query: UsageQuery) -> RowMapping | None:
    """Return the sums of all replies together; None without a reply."""
    return work.session.execute(_sums(_replies(query, literal(""), literal("")))).mappings().one_or_none()


def _counted(query: UsageQuery) -> list[ColumnElement[bool]]:
    """Tell which messages count: ended replies of models, deleted or not, since what they consumed is gone."""
    conditions = [Message.role == Role.ASSISTANT, Message.model.is_not(None), ~unfinished(Message.status.expression)]
    if query.from_ is not None:
        conditions.append(Message.timestamp >= query.from_)
    if query.to is not None:
        conditions.append(Message.timestamp < query.to)
    return conditions


def _replies(query: UsageQuery, key: ColumnElement[Any], label: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    return select(
        key.label("key"),
        label.label("label"),
        *(_told(name).label(name) for name in ("prompt_tokens", "completion_tokens", *_LATENCIES)),
        cast(Message.usage["cost"].as_string(), Float).label("cost"),
    ).where(*_counted(query))


def _told(name: str) -> ColumnElement[int]:
    return cast(Message.usage[name].as_string(), BigInteger)


def _sums(replies: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    each = replies.subquery("replies")
    # The share of a key's replies that were at least as quick; those without a time stand by themselves.
    shares = [
        func.cume_dist()
        .over(partition_by=(each.c.key, each.c[latency].is_(None)), order_by=each.c[latency])
        .label(f"{latency}_share")
        for latency in _LATENCIES
    ]
    ranked = select(each, *shares).subquery("ranked")
    percentiles = [
        func.min(case((ranked.c[f"{latency}_share"] >= share, ranked.c[latency]))).label(f"{latency}_{name}")
        for latency in _LATENCIES
        for name, share in _PERCENTILES.items()
    ]
    return select(
        ranked.c.key,
        func.max(ranked.c.label).label("label"),
        func.count().label("replies"),
        func.coalesce(func.sum(ranked.c.prompt_tokens), 0).label("prompt_tokens"),
        func.coalesce(func.sum(ranked.c.completion_tokens), 0).label("completion_tokens"),
        func.sum(ranked.c.cost).label("cost"),
        *percentiles,
    ).group_by(ranked.c.key)
