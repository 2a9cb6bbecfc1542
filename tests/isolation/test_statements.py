"""The hot path's prepared statements keep to the owner themselves, and nothing else goes past the one door."""

import ast
import inspect
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Alias, Executable, Table, Uuid, bindparam, exists, insert, select, update
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.operators import eq

import causerie
from causerie.chats.models import Message
from causerie.db import across
from causerie.db.base import table_of
from causerie.db.work import Work
from tests.isolation.mapped import MAYBE_OWNED, OWNED, modules_named
from tests.isolation.planting import OWNER

pytestmark = pytest.mark.req("S30")

PACKAGE = Path(causerie.__file__).parent
OWNED_TABLES = {table_of(model) for model in [*OWNED, *MAYBE_OWNED]}
ACROSS_USERS = {
    "due_generations",
    "checkpoint",
    "expire_leases",
    "queue_state",
    "session_heads",
    "due_jobs",
    "blobs_in_use",
    "installation_owner",
}
"""The closed list of functions that look across users."""
IDS_AND_NUMBERS = {UUID, int, float, bool, type(None)}
NAMED_BY_HASHES = {"blobs_in_use"}
"""They answer with some of the SHA-256 that they were asked about."""

messages = table_of(Message)
actor: BindParameter[UUID] = bindparam("actor", type_=Uuid())


def statements() -> Iterator[tuple[str, Executable]]:
    for module in modules_named("statements"):
        for name, value in vars(module).items():
            if isinstance(value, Executable):
                yield f"{module.__name__}.{name}", value


def left_open(statement: Any) -> set[str]:
    """Return the owned tables that a statement reads or writes without being tied to `:actor`.

    A table (each alias for itself) is tied by `table.user_id = :actor`, or by the same column of one that is tied.
    """
    nodes = list(visitors.iterate(statement))
    sources = {node for node in nodes if _table(node) in OWNED_TABLES}
    aliased = {alias.element for alias in sources if isinstance(alias, Alias)}
    referred = {column.table for node in nodes if (column := _column(node)) is not None}
    used = {source for source in sources if source not in aliased or source in referred}
    tied: set[Any] = set()
    if isinstance(statement, Insert) and statement.compile().params.keys() >= {"actor"}:
        tied.add(statement.table)
    pairs = [(node.left, node.right) for node in nodes if isinstance(node, BinaryExpression) and node.operator is eq]
    sides = [side for pair in pairs for side in (pair, pair[::-1])]
    while newly := {
        left.table
        for left, right in sides
        if _owner(left) and left.table not in tied and (_is_actor(right) or (_owner(right) and right.table in tied))
    }:
        tied |= newly
    return {getattr(source, "name", str(source)) for source in used - tied}


def _table(node: Any) -> Any:
    return node.element if isinstance(node, Alias) else node


def _column(node: Any) -> Any:
    return node if isinstance(getattr(node, "table", None), Table | Alias) else None


def _owner(side: Any) -> bool:
    return _column(side) is not None and side.name == OWNER


def _is_actor(side: Any) -> bool:
    return isinstance(side, BindParameter) and side.key == "actor"


@pytest.mark.parametrize(("name", "statement"), [pytest.param(*pair, id=pair[0]) for pair in statements()])
def test_a_prepared_statement_keeps_to_the_actor(name: str, statement: Executable) -> None:
    assert left_open(statement) == set(), f"{name} leaves the owner out"


_other = messages.alias("other")


@pytest.mark.parametrize(
    ("statement", "open_tables"),
    [
        (select(messages), {"message"}),
        (select(messages).where(messages.c.id == bindparam("actor")), {"message"}),
        (select(messages).where(messages.c.user_id == bindparam("somebody")), {"message"}),
        (select(messages, _other).where(messages.c.user_id == actor), {"other"}),
        (select(messages).where(messages.c.user_id == actor, exists().where(_other.c.id == messages.c.id)), {"other"}),
        (select(messages, _other).where(messages.c.user_id == actor, _other.c.user_id == messages.c.user_id), set()),
        (update(messages).values(content=""), {"message"}),
        (insert(messages).values(user_id=bindparam("owner")), {"message"}),
        (insert(messages).values(user_id=actor), set()),
    ],
    ids=str,
)
def test_what_leaves_the_owner_out_is_found(statement: Executable, open_tables: set[str]) -> None:
    assert left_open(statement) == open_tables


def test_there_are_prepared_statements() -> None:
    assert len(list(statements())) > 30


def test_the_functions_that_look_across_users_are_a_closed_list() -> None:
    found = {
        name
        for name, function in inspect.getmembers(across, inspect.isfunction)
        if function.__module__ == across.__name__ and not name.startswith("_")
    }

    assert found == ACROSS_USERS


@pytest.mark.parametrize("name", sorted(ACROSS_USERS))
def test_a_function_that_looks_across_users_returns_ids_and_numbers(name: str) -> None:
    hints = typing.get_type_hints(getattr(across, name))

    assert hints["work"] is Work
    assert set(_leaves(hints["return"])) <= IDS_AND_NUMBERS | ({str} if name in NAMED_BY_HASHES else set())


def _leaves(kind: Any) -> Iterator[Any]:
    """Yield the plain types that a type is made of."""
    if is_dataclass(kind):
        members = typing.get_type_hints(kind)
        for field in fields(kind):
            yield from _leaves(members[field.name])
    elif arguments := typing.get_args(kind):
        for argument in arguments:
            yield from _leaves(argument)
    else:
        yield kind


# Ways past the one door, by the name that a program would have to write.
FORBIDDEN_ATTRIBUTES = {
    "exec_driver_sql": "SQL as text",
    "bulk_save_objects": "rows that nobody looks at",
    "bulk_insert_mappings": "rows that nobody looks at",
    "bulk_update_mappings": "rows that nobody looks at",
    "__table__": "statements over tables stand in statements.py",
}
FORBIDDEN_CALLS = {
    "text": "SQL as text",
    "table_of": "statements over tables stand in statements.py",
    "sqlite_engine": "a connection of one's own",
    "create_engine": "a connection of one's own",
    "create_async_engine": "a connection of one's own",
}
# Models name partial indexes in words; migrating and examining a file happens before there are users.
EXEMPT = {"text": {"models.py"}, "table_of": {"statements.py"}}
BEFORE_THERE_ARE_USERS = {"ops/migrating.py", "ops/doctor.py"}
OUTSIDE = {"db", "chaos"}
"""`db` is the door; what judges a fleet from outside starts no unit of work and serves nobody."""


def test_nothing_goes_past_the_one_door() -> None:
    places = [
        f"{file.relative_to(PACKAGE)}:{line}: {name} ({reason})"
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.relative_to(PACKAGE).parts[0] not in OUTSIDE
        and file.relative_to(PACKAGE).as_posix() not in BEFORE_THERE_ARE_USERS
        for name, line, reason in _forbidden(ast.parse(file.read_text()))
        if file.name not in EXEMPT.get(name, set())
    ]

    assert places == []


def _forbidden(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_ATTRIBUTES:
            yield node.attr, node.lineno, FORBIDDEN_ATTRIBUTES[node.attr]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield node.func.id, node.lineno, FORBIDDEN_CALLS[node.func.id]
