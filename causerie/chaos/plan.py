"""What is done to an installation, and when: the same seed plans the same."""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from causerie.chaos.provider import Trouble


class Setup(StrEnum):
    """What an installation is made of."""

    EMBEDDED = "embedded"
    POSTGRES = "postgres"
    SERVED = "served"


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault.

    Attributes:
        hits: the part it needs; a set-up without it leaves the fault out.
        lasts: seconds, at least and at most.
        costs: seconds that a reply may stand still on its account, beyond the time that it lasts.
    """

    hits: str
    lasts: tuple[float, float] = (0, 0)
    costs: float = 5


FAULTS: Final[dict[str, Fault]] = {
    "worker-kill": Fault("worker", costs=20),
    "worker-term": Fault("worker", costs=12),
    "worker-stop": Fault("worker", (18, 25), costs=10),
    "worker-failpoint": Fault("worker", (1, 4), costs=25),
    "web-kill": Fault("web", (0, 3), costs=20),
    "web-term": Fault("web", costs=12),
    "web-stop": Fault("web", (4, 8), costs=10),
    "web-failpoint": Fault("web", (1, 4), costs=20),
    "web-delay": Fault("web", (3, 6)),
    "client-reset": Fault("web", costs=15),
    "redis-kill": Fault("redis", (3, 8)),
    "redis-hole": Fault("redis", (5, 8), costs=10),
    "redis-reset": Fault("redis"),
    "redis-flush": Fault("redis", costs=6),
    "redis-pause": Fault("redis", (2, 5)),
    "sql-terminate": Fault("sql", costs=10),
    "sql-reset": Fault("sql", costs=10),
    "sql-hole": Fault("sql", (4, 8), costs=20),
    "sql-restart": Fault("sql", (0.5, 2), costs=15),
    "provider-reset": Fault("provider", costs=10),
    "provider-hole": Fault("provider", (2, 4), costs=70),
}
"""What is done to the installation, each in its turn."""

HABITS: Final = ("provider-cut", "provider-silence", "provider-refusal", "duplicates", "reconnects", "stalled-reader")
"""What some of the sessions meet or do, by their own chance."""

ALL_SETUPS: Final = "all"
NAMES: Final = (*FAULTS, *HABITS)
PARTS: Final = {
    Setup.EMBEDDED: {"web", "provider"},
    Setup.POSTGRES: {"web", "worker", "sql", "provider"},
    Setup.SERVED: {"web", "worker", "sql", "redis", "provider"},
}
FIRST_SECONDS = 4.0
PAUSE_SECONDS = (4.0, 8.0)
LATER_PAUSE_SECONDS = (8.0, 16.0)
"""Between strikes, from the second round on: a long run is to get on as well."""

WEB_FAILPOINTS: Final = ("after_commit_before_ack",)
WORKER_FAILPOINTS: Final = (
    "after_claim_before_first_byte",
    "after_xadd_before_publish",
    "after_text_before_checkpoint",
    "after_provider_end_before_final",
    "after_final_before_events",
    "after_hand_over_before_wake",
)


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault at its moment: seconds after the start, for how long, and which of several targets."""

    at: float
    fault: str
    lasts: float
    target: int
    failpoint: str = ""
    """What a process is armed with that is started again for it."""


class UnknownFault(ValueError):
    """There is no such fault; the text is one line."""


def chosen(names: str | None, setup: Setup) -> list[str]:
    """Return the faults and habits that `names` (separated by commas; None is all) means for a set-up, in fixed order.

    Raises:
        UnknownFault: one of them does not exist.
    """
    wanted = set(NAMES) if names is None else {name.strip() for name in names.split(",") if name.strip()}
    if unknown := wanted - set(NAMES):
        raise UnknownFault(f"{min(unknown)!r} is no fault; there are: {', '.join(NAMES)}")
    return [name for name in NAMES if name in wanted and (name in HABITS or FAULTS[name].hits in PARTS[setup])]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be run. `faults` are names of faults and habits."""

    setup: Setup
    faults: tuple[str, ...]
    seed: int = 1
    sessions: int = 200
    web: int = 3
    workers: int = 3


def wishes(setup: str, faults: str | None, *, seed: int, sessions: int, web: int, workers: int) -> list[Wish]:
    """Return what the command line asks for: one run, or one on each set-up for `all`.

    Raises:
        UnknownFault: it names a fault or a set-up that does not exist.
    """
    if setup != ALL_SETUPS and setup not in list(Setup):
        raise UnknownFault(f"{setup!r} is no set-up; there are: {', '.join([*Setup, ALL_SETUPS])}")
    wanted = list(Setup) if setup == ALL_SETUPS else [Setup(setup)]
    return [Wish(one, tuple(chosen(faults, one)), seed, sessions, web, workers) for one in wanted]


def strikes(seed: int, names: Collection[str]) -> Iterator[Strike]:
    """Yield without end what happens when: each fault once a round, every round in another order.

    The first round is dense, so that a short run meets each fault.
    """
    faults = [name for name in FAULTS if name in names]
    chance = random.Random(f"strikes/{seed}")
    at, pause = FIRST_SECONDS, PAUSE_SECONDS
    while faults:
        for fault in chance.sample(faults, len(faults)):
            lasts = round(chance.uniform(*FAULTS[fault].lasts), 2)
            yield Strike(round(at, 2), fault, lasts, chance.randrange(1 << 16), _failpoint(fault, chance))
            at += chance.uniform(*pause)
        pause = LATER_PAUSE_SECONDS


def first_round(seed: int, names: Collection[str]) -> list[Strike]:
    """Return the strikes after which each fault was met once."""
    faults = [name for name in FAULTS if name in names]
    return [strike for strike, _ in zip(strikes(seed, faults), range(len(faults)), strict=False)]


def _failpoint(fault: str, chance: random.Random) -> str:
    places: Sequence[str] = {"web-failpoint": WEB_FAILPOINTS, "worker-failpoint": WORKER_FAILPOINTS}.get(fault, ())
    if not places:
        return ""
    action = chance.choice(["kill", "stop", "sleep:4"])
    return f"{chance.choice(places)}={action}@{chance.randint(2, 6)}"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one user says, and does about the answer."""

    words: int
    pace: int
    trouble: Trouble
    after: int
    calls: int
    stops_after: int | None
    """Stop when so many code points are there."""
    again: str | None
    """`swipe`, or `again`: retry or continue, whichever its end allows."""
    says_twice: bool
    says_otherwise: bool
    reconnects: bool
    joins_late: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """One session as it is planned."""

    number: int
    model: str
    turns: tuple[Turn, ...]


MODELS: Final = {
    "continues": {"continue_prefix": True, "paid": False},
    "free": {"continue_prefix": False, "paid": False},
    "paid": {"continue_prefix": False, "paid": True},
    "paid-continues": {"continue_prefix": True, "paid": True},
}


def conversation(seed: int, number: int, names: Collection[str]) -> Conversation:
    """Return the plan of one session."""
    chance = random.Random(f"conversation/{seed}/{number}")
    model = chance.choices(list(MODELS), [4, 2, 2, 1])[0]
    return Conversation(number, model, tuple(_turn(chance, names) for _ in range(chance.choice([2, 2, 3]))))


def _turn(chance: random.Random, names: Collection[str]) -> Turn:
    words, pace = chance.randint(40, 120), chance.randint(20, 60)
    weights: dict[Trouble, float] = {"none": 0.88, "cut": 0.05, "silence": 0.015, "error": 0.03, "busy": 0.025}
    trouble = chance.choices(list(weights), list(weights.values()))[0]
    habit = {
        "cut": "provider-cut",
        "silence": "provider-silence",
        "error": "provider-refusal",
        "busy": "provider-refusal",
    }
    return Turn(
        words=words,
        pace=pace,
        after=chance.randint(0, words - 1),
        calls=chance.randint(1, 2),
        stops_after=chance.randint(0, words * 5) if chance.random() < 0.12 else None,
        again=chance.choices([None, "swipe", "again"], [0.7, 0.12, 0.18])[0],
        says_twice=chance.random() < 0.15 and "duplicates" in names,
        says_otherwise=chance.random() < 0.05 and "duplicates" in names,
        reconnects=chance.random() < 0.1 and "reconnects" in names,
        joins_late=chance.random() < 0.25,
        trouble=trouble if habit.get(trouble) in names else "none",
    )
