"""Whatever function of a unit of work Bob calls with Alice's ids: it is as if Alice did not exist.

Each function of the package is called in two databases that differ by Alice alone. The answers, the refusals and what
is published must be the same, and of what Alice has not a byte may change. A new function is tried by itself.
"""

from typing import Any

import pytest

from tests.isolation.contents import of
from tests.isolation.functions import SERVE_NO_USER, bound, functions, methods
from tests.isolation.outcomes import words_in
from tests.isolation.worlds import Pair

pytestmark = [pytest.mark.req("S22"), pytest.mark.req("S30"), pytest.mark.req("S31")]

TRIED = {*functions(), *methods()}
every_function = pytest.mark.parametrize("name", sorted(TRIED))

ALIKE_FOR_EVERYONE = {
    "causerie.accounts.service.queue_up": "locks the actor's own row, which nobody sees",
    "causerie.aimodels.repository.find_shared": "looks at what is everyone's",
    "causerie.chats.recording.hint": "publishes what it is given, to the actor",
}
"""Functions that neither tell nor change anything of what somebody has."""


def test_what_is_left_out_is_there() -> None:
    assert len(TRIED) > 100
    assert not TRIED & SERVE_NO_USER.keys()


@every_function
async def test_a_stranger_learns_and_changes_nothing(pair: Pair, name: str) -> None:
    before = await pair.shared.contents()
    function = await bound(name, pair.shared.database)

    with_her, _ = await pair.as_bob(pair.shared, function, keep=True)
    without_her, _ = await pair.as_bob(pair.alone, function, keep=True)

    after, after_alone = await pair.shared.contents(), await pair.alone.contents()
    if of(pair.bob, after) != of(pair.bob, before):
        await pair.shared.restore(pair.bob)
        await pair.alone.restore(pair.bob)
    assert with_her == without_her
    assert of(pair.alice.owner, after) == of(pair.alice.owner, before)
    assert of(None, after) == of(None, before)
    assert counts(of(pair.bob, after)) == counts(of(pair.bob, after_alone))
    assert [word for word in words_in(with_her) if pair.alice.word in word] == []


def counts(held: Any) -> dict[Any, int]:
    return {key: value.rows for key, value in held.items()}


@every_function
async def test_a_twin_with_the_same_ids_reaches_only_what_is_his(twins: Pair, name: str) -> None:
    before = await twins.shared.contents()
    function = await bound(name, twins.shared.database)

    with_her, others = await twins.as_bob(twins.shared, function, keep=False)
    without_her, _ = await twins.as_bob(twins.alone, function, keep=False)

    assert with_her == without_her
    assert of(twins.alice.owner, others) == of(twins.alice.owner, before)
    assert [word for word in words_in(with_her) if twins.alice.word in word] == []


@every_function
async def test_the_ids_are_good_for_their_owner(pair_on_sqlite: Pair, name: str) -> None:
    """What is tried above would tell or change something, if it were the owner who asked."""
    function = await bound(name, pair_on_sqlite.shared.database)

    hers = await pair_on_sqlite.as_alice(pair_on_sqlite.shared, function)
    nobodys = await pair_on_sqlite.as_alice(pair_on_sqlite.alone, function)

    tells = hers != nobodys
    does = tells or await pair_on_sqlite.changes(pair_on_sqlite.shared, function)
    assert (tells or does) == (name not in ALIKE_FOR_EVERYONE)
