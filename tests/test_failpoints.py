"""Named places at which a process dies, freezes or dawdles, when it was told to."""

import signal
import subprocess
import sys
import time

import pytest

from causerie.failpoints import NAMES, UnknownFailpoint, arm, failpoint, is_armed

PASSING = """
import sys
from causerie.failpoints import arm, failpoint

arm(sys.argv[1])
for passage in range(1, 4):
    failpoint("after_commit_before_ack")
    print(passage, flush=True)
"""


def passing(entries: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PASSING, entries], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_place_that_was_not_armed_does_nothing(name: str) -> None:
    failpoint(name)

    assert not is_armed(name)


@pytest.mark.slow
@pytest.mark.parametrize(("entry", "passages"), [("kill", []), ("kill@3", ["1", "2"])])
def test_a_process_dies_at_the_passage_that_was_named(entry: str, passages: list[str]) -> None:
    with passing(f"after_commit_before_ack={entry}") as process:
        printed, _ = process.communicate(timeout=30)

    assert printed.split() == passages
    assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_a_process_freezes_until_it_is_woken() -> None:
    with passing("after_commit_before_ack=stop@2") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        assert process.poll() is None
        deadline = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < deadline:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.05)

        assert process.stdout.read().split() == ["2", "3"]
        assert process.returncode == 0


@pytest.mark.slow
def test_a_process_dawdles_once() -> None:
    with passing("after_commit_before_ack=sleep:0.5@2") as process:
        assert process.stdout is not None
        process.stdout.readline()
        started = time.monotonic()
        process.stdout.readline()
        process.stdout.readline()

    assert 0.4 < time.monotonic() - started < 5


@pytest.mark.parametrize(
    "entries", ["nowhere=kill", "after_commit_before_ack=explode", "after_commit_before_ack=kill@0", "x"]
)
def test_what_is_no_failpoint_is_named(entries: str) -> None:
    with pytest.raises(UnknownFailpoint, match="is no failpoint; there are: after_claim"):
        arm(entries)
