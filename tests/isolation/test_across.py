"""The closed list of functions that look across users: each does what it says of the rows that it names, and no more.

That their list is closed, that nobody but the application's role may execute them, and that each sets its search path:
the catalogue tells it in `tests/db`.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from causerie.chats.models import ChatSession, Generation, Message
from causerie.db import across
from causerie.db.across import NOBODY, Checkpoint, Renewal
from causerie.db.base import table_of
from causerie.ids import new_id
from tests.isolation.conftest import ON_POSTGRES
from tests.isolation.contents import Contents
from tests.isolation.outcomes import Teller, words_in
from tests.isolation.planting import Row, plant
from tests.isolation.test_statements import ACROSS_USERS
from tests.isolation.worlds import Pair

pytestmark = [pytest.mark.req("S27"), pytest.mark.req("S29"), pytest.mark.req("S30")]

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=15)
generations = table_of(Generation)


class Scene:
    """Alice and Bob, each with a reply that is being written and one that waits, all four under the same two ids."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.alice, self.bob, self.worker, self.other_worker = new_id(), new_id(), new_id(), new_id()
        self.session, self.written, self.waiting = new_id(), new_id(), new_id()

    async def put_up(self) -> None:
        def build(connection: Connection) -> None:
            for owner, worker in ((self.alice, self.worker), (self.bob, self.other_worker)):
                plant(connection, table_of(ChatSession), owner, id=self.session, next_seq=8)
                for message, state in ((self.written, "streaming"), (self.waiting, "queued")):
                    plant(connection, table_of(Message), owner, id=message, session_id=self.session, role="assistant")
                    held = {"owner": worker, "lease_until": LATER, "attempt": 3} if state == "streaming" else {}
                    plant(
                        connection,
                        generations,
                        owner,
                        message_id=message,
                        session_id=self.session,
                        state=state,
                        queued_at=NOW,
                        **held,
                    )

        await self.pair.shared.below(build)

    async def ask(self, function: Callable[..., Any], *args: Any) -> Any:
        return await self.pair.shared.database.work(NOBODY, function, *args)

    async def row(self, owner: UUID, message: UUID) -> Row:
        def read(connection: Connection) -> Row:
            found = select(generations).filter_by(user_id=owner, message_id=message)
            return dict(connection.execute(found).mappings().one())

        row: Row = await self.pair.shared.below(read)
        return row

    async def rows(self) -> list[Row]:
        replies = [(owner, message) for owner in (self.alice, self.bob) for message in (self.written, self.waiting)]
        return [await self.row(owner, message) for owner, message in replies]

    async def changed(self, act: Awaitable[Any]) -> tuple[Any, set[tuple[str, UUID | None]]]:
        """Return what `act` returns, and whose rows of which table are other ones after it."""
        before = await self.pair.shared.contents()
        result = await act
        after: Contents = await self.pair.shared.contents()
        return result, {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


@pytest.fixture(params=["sqlite", ON_POSTGRES[0]])
def pair_of_databases(request: pytest.FixtureRequest) -> Pair:
    pair: Pair = request.getfixturevalue(f"pair_on_{request.param}")
    return pair


@pytest.fixture
async def scene(pair_of_databases: Pair) -> Scene:
    scene = Scene(pair_of_databases)
    await scene.put_up()
    return scene


async def test_a_checkpoint_reaches_only_the_reply_that_it_names(scene: Scene) -> None:
    hers = Checkpoint(scene.alice, scene.written, 3, "as far as it is")

    leased, changed = await scene.changed(scene.ask(across.checkpoint, scene.worker, [hers], None))

    assert leased == []
    assert changed == {("generation", scene.alice)}
    row = await scene.row(scene.alice, scene.written)
    assert (row["partial_text"], row["partial_attempt"]) == ("as far as it is", 3)


@pytest.mark.parametrize("attempt", [2, 4])
async def test_a_checkpoint_of_another_attempt_reaches_nothing(scene: Scene, attempt: int) -> None:
    late = Checkpoint(scene.alice, scene.written, attempt, "too late")

    _, changed = await scene.changed(scene.ask(across.checkpoint, scene.worker, [late], None))

    assert changed == set()


async def test_a_checkpoint_of_what_nobody_has_reaches_nothing(scene: Scene) -> None:
    lost = [Checkpoint(scene.alice, new_id(), 3, "lost"), Checkpoint(new_id(), scene.written, 3, "lost")]

    _, changed = await scene.changed(scene.ask(across.checkpoint, scene.worker, lost, None))

    assert changed == set()


async def test_a_renewal_prolongs_what_the_worker_has_and_tells_of_that_alone(scene: Scene) -> None:
    """Of two replies under one id, only the one that this worker writes; the other's lease is nobody's to prolong."""
    both = [(scene.alice, scene.written, 3), (scene.bob, scene.written, 3)]
    renewal = Renewal(both, LATER + timedelta(minutes=1))

    leased, changed = await scene.changed(scene.ask(across.checkpoint, scene.worker, [], renewal))

    assert [(row.user_id, row.message_id, row.attempt) for row in leased] == [(scene.alice, scene.written, 3)]
    assert changed == {("generation", scene.alice)}
    assert (await scene.row(scene.alice, scene.written))["lease_until"] == renewal.until


async def test_a_stop_is_told_of_the_owner_who_asked(scene: Scene) -> None:
    """One worker writes two replies under one id: the stop of one is not the stop of the other."""

    def give_both_to_one_worker(connection: Connection) -> None:
        mine = generations.c.message_id == scene.written
        connection.execute(generations.update().where(mine).values(owner=scene.worker))
        of_bob = generations.c.user_id == scene.bob
        connection.execute(generations.update().where(mine, of_bob).values(stop_requested=True))

    await scene.pair.shared.below(give_both_to_one_worker)

    leased = await scene.ask(across.checkpoint, scene.worker, [], Renewal([], LATER))

    assert {row.user_id: row.stop_requested for row in leased} == {scene.alice: False, scene.bob: True}


async def test_heads_are_told_of_the_sessions_that_are_named_with_their_owner(scene: Scene) -> None:
    stranger = new_id()
    asked = [(scene.bob, scene.session), (stranger, scene.session), (scene.alice, new_id())]

    heads, changed = await scene.changed(scene.ask(across.session_heads, asked))

    assert heads == [(scene.bob, scene.session, 7)]
    assert changed == set()


async def test_giving_up_leases_touches_nothing_else(scene: Scene) -> None:
    before = await scene.rows()

    await scene.ask(across.expire_leases, NOW)

    gone = NOW - timedelta(seconds=1)
    assert await scene.rows() == [
        {**row, "lease_until": gone} if row["state"] == "streaming" else row for row in before
    ]


LOOKS: dict[str, Callable[[Scene], tuple[Any, ...]]] = {
    "due_generations": lambda _: (NOW + timedelta(hours=1), timedelta(0), 1_000),
    "queue_state": lambda _: (NOW,),
    "session_heads": lambda scene: ([(scene.alice, scene.session)],),
    "due_jobs": lambda _: (NOW, 1_000),
    "blobs_in_use": lambda scene: ([scene.pair.alice.scenes["complete"]["sha256"], "0" * 64],),
    "installation_owner": lambda _: (),
}
"""What each function is asked that only looks."""
WRITES = {"checkpoint", "expire_leases"}


def test_every_function_across_users_is_tried() -> None:
    assert LOOKS.keys() | WRITES == ACROSS_USERS


@pytest.mark.parametrize("name", LOOKS)
async def test_what_only_looks_changes_nothing_and_tells_no_word_of_a_user(scene: Scene, name: str) -> None:
    answer, changed = await scene.changed(scene.ask(getattr(across, name), *LOOKS[name](scene)))

    assert changed == set()
    told = list(words_in(Teller([]).describe(answer)))
    assert [word for word in told if scene.pair.alice.word in word] == []
    assert name == "installation_owner" or answer, "there was something to find"
