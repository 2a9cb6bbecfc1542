"""Many seeds, each a story of talking and of faults, on each set-up: streaming.md's I1 to I10 and I17, and I18.

pytest tests/faults/simulated --seed 41          replays one, and prints what happens
pytest tests/faults/simulated --seeds 3000       runs that many
"""

import os
import subprocess
import sys

import pytest

from tests.faults.simulated.clockwork import Trace
from tests.faults.simulated.talking import talk_through_faults
from tests.faults.simulated.world import SET_UPS, SetUp, simulate

SHOWN_LINES = 60


@pytest.mark.parametrize("set_up", SET_UPS)
def test_every_seed_keeps_every_promise(seed: int, set_up: SetUp, loudly: bool) -> None:
    trace = Trace(loudly=loudly)

    violated = simulate(seed, set_up, talk_through_faults, trace=trace)

    assert not violated, "\n".join([f"seed {seed}, {set_up}:", *violated, "…", *trace.lines[-SHOWN_LINES:]])


@pytest.mark.parametrize("set_up", SET_UPS)
def test_a_seed_is_the_same_story_each_time(set_up: SetUp) -> None:
    first, second = Trace(), Trace()

    for trace in (first, second):
        simulate(7, set_up, talk_through_faults, trace=trace)

    assert first.lines == second.lines
    assert len(first.lines) > 50


def test_a_seed_is_the_same_story_in_every_process() -> None:
    told = {_story_in_a_process(hash_seed) for hash_seed in ("0", "1", "4242")}

    assert len(told) == 1


def _story_in_a_process(hash_seed: str) -> str:
    program = (
        "from tests.faults.simulated.clockwork import Trace\n"
        "from tests.faults.simulated.talking import talk_through_faults\n"
        "from tests.faults.simulated.world import SET_UPS, simulate\n"
        "trace = Trace()\n"
        "for set_up in SET_UPS:\n"
        "    simulate(3, set_up, talk_through_faults, trace=trace)\n"
        "print('\\n'.join(trace.lines))\n"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout
