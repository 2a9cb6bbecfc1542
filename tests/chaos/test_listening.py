"""A listener beside the reducer finds what a server must never send."""

from typing import Any

import pytest

from causerie.chaos.evidence import Evidence
from causerie.chaos.listening import Listener, Progress


class Line:
    """One client's connection; `seq` counts its events."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self.progress = Progress(self.evidence)
        self.listener = Listener("client", self.evidence, self.progress)
        self.seq = 0

    def tell(self, kind: str, **fields: Any) -> None:
        self.listener({"type": kind, "session_id": "s", **fields}, [])

    def event(self, kind: str, **fields: Any) -> None:
        self.seq += 1
        self.tell(kind, seq=self.seq, message_id="r", **fields)

    def join(self, *live: dict[str, Any], messages: list[dict[str, Any]] | None = None) -> None:
        page = {} if messages is None else {"messages": messages}
        self.tell("session:joined", seq=self.seq, live=list(live), **page)

    def token(self, offset: int, text: str, attempt: int = 1) -> None:
        self.tell("chat:stream:token", message_id="r", attempt=attempt, offset=offset, token=text)

    def broken(self) -> list[str]:
        return [breach.rule for breach in self.evidence.breaches]


@pytest.fixture
def line() -> Line:
    line = Line()
    line.join(messages=[])
    line.event("chat:stream:start", attempt=1)
    return line


def live(attempt: int, offset: int, text: str) -> dict[str, Any]:
    return {"message_id": "r", "attempt": attempt, "offset": offset, "text": text}


def test_a_whole_reply_with_a_second_attempt_and_a_reconnect_is_sound(line: Line) -> None:
    line.token(0, "Once upon")
    line.token(5, "upon a time")
    line.event("chat:stream:reset", attempt=2, keep=9)
    line.token(9, " a hill", attempt=2)
    line.join(live(2, 16, ""))
    line.token(16, ".", attempt=2)
    line.event("chat:stream:end", attempt=2, content="Once upon a hill.")

    assert line.broken() == []


def test_a_late_joiner_gets_the_running_text_with_the_join() -> None:
    line = Line()
    line.seq = 40

    line.join(live(3, 0, "Once"), messages=[{"id": "r", "status": "streaming", "attempt": 3, "content": ""}])
    line.token(4, " upon", attempt=3)
    line.event("chat:stream:end", attempt=3, content="Once upon")

    assert line.broken() == []


def test_an_event_that_is_missing_or_comes_again_is_found(line: Line) -> None:
    line.seq += 1
    line.event("message:updated")
    line.seq -= 1
    line.event("message:updated")

    assert line.broken() == ["I3", "I3"]


def test_text_before_its_attempt_is_found(line: Line) -> None:
    line.token(0, "Once", attempt=2)

    assert line.broken() == ["I3"]


def test_pieces_that_differ_where_they_overlap_are_found(line: Line) -> None:
    line.token(0, "Once upon")
    line.token(5, "UPON a time")

    assert line.broken() == ["I6"]


def test_an_end_with_another_text_is_found(line: Line) -> None:
    line.token(0, "Once upon")
    line.event("chat:stream:end", attempt=1, content="Once more")

    assert line.broken() == ["I4"]


def test_a_second_end_and_text_after_the_end_are_found(line: Line) -> None:
    line.token(0, "Once")
    line.event("chat:stream:end", attempt=1, content="Once")
    line.token(4, " upon")
    line.event("chat:stream:end", attempt=1, content="Once upon")

    assert line.broken() == ["I7", "I7"]


def test_a_join_that_brings_a_reply_twice_is_found(line: Line) -> None:
    line.join(live(1, 0, "Once"), live(1, 0, "Once"))

    assert line.broken() == ["I14"]


def test_what_comes_after_leaving_is_not_judged(line: Line) -> None:
    line.listener.forget("s")

    line.token(90, "late")
    line.event("message:updated")

    assert line.broken() == []


def test_a_time_without_progress_is_noted(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("causerie.chaos.listening.time.time", lambda: now)
    line.progress.begin("r", "7.0")
    now += 9
    line.token(0, "Once")
    now += 12
    line.token(4, " upon")

    assert [(gap.name, gap.ended - gap.began) for gap in line.evidence.gaps] == [("7.0", 12)]
