"""What a client of the fault suite notes of each frame, beside the reducer: order, overlaps, progress."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from causerie.chaos.evidence import Breach, Evidence, Gap
from causerie.client.reducer import UNFINISHED, Diverged, Effect, Frame

NOTED_GAP_SECONDS = 10.0


@dataclass(slots=True)
class _Running:
    name: str
    last: float


class Progress:
    """When anything of a reply last reached anybody."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._running: dict[str, _Running] = {}

    def begin(self, message_id: str, name: str) -> None:
        """Expect something of this reply from now on."""
        self._running.setdefault(message_id, _Running(name, time.time()))

    def touch(self, message_id: str) -> None:
        """Something came."""
        if running := self._running.get(message_id):
            now = time.time()
            if now - running.last > NOTED_GAP_SECONDS:
                self._evidence.gaps.append(Gap(message_id, running.name, running.last, now))
            running.last = now

    def end(self, message_id: str) -> None:
        """Expect nothing more."""
        self.touch(message_id)
        self._running.pop(message_id, None)

    def running(self) -> list[str]:
        """Return the replies that are being made."""
        return list(self._running)


@dataclass(slots=True)
class _Text:
    attempt: int
    text: str
    is_closed: bool = False


class Listener:
    """Listens to one client's connection. It puts text together anew, so that the reducer is checked as well."""

    def __init__(self, client: str, evidence: Evidence, progress: Progress) -> None:
        self._client = client
        self._evidence = evidence
        self._progress = progress
        self._newest: dict[str, int] = {}
        self._texts: dict[str, dict[str, _Text]] = {}

    def __call__(self, frame: Frame, effects: list[Effect]) -> None:
        """Take in a frame, and what the reducer made of it."""
        kind = frame["type"]
        if kind == "chat:stream:token" and frame["session_id"] in self._newest:
            self._piece(frame, frame["token"], may_begin=False)
            self._progress.touch(frame["message_id"])
        elif kind == "session:joined":
            self._joined(frame)
        elif "seq" in frame and kind != "ack":
            self._numbered(frame)
        for effect in effects:
            if isinstance(effect, Diverged):
                self._breach("I6", f"the reducer found {effect.message_id} to differ at {effect.offset}")

    def forget(self, session_id: str) -> None:
        """Listen no more to a session."""
        self._newest.pop(session_id, None)
        self._texts.pop(session_id, None)

    def _joined(self, frame: Frame) -> None:
        session_id, texts = frame["session_id"], self._texts.setdefault(frame["session_id"], {})
        self._evidence.connections += 1
        self._newest[session_id] = frame["seq"]
        for row in frame.get("messages") or ():
            known = texts.get(row["id"])
            if row["status"] not in UNFINISHED and (known is None or known.attempt <= row["attempt"]):
                texts[row["id"]] = _Text(row["attempt"], row["content"], is_closed=True)
                self._progress.end(row["id"])
        named = [entry["message_id"] for entry in frame["live"]]
        if len(named) != len(set(named)):
            self._breach("I14", f"a join of {session_id} brought one reply twice")
        for entry in frame["live"]:
            self._piece({**entry, "session_id": session_id}, entry["text"], may_begin=entry["offset"] == 0)
            self._progress.touch(entry["message_id"])

    def _numbered(self, frame: Frame) -> None:
        session_id, seq = frame["session_id"], frame["seq"]
        newest = self._newest.get(session_id)
        if newest is None:
            return
        if seq != newest + 1:
            self._breach("I3", f"event {seq} of {session_id} came after {newest}")
        self._newest[session_id] = seq
        message_id = frame.get("message_id")
        if message_id is None:
            return
        texts = self._texts.setdefault(session_id, {})
        match frame["type"]:
            case "chat:stream:start":
                self._begin(texts, frame, 0)
            case "chat:stream:reset":
                self._begin(texts, frame, frame["keep"])
            case "chat:stream:end":
                self._end(texts, frame)
                self._progress.end(message_id)
                return
        self._progress.touch(message_id)

    def _begin(self, texts: dict[str, _Text], frame: Frame, keep: int) -> None:
        known = texts.get(frame["message_id"])
        if known is None:
            texts[frame["message_id"]] = _Text(frame["attempt"], "")
        elif frame["attempt"] > known.attempt:
            texts[frame["message_id"]] = _Text(frame["attempt"], known.text[:keep])

    def _piece(self, frame: Mapping[str, Any], text: str, *, may_begin: bool) -> None:
        message_id, attempt, offset = frame["message_id"], frame["attempt"], frame["offset"]
        texts = self._texts.setdefault(frame["session_id"], {})
        known = texts.get(message_id)
        if known is None or attempt > known.attempt:
            if not may_begin:
                self._breach("I3", f"text of attempt {attempt} of {message_id} came before the attempt")
            texts[message_id] = _Text(attempt, text if may_begin else "")
            return
        if attempt < known.attempt or offset > len(known.text):
            return  # too old, or something is missing and the reducer asks for it
        overlap = len(known.text) - offset
        if known.text[offset : offset + len(text)] != text[:overlap]:
            self._breach("I6", f"two pieces of {message_id}, attempt {attempt}, differ after {offset}")
        if overlap < len(text):
            if known.is_closed:
                self._breach("I7", f"text of {message_id}, attempt {attempt}, came after its end")
            known.text += text[overlap:]

    def _end(self, texts: dict[str, _Text], frame: Frame) -> None:
        known = texts.get(frame["message_id"])
        attempt, content = frame["attempt"], frame["content"]
        if known and known.attempt == attempt:
            if known.is_closed:
                self._breach("I7", f"attempt {attempt} of {frame['message_id']} ended twice")
            if not content.startswith(known.text):
                self._breach("I4", f"{frame['message_id']} ended with another text than was sent")
        if known is None or known.attempt <= attempt:
            texts[frame["message_id"]] = _Text(attempt, content, is_closed=True)

    def _breach(self, rule: str, text: str) -> None:
        self._evidence.breaches.append(Breach(rule, f"{self._client}: {text}"))
