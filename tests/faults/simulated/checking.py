"""The invariants, each by its name, over what is left when all has come to rest."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from tests.faults.simulated.models import calls_in
from tests.faults.simulated.storage import Change, short
from tests.faults.simulated.world import Interval, World

UNFINISHED = ("queued", "streaming")
STOPS_WITHIN_SECONDS = 6.0
GOES_ON_WITHIN_SECONDS = 20.0
OWNERS_FIRST_SECONDS = 5.0
"""After the database was away for long, others wait for so long that owners can renew."""
SLACK_SECONDS = 2.0
"""What slow ways and the seconds between checkpoints add."""
DEADLINE_SECONDS = 600.0 + 5.0
AT_ONCE_SECONDS = 0.01


@dataclass(frozen=True)
class Row:
    """A message as it is stored."""

    id: UUID
    session_id: UUID
    role: str
    content: str
    status: str
    deleted: bool


def violations(world: World) -> list[str]:
    """Return what is not as it must be."""
    return [f"{name}: {what}" if what[0] != "I" else what for name, check in CHECKS.items() for what in check(world)]


def _i1(world: World) -> Iterator[str]:
    """Every acknowledged id is stored exactly once; every other at most once."""
    rows = _rows(world)
    texts = Counter(row.content for row in rows.values() if row.role == "user")
    for saying in world.memory.sayings.values():
        row = rows.get(saying.message_id)
        if saying.acks and row is None:
            yield f"{short(saying.message_id)} was acknowledged and is not stored"
        if texts[saying.content] > 1:
            yield f"{saying.content!r} is stored {texts[saying.content]} times"
        if row is not None and row.content != saying.content and saying.message_id not in world.memory.edited:
            yield f"{short(saying.message_id)} says {row.content!r}, not {saying.content!r}"
        if len({(ack.session_id, ack.reply_id) for ack in saying.acks}) > 1:
            yield f"{short(saying.message_id)} was answered twice: {saying.acks}"


def _i2(world: World) -> Iterator[str]:
    """One id with two bodies: the second is a conflict."""
    for answer in world.memory.conflicts:
        if answer != "id_conflict":
            yield f"another text under a stored id was answered by {answer}"


def _i3(world: World) -> Iterator[str]:
    """`seq` is 1…head without a hole; each client applied a gap-free run of it."""
    for session, head in world.storage.rows("SELECT id, next_seq - 1 FROM chat_session"):
        seqs = [
            seq
            for (seq,) in world.storage.rows("SELECT seq FROM session_event WHERE session_id = ? ORDER BY seq", session)
        ]
        if seqs != list(range(1, head + 1)):
            yield f"session {short(session)} has events {seqs} and head {head}"
    yield from world.memory.violations


def _i4(world: World) -> Iterator[str]:
    """What each client assembled equals the stored content, for every message."""
    rows = _rows(world)
    for tab in world.tabs:
        for session_id, state in tab.client.sessions.items():
            known = {UUID(key) for key in state.messages}
            living = {row.id for row in rows.values() if str(row.session_id) == session_id and not row.deleted}
            for missing in _created_after(world, session_id, tab.paged_at[session_id]) & living - known:
                yield f"{tab.name} does not know {short(missing)}"
            for message_id in known - living:
                yield f"{tab.name} shows {short(message_id)}, which is deleted"
            for message_id in known & living:
                row = rows[message_id]
                stored = row.content, row.status
                seen = state.text_of(str(message_id)), state.messages[str(message_id)]["status"]
                if seen != stored:
                    yield f"{tab.name} has {seen} of {short(message_id)}, stored is {stored}"


def _i5(world: World) -> Iterator[str]:
    """The stored content equals what the scripted provider sent along the recorded attempts."""
    used: dict[int, UUID] = {}
    for row in _rows(world).values():
        if row.role != "assistant" or row.id in world.memory.edited:
            continue
        parts = calls_in(row.content, world.models.calls)
        if parts is None:
            yield f"{short(row.id)} has a text that no calls sent: {row.content!r}"
            continue
        for place, (call, length) in enumerate(parts):
            if used.setdefault(call.number, row.id) != row.id:
                yield f"call {call.number} wrote both {short(row.id)} and {short(used[call.number])}"
            before = "".join(earlier.sent[:count] for earlier, count in parts[:place])
            if call.kept and call.kept.rstrip() != before.rstrip():
                yield f"call {call.number} went on from {call.kept!r}, {short(row.id)} has {before!r} before it"
            if (
                place == len(parts) - 1
                and row.status == "complete"
                and not (call.completed and length == len(call.sent))
            ):
                yield f"{short(row.id)} is complete with {length} of {len(call.sent)} of call {call.number}"


def _i6(world: World) -> Iterator[str]:
    """Overlapping pieces never differ."""
    for tab in world.tabs:
        for divergence in tab.client.divergences:
            if UUID(divergence.message_id) in world.memory.deleted and (world.past or world.disturbances.outages):
                continue  # who deletes waits 6 s for a worker that is gone, and ends the reply by its checkpoint
            yield f"{tab.name} saw {divergence}"


def _i7(world: World) -> Iterator[str]:
    """Each start of a generation reaches one final state exactly once, with one final event."""
    kinds = ("message:created", "message:updated", "chat:stream:start", "chat:stream:reset", "chat:stream:end")
    marks = ",".join("?" * len(kinds))
    events = world.storage.rows(
        f"SELECT message_id, kind, body FROM session_event WHERE kind IN ({marks}) ORDER BY session_id, seq",  # noqa: S608
        *kinds,
    )
    running: dict[str, bool] = {}
    attempts: dict[str, int] = {}
    for message, kind, body in events:
        frame = json.loads(body)
        if kind.startswith("message:"):
            row = frame["message"]
            if row["role"] == "assistant" and row["status"] in UNFINISHED:
                if running.get(message) and kind == "message:updated":
                    yield f"{short(message)} was asked for again before it ended"
                running[message] = True
            continue
        if not running.get(message):
            yield f"{short(message)} has a {kind} after its end"
        if kind == "chat:stream:end":
            running[message] = False
            if frame["attempt"] < attempts.get(message, 0):
                yield f"I8: {short(message)} ended by attempt {frame['attempt']} after {attempts[message]} had begun"
        elif frame["attempt"] <= attempts.get(message, 0):
            yield f"{short(message)} begins attempt {frame['attempt']} after {attempts[message]}"
        attempts[message] = max(frame["attempt"], attempts.get(message, 0))
    yield from (f"{short(message)} has no end" for message, still in running.items() if still)
    for message, state, status in world.storage.rows(
        "SELECT message_id, state, status FROM generation JOIN message ON id = message_id"
    ):
        if state in UNFINISHED or state != status:
            yield f"{short(message)} is {state}, its message {status}"


def _i8(world: World) -> Iterator[str]:
    """No write of attempt k after attempt k+1 was claimed."""
    for change in world.storage.changes:
        if change.old_attempt is None or change.attempt != change.old_attempt:
            continue
        what = f"{change.process} at {change.at:.3f} to {short(change.message_id)}, attempt {change.attempt}"
        is_new_text = change.partial != change.old_partial and change.state == "streaming"
        if is_new_text and change.partial_attempt < change.attempt:
            yield f"a write of attempt {change.partial_attempt} by {what}"
        # Who answers clients may end anybody's reply: it was deleted, or stopped while it waited.
        owner = world.owners.get(change.process) if change.process.startswith("worker") else None
        wrote = change.leased or change.old_partial != change.partial or change.state != change.old_state
        if owner is not None and change.old_state == "streaming" and wrote and change.old_owner not in (owner, None):
            yield f"a write of another's reply by {what}"


def _i9(world: World) -> Iterator[str]:
    """No reply without progress for long; none unfinished past its deadline."""
    excuses = [*world.disturbances.outages, *(Interval(*quiet) for quiet in world.models.quiet)]
    for message_id, changes in _by_message(world).items():
        for since, until in _waits(changes, _ends_above(world, message_id)):
            excused = _overlap(excuses, since, until)
            allowed = GOES_ON_WITHIN_SECONDS + SLACK_SECONDS + excused + (OWNERS_FIRST_SECONDS if excused > 1 else 0)
            if until - since > allowed:
                yield f"{short(message_id)} stood still from {since:.1f} to {until:.1f} ({excused:.1f} excused)"
        for began, ended in _lives(changes):
            allowed = DEADLINE_SECONDS + SLACK_SECONDS + _overlap(excuses, ended - 30, ended)
            if ended - began > allowed:
                yield f"{short(message_id)} ended {ended - began:.1f} s after its first claim"


def _i10(world: World) -> Iterator[str]:
    """After an acknowledged stop no text is accepted past 6 s; the partial is kept; nothing is regenerated."""
    rows = _rows(world)
    asked: dict[UUID, list[float]] = {}
    for message_id, at in world.memory.asked_again:
        asked.setdefault(message_id, []).append(at)
    for stop in world.memory.stops:
        row = rows.get(stop.message_id)
        again = any(at >= stop.at - 30 for at in asked.get(stop.message_id, ()))
        if row is None or row.deleted or again or stop.message_id in world.memory.edited:
            continue  # what came after it was asked for
        moment = stop.at + STOPS_WITHIN_SECONDS + _overlap(world.disturbances.outages, stop.at - 30, stop.at + 30)
        if row.status == "complete" and _ended_at(world, stop.message_id) <= moment:
            continue
        if row.status in UNFINISHED:
            yield f"{short(row.id)} goes on after its stop"
        for call, length in calls_in(row.content, world.models.calls) or ():
            if call.began > moment:
                yield f"{short(row.id)} was stopped at {stop.at:.1f}, and call {call.number} began at {call.began:.1f}"
            elif length > call.sent_by(moment):
                yield f"{short(row.id)} was stopped at {stop.at:.1f} and has {length - call.sent_by(moment)} from later"


def _paid(world: World) -> Iterator[str]:
    """A paid model is not asked twice for what was begun: once a text is stored, asking again is the user's choice."""
    kept: dict[UUID, int] = {}
    for change in world.storage.changes:
        if change.state == "queued":
            kept[change.message_id] = len(change.partial)
        taken_over = change.state == change.old_state == "streaming" and change.attempt != change.old_attempt
        if taken_over and len(change.old_partial) > kept.get(change.message_id, 0):
            for call in world.models.calls:
                asked = call.question == _question_of(world, change.message_id) and call.process.name == change.process
                if call.kind == "paid" and asked and 0 <= call.began - change.at < AT_ONCE_SECONDS:
                    yield f"call {call.number} billed {short(change.message_id)} again, of which text was stored"


def _i17(world: World) -> Iterator[str]:
    """Afterwards nobody works any more, and no task is left of what was followed and written."""
    for node in world.nodes:
        if node.engine is not None and node.engine.running:
            yield f"{node.name} still writes {node.engine.running} replies"
        left = [name for name in node.tasks() if name == "reply"]
        if left:
            yield f"{node.name} has tasks left: {left}"


def _unforeseen(world: World) -> Iterator[str]:
    """No error that nobody foresaw."""
    yield from world.trace.faults


CHECKS: dict[str, Callable[[World], Iterator[str]]] = {
    "I1": _i1,
    "I2": _i2,
    "I3": _i3,
    "I4": _i4,
    "I5": _i5,
    "I6": _i6,
    "I7": _i7,
    "I8": _i8,
    "I9": _i9,
    "I10": _i10,
    "paid": _paid,
    "I17": _i17,
    "unforeseen": _unforeseen,
}


def _rows(world: World) -> dict[UUID, Row]:
    found = world.storage.rows("SELECT id, session_id, role, content, status, deleted_at FROM message")
    return {
        UUID(key): Row(UUID(key), UUID(session), role, content, status, deleted is not None)
        for key, session, role, content, status, deleted in found
    }


def _created_after(world: World, session_id: str, seq: int) -> set[UUID]:
    found = world.storage.rows(
        "SELECT message_id FROM session_event WHERE session_id = ? AND seq > ? AND kind = 'message:created'",
        UUID(session_id).hex,
        seq,
    )
    return {UUID(key) for (key,) in found}


def _by_message(world: World) -> dict[UUID, list[Change]]:
    found: dict[UUID, list[Change]] = {}
    for change in world.storage.changes:
        found.setdefault(change.message_id, []).append(change)
    return found


def _ends_above(world: World, message_id: UUID) -> list[float]:
    """Return when the reply ended that this one has to wait for."""
    found = world.storage.rows("SELECT after_id FROM generation WHERE message_id = ?", message_id.hex)
    above = UUID(found[0][0]) if found and found[0][0] else None
    return [
        change.at
        for change in world.storage.changes
        if change.message_id == above and change.state not in UNFINISHED and change.old_state in UNFINISHED
    ]


def _waits(changes: list[Change], ends_above: list[float]) -> Iterator[tuple[float, float]]:
    """Return from when until when an unfinished reply made no progress, without what it had to wait for."""
    since: float | None = None
    for change in filter(_is_progress, changes):
        if since is not None:
            waited = [end for end in ends_above if since < end <= change.at and change.old_state == "queued"]
            yield max([since, *waited]), change.at
        since = change.at if change.state in UNFINISHED else None


def _lives(changes: list[Change]) -> Iterator[tuple[float, float]]:
    """Return when a reply was first claimed and when it ended, for each time that it was asked for."""
    began: float | None = None
    for change in changes:
        if change.state == "streaming" and began is None:
            began = change.at
        elif change.state not in UNFINISHED:
            if began is not None:
                yield began, change.at
            began = None


def _is_progress(change: Change) -> bool:
    """Whether a change is more than a renewed lease."""
    return (
        change.state != change.old_state
        or change.attempt != change.old_attempt
        or change.partial != change.old_partial
        or change.partial_attempt != change.old_partial_attempt
    )


def _overlap(intervals: list[Interval], since: float, until: float) -> float:
    """Return how much of a time lies in some interval."""
    total, reached = 0.0, since
    for interval in sorted(intervals, key=lambda interval: interval.since):
        begin, end = max(interval.since, reached), min(interval.until, until)
        if end > begin:
            total += end - begin
            reached = end
    return total


def _ended_at(world: World, message_id: UUID) -> float:
    moments = [
        change.at
        for change in world.storage.changes
        if change.message_id == message_id and change.state not in UNFINISHED
    ]
    return max(moments, default=float("inf"))


def _question_of(world: World, message_id: UUID) -> str:
    found = world.storage.rows(
        "SELECT above.content FROM message JOIN message AS above ON above.id = message.parent_id WHERE message.id = ?",
        message_id.hex,
    )
    return str(found[0][0]) if found else ""
