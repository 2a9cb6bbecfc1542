"""The promise of a database: whole units of work, each for one actor."""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from causerie.db.work import Actor, Publisher, Work

__all__ = ["Database", "Publisher", "publish_nothing"]

P = ParamSpec("P")
T = TypeVar("T")


def publish_nothing(facts: Sequence[object]) -> None:
    """The publisher of a database that nobody follows: migrations, command line."""


class Database(Protocol):
    """Runs plain functions of a `Work` in transactions.

    `publisher` gets what a unit published, on the loop's thread, after its COMMIT and before the caller's `await`
    returns. On SQLite units are told in commit order; PostgreSQL lets the next unit go on before it answers, so of two
    that follow at once the later may be told first: whoever takes a session's events goes by their numbers.
    """

    publisher: Publisher

    async def work(
        self,
        actor: Actor,
        function: Callable[Concatenate[Work, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `function(work, …)` in one durable transaction and return its result after COMMIT.

        The function may be run once more when a race was lost, so it has no effect outside the transaction. A caller
        that is cancelled takes nothing back: the transaction comes to its end.

        Raises:
            Busy: too many units wait, or this one waited too long; nothing was stored.
            StorageConflict: a constraint refused the rows, twice; nothing was stored.
            StorageUnavailable: the database failed; nothing was stored. Only if its connection broke at the very COMMIT
                nobody knows: what carries an id can be asked for again.
        """

    async def work_lazily(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `work`, but a power cut may undo it: for checkpoints, which are repeated anyway."""

    async def work_in_bulk(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `work`, for one slice (at most about 500 rows) of a long job: whatever else waits goes first."""

    async def read(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(work, …)` on one consistent snapshot; it cannot write."""

    def drop_connections(self) -> None:
        """Abort every connection, after a sleep in which the other side may have gone; units on them fail."""

    async def close(self) -> None:
        """Finish the units that wait, then close every connection."""

    def health(self) -> dict[str, Any]:
        """Return the database's state for people: its `kind`, how many units are `waiting`, and figures of its own."""
