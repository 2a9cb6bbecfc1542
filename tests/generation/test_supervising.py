"""The supervisor ends a process whose loop is stuck, and no other."""

import signal
import subprocess
import sys
import textwrap
import time

from causerie.generation.supervising import MOST_SAMPLES_WITHOUT_A_TURN, STUCK

SAMPLE_SECONDS = 0.05
FROZEN_SECONDS = 1.5 * MOST_SAMPLES_WITHOUT_A_TURN * SAMPLE_SECONDS
PROGRAM = """
import asyncio, time
from causerie.generation import supervising

supervising.SAMPLE_SECONDS = {seconds}
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
    program = textwrap.dedent(PROGRAM).format(then=then, seconds=SAMPLE_SECONDS)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_a_blocked_loop_ends_the_process_and_says_where_it_was() -> None:
    ended = run("time.sleep(50)")
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (STUCK, "two seconds of turns")
    assert "in main" in ended.stderr


def test_a_loop_that_turns_is_left_alone() -> None:
    ended = run("return")
    assert ended.returncode == 0


def test_a_process_that_was_frozen_is_left_alone() -> None:
    program = textwrap.dedent(PROGRAM).format(then="await asyncio.sleep(1)", seconds=SAMPLE_SECONDS)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        time.sleep(FROZEN_SECONDS)
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
