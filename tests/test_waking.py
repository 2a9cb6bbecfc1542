"""Sleep is noticed, whichever clock tells of it."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from causerie import waking
from causerie.waking import Waking

pytestmark = pytest.mark.anyio


@dataclass
class Clocks:
    """What both clocks say."""

    boot: float = 1_000.0
    monotonic: float = 500.0

    def run(self, seconds: float) -> None:
        self.boot += seconds
        self.monotonic += seconds

    def sleep(self, seconds: float) -> None:
        self.boot += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr(waking, "boot_seconds", lambda: clocks.boot)
    monkeypatch.setattr(time, "monotonic", lambda: clocks.monotonic)
    return clocks


def test_a_second_is_no_sleep(clocks: Clocks) -> None:
    looking = Waking()
    clocks.run(1.0)
    assert looking.look() == 0
    clocks.run(3.5)  # a busy machine
    assert looking.look() == 0


def test_a_closed_lid_is_noticed(clocks: Clocks) -> None:
    looking = Waking()
    clocks.run(1.0)
    clocks.sleep(3_600.0)
    assert looking.look() == 3_600.0
    clocks.run(1.0)
    assert looking.look() == 0


def test_a_frozen_process_is_noticed(clocks: Clocks) -> None:
    looking = Waking()
    clocks.run(61.0)  # SIGSTOP: both clocks went on
    assert looking.look() == 60.0


async def test_all_listeners_hear_of_it_in_their_order_whatever_one_of_them_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waking, "SAMPLE_SECONDS", 0.01)
    boot = time.monotonic()
    monkeypatch.setattr(waking, "boot_seconds", lambda: boot)
    heard: list[str] = []
    done = asyncio.Event()

    async def fail() -> None:
        heard.append("first")
        raise RuntimeError("nothing to drop")

    async def follow() -> None:
        heard.append("second")
        done.set()

    looking = Waking()
    looking.then(fail)
    looking.then(follow)
    running = asyncio.create_task(looking.run())
    boot += 100.0
    async with asyncio.timeout(5):
        await done.wait()
    running.cancel()
    assert heard[:2] == ["first", "second"]
