"""The vectors that this reducer shares with the one in the browser: contract §3, and I3, I4 and I6 of streaming."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from causerie.client.reducer import Effect, Frame, SessionState, merged, reduce

FILE = Path(__file__).parents[2] / "web/src/realtime/vectors/reducer.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))


def run(state: SessionState, frames: list[Frame]) -> tuple[SessionState, list[Effect]]:
    effects: list[Effect] = []
    for frame in frames:
        if frame["type"] == "rows":
            state = merged(state, frame["rows"])
        else:
            state, more = reduce(state, frame)
            effects += more
    return state, effects


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_vector(case: dict[str, Any]) -> None:
    given, none = run(SessionState("s1"), VECTORS["given"][case["given"]])
    before = repr(given)
    expected = case["expect"]

    state, effects = run(given, case["frames"])

    assert none == []
    assert [{"type": effect.type, **asdict(effect)} for effect in effects] == case["effects"]
    assert (state.seq, state.joining) == (expected["seq"], expected["joining"])
    assert {message_id: state.text_of(message_id) for message_id in expected["texts"]} == expected["texts"]
    assert {key: state.messages[key]["status"] for key in expected.get("status", {})} == expected.get("status", {})
    for message_id, code in expected.get("errors", {}).items():
        assert (state.messages[message_id]["error"] or {"code": None})["code"] == code
    for message_id, members in expected.get("members", {}).items():
        assert {key: state.messages[message_id][key] for key in members} == members
    if "children" in expected:
        assert {parent or "": ids for parent, ids in state.children_by_parent().items()} == expected["children"]
    if "branch" in expected:
        assert state.branch(expected["branch"]["leaf"]) == expected["branch"]["ids"]
    if "title" in expected:
        assert state.session is not None
        assert state.session["title"] == expected["title"]
    assert repr(given) == before, "a state is never changed in place"
