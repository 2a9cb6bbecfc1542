"""The supervisor ends a process whose loop is stuck, and no other."""

import subprocess
import sys
import textwrap
import time

import pytest

from causerie.generation.supervising import STUCK, Supervisor

PROGRAM = """
import asyncio, time
from causerie.generation import supervising

supervising.SAMPLE_SECONDS = 0.05
turns = 0

async def work():
    global turns
    while True:
        turns += 1
        await asyncio.sleep(0.02)

async def main():
    supervising.Supervisor(lambda: turns).start()
    working = asyncio.create_task(work())
    await asyncio.sleep(2)
    print("two seconds of turns", flush=True)
    {then}

asyncio.run(main())
"""


def run(then: str) -> subprocess.CompletedProcess[str]:
    program = textwrap.dedent(PROGRAM).format(then=then)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_a_blocked_loop_ends_the_process_and_says_where_it_was() -> None:
    ended = run("time.sleep(50)")
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (STUCK, "two seconds of turns")
    assert "in main" in ended.stderr


def test_a_loop_that_turns_is_left_alone() -> None:
    ended = run("return")
    assert ended.returncode == 0


def test_it_counts_looks_so_that_frozen_seconds_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two looks with any time between them are no reason to end the process: this one would end."""
    monkeypatch.setattr("causerie.generation.supervising.SAMPLE_SECONDS", 0.1)
    supervisor = Supervisor(lambda: 0)
    supervisor.start()
    time.sleep(0.25)
    supervisor.close()
