"""One unit of work: one transaction, one actor, only that actor's rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import structlog
from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.orm import Session

from causerie.db.ownership import Actor, OwnedSession
from causerie.db.prepared import MOST_TOGETHER, OnPostgres, Rows, Write, prepared, write_together

__all__ = ["Actor", "Publisher", "Work"]

log = structlog.get_logger(__name__)

Publisher = Callable[[Sequence[object]], None]


class Work:
    """What a service function is given: the actor's rows, and what shall happen when the transaction ends.

    Service functions are plain functions of a `Work`; they cannot await, so nothing slow happens inside a transaction.
    """

    __slots__ = ("_connection", "_mode", "_rolled_back", "_session", "_unsent", "actor", "committed", "published")

    def __init__(self, actor: Actor, connection: Connection, *, savepoint: bool = True) -> None:
        self.actor = actor
        self._connection = connection
        self._unsent: list[Write] = []
        self._session: OwnedSession | None = None
        # Where a unit shares its transaction, a failed flush must undo this one alone; else it costs two round trips.
        self._mode: Literal["rollback_only", "create_savepoint"] = "create_savepoint" if savepoint else "rollback_only"
        self.published: list[object] = []
        self.committed: list[Callable[[], object]] = []
        self._rolled_back: list[Callable[[], object]] = []

    @property
    def connection(self) -> Connection:
        """What the unit's statements run on, after all that was written before."""
        self._send()
        return self._connection

    @property
    def session(self) -> Session:
        """The ORM session. Every statement is kept to the actor's rows; new rows get the actor as owner."""
        self._send()
        if self._session is None:
            self._session = OwnedSession(self._connection, join_transaction_mode=self._mode, expire_on_commit=False)
        return self._session

    def execute(self, statement: Executable, /, **parameters: Any) -> CursorResult[Any] | Rows:
        """Run a prepared table statement. It must bind `:actor` itself; the value comes from here."""
        parameters["actor"] = self.actor.user_id
        connection = self.connection
        ready = prepared(statement, connection)
        return ready.run(connection, parameters) if ready else connection.execute(statement, parameters)

    def write(self, statement: Executable, /, **parameters: Any) -> None:
        """Run a prepared insert or update like `execute`, when nobody looks at what it did.

        On PostgreSQL it may be sent later, in one round trip with others: at the latest before whatever else this unit
        runs, so the difference shows only in where an error is raised.
        """
        if not self._send_later(statement, [parameters]):
            self.execute(statement, **parameters)

    def write_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a prepared insert or update as `write` does, once for each of `rows`; each gets the actor as `actor`."""
        if self._send_later(statement, rows):
            return
        connection = self.connection
        parameters = [{"actor": self.actor.user_id, **row} for row in rows]
        if ready := prepared(statement, connection):
            ready.run_many(connection, parameters)
        else:
            connection.execute(statement, parameters)

    def publish(self, *facts: object) -> None:
        """Tell the followers after COMMIT; not at all if the transaction is rolled back."""
        self.published.extend(facts)

    def on_commit(self, action: Callable[[], object]) -> None:
        """Call `action` on the loop's thread after COMMIT, before what was published. It neither blocks nor raises."""
        self.committed.append(action)

    def on_rollback(self, action: Callable[[], object]) -> None:
        """Call `action` (on the transaction's thread) if this unit leaves nothing behind."""
        self._rolled_back.append(action)

    def flush(self) -> None:
        """Write what the ORM session holds; needed before a table statement reads it."""
        self._send()
        if self._session is not None:
            self._session.flush()

    # For the database that runs this unit.

    def finish(self) -> None:
        """Write what the ORM session holds and let go of it; its rows stay readable."""
        self._send()
        if self._session is not None:
            self._session.commit()
            self._session.close()

    def abandon(self) -> None:
        """Let go of the ORM session without writing."""
        if self._session is not None:
            self._session.close()

    def tell(self, publisher: Publisher) -> None:
        """Run what the unit left for the time after COMMIT, then hand over what it published."""
        try:
            for action in self.committed:
                action()
            if self.published:
                publisher(self.published)
        except Exception:  # what is committed stays, and others wait for their answers
            log.exception("publishing_failed")

    def undone(self) -> None:
        """Run what the unit left for the case that nothing of it remains."""
        for action in self._rolled_back:
            try:
                action()
            except Exception:  # the units behind this one wait for the same thread
                log.exception("undoing_failed")

    def _send_later(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Put writes beside those that wait, if they may wait."""
        ready = prepared(statement, self._connection)
        if not isinstance(ready, OnPostgres) or len(rows) > MOST_TOGETHER:
            return False
        # Statements that run together do not see each other's rows.
        if any(ready.table is unsent.table for unsent, _ in self._unsent):
            self._send()
        if len(self._unsent) + len(rows) > MOST_TOGETHER:
            self._send()
        self._unsent += [(ready, {"actor": self.actor.user_id, **row}) for row in rows]
        return True

    def _send(self) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            write_together(self._connection, unsent)
