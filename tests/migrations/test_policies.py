"""PostgreSQL's own net between users, as its catalogue has it after the migrations (S27)."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has no types
import pytest
from sqlalchemy import make_url

from causerie.db import across
from causerie.db.base import table_of
from causerie.db.errors import SchemaMismatch, UnsafeRole
from causerie.db.upgrading import HEAD
from causerie.ops.migrating_postgres import migrate_postgres
from tests.isolation.mapped import MAYBE_OWNED, OWNED, UNOWNED
from tests.postgres import PostgresDatabase

pytestmark = [pytest.mark.slow, pytest.mark.req("S27")]

ACTOR = "(NULLIF(current_setting('causerie.user_id'::text, true), ''::text))::uuid"
RULES = (
    {table_of(model).name: f"(user_id = {ACTOR})" for model in OWNED}
    | {table_of(model).name: f"((user_id = {ACTOR}) OR (user_id IS NULL))" for model in MAYBE_OWNED}
    | {"user": f"(id = {ACTOR})"}
)
ACROSS = {
    "causerie_blobs_in_use",
    "causerie_checkpoint",
    "causerie_due_generations",
    "causerie_due_jobs",
    "causerie_expire_leases",
    "causerie_installation_owner",
    "causerie_queue_state",
    "causerie_session_heads",
}
"""The functions that look across users, for a worker or a start."""
SEARCH = "causerie_search"
"""Runs as the owner because a policy would keep it from its index, and looks at the actor's rows alone."""
RUN_AS_OWNER = ACROSS | {SEARCH}
"""The closed list of functions that see all users' rows: the hole in the net."""
PATH = "search_path=pg_catalog, pg_temp"


@pytest.fixture
async def owner(postgres_database: PostgresDatabase) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(postgres_database.owner_url)
    yield connection
    await connection.close()


async def test_every_table_with_an_owner_has_row_level_security_forced_and_its_two_policies(owner: Any) -> None:
    tables = await owner.fetch(
        "SELECT relname::text AS name, relrowsecurity AS enabled, relforcerowsecurity AS forced FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    policies = await owner.fetch("SELECT * FROM pg_policies WHERE schemaname = 'public'")
    me = await owner.fetchval("SELECT current_user")

    assert {row["name"] for row in tables if row["enabled"] and row["forced"]} == RULES.keys()
    assert {row["name"] for row in tables} - RULES.keys() == {table_of(model).name for model in UNOWNED} - {"user"} | {
        "alembic_version"
    }
    assert {
        (row["tablename"], row["policyname"], row["cmd"], tuple(row["roles"]), row["qual"], row["with_check"])
        for row in policies
    } == {(table, "owner", "ALL", ("public",), rule, rule) for table, rule in RULES.items()} | {
        (table, "migration", "ALL", (me,), "true", "true") for table in RULES
    }


async def test_the_functions_that_run_as_the_owner_are_a_closed_list(
    owner: Any, postgres_database: PostgresDatabase
) -> None:
    role = make_url(postgres_database.url).username
    functions = await owner.fetch(
        "SELECT proname::text AS name, proconfig AS settings, prosrc AS body, "
        "has_function_privilege($1, oid, 'EXECUTE') AS ours, "
        "has_function_privilege('public', oid, 'EXECUTE') AS anyones "
        "FROM pg_proc WHERE prosecdef AND pronamespace <> 'pg_catalog'::regnamespace",
        role,
    )

    assert {row["name"] for row in functions} == RUN_AS_OWNER
    assert {tuple(row["settings"]) for row in functions if row["name"] in ACROSS} == {(PATH,)}
    assert all(row["settings"][0] == PATH for row in functions)
    assert all(row["ours"] and not row["anyones"] for row in functions)
    tables = {
        name
        for row in functions
        for name in re.findall(r"(?:(?<!DISTINCT )FROM|JOIN|(?<!FOR )UPDATE) +([\w\".]+)", row["body"])
    }
    assert all(name.startswith(("public.", "unnest")) or name in ("written", "held", "LATERAL") for name in tables), (
        tables
    )


async def test_what_searches_names_the_actor_for_each_table(owner: Any) -> None:
    body = await owner.fetchval("SELECT prosrc FROM pg_proc WHERE proname = $1", SEARCH)
    setting = re.escape("NULLIF(current_setting('causerie.user_id', true), '')::uuid")

    equals = "(?:=|IS NOT DISTINCT FROM)"  # the latter fits no index; where nobody acts it fits no row either
    aliases = set(re.findall(r"(?:FROM|JOIN) +public\.\w+ AS (\w+)", body))
    assert aliases == set(re.findall(rf"(?:WHERE|AND) (\w+)\.user_id {equals} {setting}", body)) == {"entry", "chat"}


def test_each_of_them_has_its_function_here() -> None:
    assert all(callable(getattr(across, name.removeprefix("causerie_"))) for name in ACROSS)


async def test_the_role_that_serves_has_rows_and_nothing_else(owner: Any, postgres_database: PostgresDatabase) -> None:
    role = make_url(postgres_database.url).username
    grants = await owner.fetch(
        "SELECT table_name::text AS name, array_agg(privilege_type::text ORDER BY privilege_type) AS rights "
        "FROM information_schema.role_table_grants WHERE grantee = $1 GROUP BY table_name",
        role,
    )

    rights = {row["name"]: row["rights"] for row in grants}
    assert rights.pop("alembic_version") == ["SELECT"]
    assert rights.keys() == RULES.keys() | {"installation", "worker"}
    assert {tuple(value) for value in rights.values()} == {("DELETE", "INSERT", "SELECT", "UPDATE")}


async def test_two_migrations_at_once_are_one(postgres_empty: PostgresDatabase) -> None:
    role = make_url(postgres_empty.url).username or ""

    done = await asyncio.gather(*(migrate_postgres(postgres_empty.owner_url, role) for _ in range(3)))

    assert sorted(str(migration.before) for migration in done) == [HEAD, HEAD, "None"]
    assert {migration.after for migration in done} == {HEAD}


async def test_a_newer_schema_is_left_alone(owner: Any, postgres_database: PostgresDatabase) -> None:
    await owner.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaMismatch, match="is newer than this Causerie"):
        await migrate_postgres(postgres_database.owner_url, make_url(postgres_database.url).username or "")


@pytest.mark.parametrize(
    ("role", "reason"),
    [("nobody_at_all", "There is no role"), ("postgres", "is a superuser"), (None, "has the rights of the owner")],
)
async def test_a_role_that_no_policy_would_bind_is_refused_and_nothing_is_made(
    postgres_empty: PostgresDatabase, role: str | None, reason: str
) -> None:
    chosen = role or make_url(postgres_empty.owner_url).username or ""

    with pytest.raises(UnsafeRole, match=reason):
        await migrate_postgres(postgres_empty.owner_url, chosen)

    connection = await asyncpg.connect(postgres_empty.owner_url)
    made = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    await connection.close()
    assert made == 0
