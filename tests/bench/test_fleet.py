"""The fleet on paper: its plan, and a simulation that agrees with what queueing theory knows."""

from dataclasses import replace

import pytest

from bench.fleet import Costs, Simulation, Users, load, money, plan, slice_of, table, written

USERS = Users(daily=36_000, turns_a_day=10, busiest_hour=0.1, tokens_a_reply=30, tokens_a_second=30)
COSTS = Costs(
    web_turn=0.002,
    web_frame=0.00003,
    worker_turn=0.002,
    worker_token=0.00006,
    redis_token=0.00002,
    database_turn=0.006,
    redis_bytes=20,
    socket_bytes=35_000,
)
PAGE = """
| figure | Causerie | target |
| Served: CPU of a turn on a web node | 2.5 ms | |
| Served: clients at 20 frames/s a core of a web node | 1,600  | ≥ 1,500 |
| Served: CPU of a turn on a worker | 3 ms | |
| Served: provider streams at 20 tokens/s a core of a worker | 800  | ≥ 800 |
| Served: Redis CPU of 1,000 tokens | 0.02 s | |
| Served: PostgreSQL CPU of a turn | 1.5 ms | |
| Served: Redis bytes of a 500-token reply | 9,000 B | |
| Memory of an idle socket | 35.3 KiB | ≤ 40 |
"""


def test_costs_come_from_the_page_of_benchmarks() -> None:
    costs = Costs.measured(PAGE)
    assert costs.web_turn == 0.0025
    assert costs.web_frame == pytest.approx(1 / 32_000)
    assert costs.worker_token == pytest.approx(1 / 16_000)
    assert costs.redis_bytes == 18
    with pytest.raises(KeyError):
        Costs.measured(PAGE.replace("PostgreSQL", "some database"))


def test_a_plan_leaves_the_room_that_it_promises() -> None:
    needed, fleet = load(USERS, COSTS), plan(USERS, COSTS, busy=0.5)
    assert USERS.turns_a_second == 10
    assert needed["database"] == pytest.approx(0.06)
    assert all(needed[kind] / cores <= 0.5 for kind, cores in fleet.items())


def test_one_seed_has_one_outcome() -> None:
    fleet = {"web": 1, "worker": 1, "redis": 1, "database": 1}
    runs = [Simulation(USERS, COSTS, fleet, seed).run(20) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0].first != runs[2].first


def test_use_and_waiting_are_those_of_the_theory() -> None:
    """Poisson arrivals at one core, two equal pieces of work a turn: use is rate times work, waiting grows with it."""
    users = replace(USERS, daily=3_600_000 // 10, tokens_a_second=1_000)  # 100 turns a second
    costs = replace(COSTS, worker_turn=1e-6, worker_token=1e-9, redis_token=1e-9, web_turn=1e-6, web_frame=1e-9)
    fleet = {"web": 1, "worker": 1, "redis": 1, "database": 1}
    played = Simulation(users, costs, fleet, 3).run(100)
    assert played.busy["database"] == pytest.approx(0.6, rel=0.05)
    # An M/D/1 line at 0.6 waits rho / (2 (1 - rho)) services on average: 0.75 of 3 ms, behind its own 3 ms.
    mean = sum(played.first) / len(played.first)
    assert mean == pytest.approx(0.003 + 0.75 * 0.003, rel=0.15)


def test_too_small_a_fleet_is_seen_to_be_late() -> None:
    costs = replace(COSTS, worker_token=0.004)
    enough = Simulation(USERS, costs, {"web": 1, "worker": 4, "redis": 1, "database": 1}, 1).run(30)
    lost = Simulation(USERS, costs, {"web": 1, "worker": 4, "redis": 1, "database": 1}, 1).run(
        30, lose="worker", part=0.75
    )
    assert enough.late == 0
    assert lost.late > 0
    assert lost.p99 > 10 * enough.p99


def test_a_slice_keeps_the_proportions() -> None:
    users, fleet = slice_of(replace(USERS, daily=360_000), {"web": 30, "worker": 20, "redis": 10, "database": 40}, 10)
    assert users.daily == 36_000
    assert fleet == {"web": 3, "worker": 2, "redis": 1, "database": 4}


def test_the_document_gets_its_tables_at_their_places() -> None:
    document = "before\n<!-- fleet -->\nold\n<!-- /fleet -->\nbetween\n<!-- money -->\n<!-- /money -->\nafter\n"
    tables = {"fleet": table(USERS, COSTS, 1, 5.0, 1), "money": money(USERS, COSTS)}
    fresh = written(document, tables)
    assert written(fresh, tables) == fresh
    assert "old" not in fresh
    assert [fresh.count(text) for text in tables.values()] == [1, 1]
    with pytest.raises(ValueError, match="0 places for money"):
        written("<!-- fleet -->\n<!-- /fleet -->", tables)
