"""Two databases with the same Bob: in one of them Alice lives too. Whatever Bob does must tell him the same in both."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from causerie.db.database import Database
from causerie.db.ownership import current_actor
from causerie.db.postgres import PostgresDatabase
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from tests.isolation.calling import call, calls
from tests.isolation.contents import Contents, but, contents, put_back, rows_of
from tests.isolation.estate import Estate, Ids, Scene, establish, settle
from tests.isolation.functions import Function
from tests.isolation.outcomes import Outcome, Teller
from tests.isolation.planting import Row

T = TypeVar("T")
Below = Callable[[Callable[[Connection], T]], Awaitable[T]]

ALICES_WORD = "nightingale-7f3ac9"
BOBS_WORD = "kingfisher-2b81de"
FEW_SCENES = {"complete", "streaming", "deleted message", "session in the trash"}


class Undo(Exception):
    """Ends a unit of work that nothing shall remain of, with what it found."""

    def __init__(self, found: Any) -> None:
        super().__init__()
        self.found = found


@dataclass
class World:
    """A database, and the way below every door of it."""

    database: Database
    below: Below[Any]
    bobs: dict[str, list[Row]]

    async def contents(self) -> Contents:
        held: Contents = await self.below(contents)
        return held

    async def restore_if_changed(self, bob: UUID) -> None:
        """Let Bob have again what he had, if he has something else."""
        held: dict[str, list[Row]] = await self.below(partial(rows_of, owner=bob))
        if held != self.bobs:
            await self.restore(bob)

    async def restore(self, bob: UUID) -> None:
        """Let Bob have again what he had."""
        await self.below(lambda connection: put_back(connection, bob, self.bobs))


@dataclass
class Pair:
    """The two databases. `confused`: the application takes Bob for Alice, so that the database's own net is alone."""

    shared: World
    alone: World
    alice: Estate
    bob: UUID
    confused: bool = False

    @property
    def scenes(self) -> list[Scene]:
        """What is tried: on a server, where each statement costs a way to it, some of all scenes."""
        few = isinstance(self.shared.database, PostgresDatabase)
        return [scene for name, scene in self.alice.scenes.items() if not few or name in FEW_SCENES]

    def teller(self) -> Teller:
        scenes = self.alice.scenes.values()
        ids = {value for scene in scenes for value in scene.values() if isinstance(value, UUID)}
        return Teller({*ids, self.alice.owner, self.bob, UUID(int=7)})

    async def as_bob(self, world: World, function: Function, *, keep: bool) -> tuple[list[Outcome], Contents]:
        """Call `function` as Bob with the ids of all that Alice has.

        Returns:
            The outcomes, and what others than Bob have in the end as the transaction sees it.
        """
        as_whom = self.alice.owner if self.confused else None
        return await self._ask(world, Actor(self.bob), function, keep=keep, as_whom=as_whom)

    async def as_alice(self, world: World, function: Function) -> list[Outcome]:
        """Call `function` as Alice with the ids of all that she has; no call's changes remain for the next."""
        outcomes, _ = await self._ask(world, Actor(self.alice.owner), function, keep=False, apart=True)
        return outcomes

    async def changes(self, world: World, function: Function) -> bool:
        """Return whether calling `function` as Alice changes anything that is hers."""
        before = await world.contents()
        after: Contents = {}

        def unit(work: Work) -> None:
            for scene in self.alice.scenes.values():
                for given in calls(function, scene):
                    _attempt(work, function, given, self.teller(), undo=False, as_whom=None)
            after.update(contents(work.connection))
            raise Undo(None)

        with contextlib.suppress(Undo):
            await world.database.work(Actor(self.alice.owner), unit)
        return after != before

    async def _ask(
        self,
        world: World,
        actor: Actor,
        function: Function,
        *,
        keep: bool,
        apart: bool = False,
        as_whom: UUID | None = None,
    ) -> tuple[list[Outcome], Contents]:
        teller = self.teller()

        def unit(work: Work) -> tuple[list[Outcome], Contents]:
            outcomes = [
                _attempt(work, function, given, teller, undo=apart, as_whom=as_whom)
                for scene in self.scenes
                for given in calls(function, scene)
            ]
            found = outcomes, but(actor.user_id, contents(work.connection))
            if not keep:
                raise Undo(found)
            return found

        try:
            return await world.database.work(actor, unit)
        except Undo as undone:
            found: tuple[list[Outcome], Contents] = undone.found
            return found


def _attempt(
    work: Work, function: Function, given: Mapping[str, Any], teller: Teller, *, undo: bool, as_whom: UUID | None
) -> Outcome:
    """Call `function` in a unit within the unit, which a refusal undoes."""
    tell = work.connection.exec_driver_sql  # the transaction is the database's own, SQLAlchemy knows of none
    actor = work.actor if as_whom is None else Actor(as_whom)
    inner = Work(actor, work.connection, savepoint=work.connection.dialect.name == "sqlite")
    token = current_actor.set(actor)
    tell("SAVEPOINT attempt")
    try:
        outcome = teller.answered(call(function, inner, given), inner.published)
        inner.finish()
    except Exception as error:  # noqa: BLE001 (whatever it is, both worlds have to tell the same)
        outcome, undo = teller.refused(error), True
    finally:
        inner.abandon()
        if undo:
            tell("ROLLBACK TO SAVEPOINT attempt")
        tell("RELEASE SAVEPOINT attempt")
        current_actor.reset(token)
    return outcome


async def furnished(worlds: Sequence[tuple[Database, Below[Any]]], *, twins: bool) -> Pair:
    """Let Alice move into the first of two empty databases, and Bob into both. As twins they have the same ids."""
    alice, bob, ids = new_id(), new_id(), Ids()
    (shared, below_shared), (alone, below_alone) = worlds
    estate: Estate = await below_shared(lambda connection: settle(connection, alice, ALICES_WORD, ids))
    for below in (below_shared, below_alone):
        await below(lambda connection: settle(connection, bob, BOBS_WORD, ids) if twins else establish(connection, bob))
    bobs = [await below(partial(rows_of, owner=bob)) for below in (below_shared, below_alone)]
    return Pair(World(shared, below_shared, bobs[0]), World(alone, below_alone, bobs[1]), estate, bob)
