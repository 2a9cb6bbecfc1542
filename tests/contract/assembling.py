"""What a client makes of the frames it gets, by the contract's rules and no others."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]

NUMBERED = frozenset(
    {
        "message:created",
        "message:updated",
        "message:deleted",
        "chat:stream:start",
        "chat:stream:reset",
        "chat:stream:end",
        "session:updated",
    }
)


def is_numbered(frame: Frame) -> bool:
    """Tell an event of a joined session's history from text, and from the hints of sessions that are not joined."""
    return frame["type"] in NUMBERED and "seq" in frame


@dataclass
class Reply:
    """One reply as its reader has it: the attempt it follows and the text so far."""

    attempt: int = 0
    text: str = ""
    ended: bool = False


@dataclass
class Reader:
    """Assembles one session's frames and refuses whatever the contract says cannot come."""

    seq: int | None = None
    replies: dict[str, Reply] = field(default_factory=dict)
    ends: list[Frame] = field(default_factory=list)

    def take(self, frame: Frame) -> None:
        """Apply one frame."""
        match frame["type"]:
            case "session:joined":
                self._join(frame)
            case "chat:stream:start" | "chat:stream:reset":
                self._count(frame)
                self._begin(frame)
            case "chat:stream:token":
                self._extend(frame)
            case "chat:stream:end":
                self._count(frame)
                self._end(frame)
            case _ if is_numbered(frame):
                self._count(frame)

    def position(self, message_id: str) -> Frame:
        """Return the `live` entry that says how far this reader is."""
        reply = self.replies[message_id]
        return {"message_id": message_id, "attempt": reply.attempt, "offset": len(reply.text)}

    def _join(self, frame: Frame) -> None:
        self.seq = frame["seq"]
        for live in frame["live"]:
            known = self.replies.setdefault(live["message_id"], Reply())
            if live["attempt"] == known.attempt:
                assert live["offset"] <= len(known.text), "a live entry leaves a hole"
                known.text = known.text[: live["offset"]] + live["text"]
            else:
                assert live["offset"] == 0, "a live entry of another attempt starts at 0"
                known.attempt, known.text = live["attempt"], live["text"]

    def _count(self, frame: Frame) -> None:
        if self.seq is not None:
            assert frame["seq"] == self.seq + 1, f"seq {frame['seq']} after {self.seq}"
        self.seq = frame["seq"]

    def _begin(self, frame: Frame) -> None:
        known = self.replies.setdefault(frame["message_id"], Reply())
        if frame["attempt"] > known.attempt:
            known.text = known.text[: frame["keep"]] if frame["type"] == "chat:stream:reset" else ""
            known.attempt, known.ended = frame["attempt"], False

    def _extend(self, frame: Frame) -> None:
        assert frame["message_id"] in self.replies, "a token came before its start, reset or live entry"
        known = self.replies[frame["message_id"]]
        if frame["attempt"] < known.attempt:
            return
        assert frame["attempt"] == known.attempt, "a token of an attempt that no reset announced"
        offset, token = frame["offset"], frame["token"]
        assert offset <= len(known.text), "a token leaves a hole"
        overlap = known.text[offset : offset + len(token)]
        assert token.startswith(overlap), "overlapping pieces differ"
        extension = token[len(overlap) :]
        assert not (known.ended and extension), "a token extends a text that has ended"
        known.text += extension

    def _end(self, frame: Frame) -> None:
        known = self.replies.setdefault(frame["message_id"], Reply())
        content = frame["content"]
        assert frame["attempt"] == known.attempt, "the end belongs to another attempt"
        assert known.text == content, "what was streamed is not what is stored"
        assert frame["length"] == len(content)
        assert frame["sha256"] == hashlib.sha256(content.encode()).hexdigest()
        known.ended = True
        self.ends.append(frame)
