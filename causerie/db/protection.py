"""Whether a PostgreSQL database keeps users apart from the role that serves them (S27)."""

from typing import Any

from causerie.db.errors import SchemaMismatch, UnsafeRole
from causerie.db.upgrading import HEAD

ROLE = """
SELECT rolsuper AS superuser, rolbypassrls AS bypasses, (
    SELECT coalesce(array_agg(relname::text ORDER BY relname), '{}') FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    AND pg_has_role(rolname, relowner, 'MEMBER')
) AS owned
FROM pg_roles WHERE rolname = $1
"""
REVISION = "SELECT version_num FROM alembic_version"
MAY_READ_REVISION = "SELECT coalesce(has_table_privilege($1, to_regclass('alembic_version'), 'SELECT'), false)"
# Every policy that lets the role in has to name the actor; policies of other roles (the one that migrates) may not.
UNPROTECTED = """
SELECT relname::text AS name FROM pg_class AS owned
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
AND (relname = 'user' OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = owned.oid AND attname = 'user_id'))
AND NOT (
    relrowsecurity AND relforcerowsecurity AND (
        SELECT coalesce(bool_and(
            strpos(pg_get_expr(polqual, polrelid), 'causerie.user_id') > 0
            AND strpos(pg_get_expr(polwithcheck, polrelid), 'causerie.user_id') > 0
        ), false)
        FROM pg_policy
        WHERE polrelid = owned.oid AND polpermissive AND EXISTS (
            SELECT FROM unnest(polroles) AS bound (role) WHERE role = 0 OR pg_has_role($1, role, 'MEMBER')
        )
    )
)
ORDER BY relname
"""
GRANTS = """
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1::text)
UNION ALL
SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO %I', relname, $1::text) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
UNION ALL
SELECT format('GRANT SELECT ON alembic_version TO %I', $1::text)
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', oid::regprocedure, $1::text) FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'causerie_')
"""


async def grant(driver: Any, role: str) -> None:
    """Give `role` what it needs to serve, as the owner: rows of every table, and the functions across users."""
    for (statement,) in await driver.fetch(GRANTS, role):
        await driver.execute(statement)


async def require_role(driver: Any, role: str) -> None:
    """Make sure that the policies bind `role`.

    Raises:
        UnsafeRole: it is a superuser, has BYPASSRLS, or has the rights of a table's owner; or there is no such role.
    """
    found = await driver.fetchrow(ROLE, role)
    if found is None:
        raise UnsafeRole(f"There is no role {role!r}. Create it, and have DATABASE_URL name it.")
    reason = None
    if found["superuser"]:
        reason = "is a superuser"
    elif found["bypasses"]:
        reason = "has BYPASSRLS"
    elif found["owned"]:
        reason = f"has the rights of the owner of {', '.join(found['owned'])}"
    if reason:
        raise UnsafeRole(
            f"The role {role!r} {reason}, so no policy keeps users apart. Serve as a role that owns nothing; "
            "`causerie migrate`, as the owner, gives it what it needs."
        )


async def require_policies(driver: Any, role: str) -> None:
    """Make sure that every table with an owner shows `role` the actor's rows alone.

    Raises:
        UnsafeRole: some table does not.
        SchemaMismatch: the schema is older than this version, or `role` was given no rights yet.
    """
    readable = await driver.fetchval(MAY_READ_REVISION, role)
    revision = await driver.fetchval(REVISION) if readable else None
    if revision is None or revision < HEAD:
        raise SchemaMismatch(f"The schema is at {revision}, this version needs {HEAD}. Run `causerie migrate`.")
    if tables := ", ".join(row["name"] for row in await driver.fetch(UNPROTECTED, role)):
        raise UnsafeRole(f"Row-level security does not keep users apart in {tables}. Run `causerie migrate`.")
