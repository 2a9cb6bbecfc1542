"""kill -9 in the middle of replies, at random points: streaming.md's I1 to I8 and I10, on one process.

One client talks through all of it, as a tab does that stays open. Afterwards everything is compared: what it was told,
what it put together, what is stored, and what the scripted provider sent.
"""

import asyncio
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from causerie.client.reducer import Effect, Frame
from causerie.client.socket import Ack, Client, Refused, connect
from causerie.ids import new_id
from tests.browser.installation import Installation
from tests.scripted_provider import Asked, Script, ScriptedServer, scripted_text, seed_of

pytestmark = [pytest.mark.anyio, pytest.mark.req("S88"), pytest.mark.req("S89")]

HOUSES = 2
GOES_ON_SECONDS = 3.0
LENGTH = 300
PACE = 60
CHECKPOINT_SECONDS = 1.0
SLACK_SECONDS = 1.0
MODELS = {
    "continues": {"continue_prefix": True, "paid": False},
    "free": {"continue_prefix": False, "paid": False},
    "paid": {"continue_prefix": False, "paid": True},
}


@dataclass
class Turn:
    """One saying and what it was answered. `stopped`: a stop was acknowledged before the server died."""

    model: str
    session_id: str
    question: str
    message_id: UUID
    reply_id: str = ""
    stop_asked: bool = False
    stopped: bool = False


@dataclass
class Heard:
    """Every numbered frame that the client applied, in order, for each session."""

    frames: dict[str, list[Frame]] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, frame: Frame, effects: list[Effect]) -> None:
        del effects
        if "seq" in frame and frame["type"] not in ("session:joined", "ack"):
            self.frames.setdefault(frame["session_id"], []).append(frame)
        self.news.set()


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        for name in MODELS:
            server.scripts[name] = Script(length=LENGTH, chunk=4, pace=PACE)
        yield server


@pytest.mark.parametrize("kills", [16, pytest.param(50, marks=pytest.mark.long)])
async def test_kills_lose_double_and_change_nothing(tmp_path: Path, provider: ScriptedServer, kills: int) -> None:
    async with asyncio.TaskGroup() as houses:  # side by side: most of the time each waits for its start
        for seed in range(HOUSES):
            houses.create_task(_live_through_kills(tmp_path / f"house{seed}", provider, seed, kills // HOUSES))


async def _live_through_kills(data: Path, provider: ScriptedServer, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    house = Installation(data)
    await asyncio.to_thread(house.start)
    try:
        models = {name: _add_model(house, name, provider.url) for name in MODELS}
        heard = Heard()
        async with connect(f"ws://127.0.0.1:{house.port}/ws", observe=heard) as client:
            sessions = {
                name: (await client.say(None, f"Begin {name}", ai_model_id=models[name])).session_id for name in MODELS
            }
            turns: list[Turn] = []
            for kill in range(kills):
                turns += await _one_kill(client, house, provider, sessions, chance, kill)
            await _all_final(house, turns)
            await _compare(client, house, provider, turns)
            _check_heard(heard)
    finally:
        house.close()
    _check_stored(data, turns)


async def _one_kill(
    client: Client,
    house: Installation,
    provider: ScriptedServer,
    sessions: dict[str, str],
    chance: random.Random,
    kill: int,
) -> list[Turn]:
    """Say something in each session, stop one now and then, kill, start again, and wait until everything goes on."""
    turns = [
        Turn(name, session, f"Question {kill} to {name} at port {house.port}", new_id())
        for name, session in sessions.items()
    ]
    saying = [asyncio.create_task(_say(client, turn)) for turn in turns]
    await asyncio.sleep(chance.uniform(0.0, 1.3))
    stopping = None
    if kill % 5 == 4 and saying[0].done():
        turns[0].stop_asked = True
        stopping = asyncio.create_task(client.stop(turns[0].reply_id))
        await asyncio.sleep(chance.uniform(0.0, 0.05))
    await asyncio.to_thread(house.kill)
    turns[0].stopped = stopping is not None and stopping.done()
    await asyncio.to_thread(house.start)
    started = time.monotonic()
    await asyncio.gather(*saying)
    if stopping is not None:
        await stopping
    for turn in turns:
        await _goes_on(house, turn, started)
    if turns[0].stopped:
        asked = len(provider.asked)
        await _all_final(house, turns[:1])
        assert not any(ask.body["messages"][-1]["content"] == turns[0].question for ask in provider.asked[asked:])
    await _all_final(house, turns)
    return turns


async def _say(client: Client, turn: Turn) -> None:
    ack: Ack = await client.say(turn.session_id, turn.question, message_id=turn.message_id)
    assert ack.reply_id is not None
    turn.reply_id = ack.reply_id


async def _goes_on(house: Installation, turn: Turn, started: float) -> None:
    """I9 for one process: after the start the reply is being written or final within three seconds."""
    while True:
        reply = await asyncio.to_thread(house.get, f"/messages/{turn.reply_id}")
        if reply["status"] != "queued" and (reply["attempt"] > 1 or reply["status"] != "streaming"):
            return
        if reply["status"] == "streaming" and time.monotonic() - started > 1:
            return  # said again after the kill: this is its first attempt
        assert time.monotonic() - started < GOES_ON_SECONDS, reply
        await asyncio.sleep(0.05)


async def _all_final(house: Installation, turns: list[Turn]) -> None:
    async with asyncio.timeout(30):
        for turn in turns:
            await _final(house, turn)


async def _final(house: Installation, turn: Turn) -> None:
    while True:
        reply = await asyncio.to_thread(house.get, f"/messages/{turn.reply_id}")
        if reply["status"] not in ("queued", "streaming"):
            return
        await asyncio.sleep(0.05)


async def _compare(client: Client, house: Installation, provider: ScriptedServer, turns: list[Turn]) -> None:
    for turn in turns:
        reply = await asyncio.to_thread(house.get, f"/messages/{turn.reply_id}")
        question = await asyncio.to_thread(house.get, f"/messages/{turn.message_id}")
        assert question["content"] == turn.question
        whole = scripted_text(seed_of(turn.question), LENGTH)
        # I5: what is stored is what the provider sent.
        if reply["status"] == "complete":
            assert reply["content"] == whole
            assert not turn.stopped or reply["attempt"] == 1  # it had ended before the stop came
        else:
            assert (reply["status"] == "stopped" and turn.stop_asked) or (
                reply["status"] == "failed" and turn.model == "paid"
            ), reply
            assert whole.startswith(reply["content"])
        # I4: what the client put together is what is stored.
        state = await client.join(turn.session_id)
        assert state.text_of(turn.reply_id) == reply["content"]
        # I2
        with pytest.raises(Refused, match="id_conflict"):
            await client.say(turn.session_id, "Something else", message_id=turn.message_id)
    assert client.divergences == []  # I6
    _check_bills(provider)


def _check_bills(provider: ScriptedServer) -> None:
    """A paid model is asked twice for one reply only when the first answer died before its first checkpoint."""
    asks: dict[str, list[Asked]] = {}
    for ask in provider.asked:
        if ask.model == "paid":
            asks.setdefault(ask.body["messages"][-1]["content"], []).append(ask)
    for first, *again in asks.values():
        lasted = (first.ended_at or first.at) - first.at
        assert not again or lasted < CHECKPOINT_SECONDS + SLACK_SECONDS


def _check_heard(heard: Heard) -> None:
    for frames in heard.frames.values():
        seqs = [frame["seq"] for frame in frames]
        fresh = [seq for place, seq in enumerate(seqs) if seq not in seqs[:place]]
        assert fresh == sorted(fresh)  # I3: in order, and what comes again is a repeat


def _check_stored(data: Path, turns: list[Turn]) -> None:
    """What only the rows tell: no hole in `seq`, one message per id, one end per start."""
    (file,) = data.glob("*.db")
    with sqlite3.connect(file) as rows:
        for session, head in rows.execute("SELECT id, next_seq - 1 FROM chat_session").fetchall():
            seqs = [
                seq
                for (seq,) in rows.execute(
                    "SELECT seq FROM session_event WHERE session_id = ? ORDER BY seq", (session,)
                )
            ]
            assert seqs == list(range(1, head + 1))  # I3
        stored = Counter(row[0] for row in rows.execute("SELECT content FROM message WHERE role = 'user'"))
        assert [turn.question for turn in turns if stored[turn.question] != 1] == []  # I1
        events: Any = rows.execute(
            "SELECT message_id, kind, body FROM session_event WHERE message_id IS NOT NULL ORDER BY seq"
        )
        ends: Counter[str] = Counter()
        attempts: dict[str, int] = {}
        for message, kind, body in events.fetchall():
            if kind == "chat:stream:end":
                ends[message] += 1
            if kind in ("chat:stream:start", "chat:stream:reset"):
                assert ends[message] == 0  # I8: no attempt begins after the end
                attempt = json.loads(body)["attempt"]
                assert attempt > attempts.get(message, 0)
                attempts[message] = attempt
        assert {ends[UUID(turn.reply_id).hex] for turn in turns} == {1}  # I7


def _add_model(house: Installation, name: str, url: str) -> str:
    body = {"name": name, "provider": "openai", "model": name, "base_url": url, "api_key": "scripted", **MODELS[name]}
    model_id: str = house.post("/models", body)["id"]
    return model_id
