"""The invariants of a turn, each judged from the evidence of a run."""

import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from causerie.chaos.evidence import Evidence, Gap, StoredEvent, StoredMessage, Verb
from causerie.chaos.plan import FAULTS
from causerie.chaos.provider import Call, Script, words_of

FINAL = ("complete", "stopped", "failed")
STILL_SECONDS = 20.0
SILENT_SECONDS = 35.0
SILENT_FIRST_SECONDS = 65.0
STOP_SECONDS = 6.0
LATE_SECONDS = 6.0
WAKE_SECONDS = 5.0
DRAIN_SECONDS = 10.0
START_SECONDS = 15.0
SLACK_SECONDS = 3.0
"""What a busy machine may add to any time."""
TRIES_AN_ATTEMPT = 3

RULES = {
    "I1": "each acknowledged message is stored exactly once, each other one at most once",
    "I2": "one id with two bodies is a conflict",
    "I3": "events have no gap and no repeat, stored and on each connection",
    "I4": "what each client put together is what is stored",
    "I5": "what is stored is what the provider sent",
    "I6": "overlapping pieces of text never differ",
    "I7": "each start of a reply ends once, with one event",
    "I8": "no attempt writes after a later one began",
    "I9": "no reply stands still for longer than its faults explain",
    "I10": "after a stop no text is taken, and nothing is written again",
    "I11": "without Redis all of this holds, and new messages complete",
    "I12": "after FLUSHALL all of this holds, and a late joiner has all text in 6 s",
    "I14": "clients that reconnect cause no further call of a provider",
    "I15": "what was frozen works again in 5 s",
    "I16": "what is told to end loses no reply, and ends in 10 s",
    "I17": "afterwards everything is back at its base line",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an invariant held, for how many cases; none means that the run had nothing to judge it by."""

    rule: str
    cases: int
    violations: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.violations


def judge(evidence: Evidence) -> list[Verdict]:
    """Return the verdict on each invariant, in order."""
    verdicts = {rule: _verdict(rule, check, evidence) for rule, check in _CHECKS.items()}
    broken = [rule for rule, verdict in verdicts.items() if not verdict.holds]
    for rule, part in (("I11", _without_redis), ("I12", _flushed)):
        verdicts[rule] = _verdict(rule, part, evidence, [f"{other} does not hold" for other in broken])
    return [verdicts[rule] for rule in RULES]


def differences(runs: Iterable[Iterable[Verdict]]) -> list[str]:
    """Return the invariants that several runs judged differently, of those that they had cases for (I18)."""
    judged: dict[str, set[bool]] = defaultdict(set)
    for verdicts in runs:
        for verdict in verdicts:
            if verdict.cases:
                judged[verdict.rule].add(verdict.holds)
    return [rule for rule, answers in judged.items() if len(answers) > 1]


Finding = str | None
"""One case that was looked at: None, or what is wrong with it."""


def _verdict(
    rule: str, check: Callable[[Evidence], Iterable[Finding]], evidence: Evidence, inherited: Iterable[str] = ()
) -> Verdict:
    findings = list(check(evidence))
    heard = [breach.text for breach in evidence.breaches if breach.rule == rule]
    violations = [*filter(None, findings), *heard, *(inherited if findings else ())]
    return Verdict(rule, len(findings) + len(heard), tuple(violations))


def _stored_once(evidence: Evidence) -> Iterator[Finding]:
    stored = evidence.stored.messages
    times = Counter(message.content for message in stored.values() if message.role == "user")
    for said in evidence.said:
        count = times[said.content]
        if said.acked_at is not None and (count != 1 or said.message_id not in stored):
            yield f"message {said.message_id} was acknowledged and is stored {count} times"
        elif count > 1:
            yield f"message {said.message_id} was never acknowledged and is stored {count} times"
        elif said.other_replies:
            yield f"message {said.message_id} has the replies {said.reply_id} and {', '.join(said.other_replies)}"
        else:
            yield None


def _conflicts(evidence: Evidence) -> Iterator[Finding]:
    for case in evidence.contradictions:
        refused = case.refused_as == "id_conflict"
        yield None if refused else f"message {case.message_id} was taken again with other words"


def _in_order(evidence: Evidence) -> Iterator[Finding]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for event in evidence.stored.events:
        numbers[event.session_id].append(event.seq)
    for session_id, head in evidence.stored.heads.items():
        whole = numbers[session_id] == list(range(1, head + 1))
        yield None if whole else f"session {session_id} has not the events 1 to {head}"
    for seen in evidence.seen:
        head = evidence.stored.heads.get(seen.session_id, 0)
        yield None if seen.seq == head else f"{seen.client} is at {seen.seq} of {head} in session {seen.session_id}"


def _same_text(evidence: Evidence) -> Iterator[Finding]:
    by_session: dict[str, list[StoredMessage]] = defaultdict(list)
    for message in evidence.stored.messages.values():
        by_session[message.session_id].append(message)
    for seen in evidence.seen:
        for message in by_session[seen.session_id]:
            text = seen.text_of.get(message.id)
            if text is not None:
                yield None if text == message.content else f"{seen.client} has another text of message {message.id}"


def _as_sent(evidence: Evidence) -> Iterator[Finding]:
    calls = _calls_by_name(evidence)
    for name, reply in _replies(evidence):
        if not _is_explained(reply.content, calls[name], whole=reply.status == "complete"):
            yield f"reply {reply.id} ({name}, {reply.status}, attempt {reply.attempt}) is not what was sent for it"
        else:
            yield None


def _is_explained(content: str, calls: list[Call], *, whole: bool) -> bool:
    """Tell whether a text is the beginning of what one call gave, and that call's prefix is explained likewise."""
    if not content:
        return not whole
    for call in calls:
        given = call.text
        is_prefix = given.startswith(content) and len(content) >= len(call.prefix)
        if is_prefix and not (whole and (content != given or call.how != "complete")):
            return not call.prefix or _is_explained(
                call.prefix, [earlier for earlier in calls if earlier.number < call.number], whole=False
            )
    return False


def _no_difference(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.seen:
        yield from (None for _ in seen.text_of)


def _ends_once(evidence: Evidence) -> Iterator[Finding]:
    ends, starts = Counter[str](), Counter[str]()
    for event in evidence.stored.events:
        if event.message_id is None:
            continue
        ends[event.message_id] += event.kind == "chat:stream:end"
        starts[event.message_id] += _asks_again(event)
    for reply_id in evidence.unfinished:
        yield f"reply {reply_id} did not end while somebody waited for it"
    for message in evidence.stored.messages.values():
        if message.attempt is None:
            continue
        if message.status not in FINAL or message.state != message.status:
            yield f"reply {message.id} is {message.status}, its generation {message.state}"
        elif ends[message.id] != 1 + starts[message.id]:
            yield f"reply {message.id} was started {1 + starts[message.id]} times and ended {ends[message.id]} times"
        else:
            yield None


def _asks_again(event: StoredEvent) -> bool:
    return event.kind == "message:updated" and event.body["message"]["status"] in ("queued", "streaming")


def _fenced(evidence: Evidence) -> Iterator[Finding]:
    newest: dict[str, int] = {}
    for event in evidence.stored.events:
        if event.message_id is None or event.kind not in _ATTEMPTS:
            continue
        attempt, known = event.body["attempt"], newest.get(event.message_id, 0)
        begins = event.kind != "chat:stream:end"
        wrong = attempt <= known if begins else attempt != known
        newest[event.message_id] = max(attempt, known)
        yield f"{event.kind} of attempt {attempt} of {event.message_id} follows attempt {known}" if wrong else None
    for message in evidence.stored.messages.values():
        if message.attempt is not None and message.id in newest and message.attempt != newest[message.id]:
            yield f"reply {message.id} is at attempt {message.attempt}, its events at {newest[message.id]}"


_ATTEMPTS = ("chat:stream:start", "chat:stream:reset", "chat:stream:end")


def _goes_on(evidence: Evidence) -> Iterator[Finding]:
    scripts = {said.name: Script.found(said.content) for said in evidence.said}
    gaps: dict[str, list[Gap]] = defaultdict(list)
    for gap in evidence.gaps:
        gaps[gap.message_id].append(gap)
    for said in evidence.said:
        if said.reply_id is None:
            continue
        for gap in gaps.pop(said.reply_id, ()):
            yield _too_long(evidence, gap, scripts.get(gap.name))
        yield None
    for rest in gaps.values():
        for gap in rest:
            yield _too_long(evidence, gap, scripts.get(gap.name))


def _too_long(evidence: Evidence, gap: Gap, script: Script | None) -> Finding:
    still = gap.ended - gap.began
    explained = _explained_seconds(evidence, gap, script)
    if still <= explained + SLACK_SECONDS:
        return None
    return f"reply {gap.message_id} ({gap.name}) stood still for {still:.1f} s; its faults explain {explained:.1f} s"


def _explained_seconds(evidence: Evidence, gap: Gap, script: Script | None) -> float:
    """Return how long a reply may stand still: what each fault near it costs, one after the other."""
    explained = STILL_SECONDS + _cost(evidence, gap.began, gap.ended)
    if script is not None and script.trouble == "silence":
        explained += script.calls * (SILENT_SECONDS if script.after else SILENT_FIRST_SECONDS)
    return explained


def _cost(evidence: Evidence, began: float, ended: float) -> float:
    """Return the seconds that faults may have cost whoever waited in this time."""
    cost = 0.0
    for struck in evidence.strikes:
        fault = FAULTS[struck.strike.fault]
        if struck.began < ended and struck.ended + fault.costs > began:
            cost += fault.costs + (struck.ended - struck.began)
    return cost


def _stays_stopped(evidence: Evidence) -> Iterator[Finding]:
    calls = _calls_by_name(evidence)
    paces = {said.name: script.pace for said in evidence.said if (script := Script.found(said.content))}
    verbs: dict[str, list[Verb]] = defaultdict(list)
    for verb in evidence.verbs:
        verbs[verb.name].append(verb)
    for stop in evidence.verbs:
        if stop.kind != "stop" or stop.acked_at is None:
            continue
        later = [verb for verb in verbs[stop.name] if verb.asked_at > stop.asked_at]
        until = min((verb.asked_at for verb in later), default=float("inf"))
        last = stop.acked_at + STOP_SECONDS + SLACK_SECONDS
        again = [call for call in calls[stop.name] if last < call.began < until]
        reply = evidence.stored.messages.get(stop.message_id)
        if again:
            yield f"reply {stop.message_id} was written again {again[0].began - stop.acked_at:.1f} s after its stop"
        elif reply is not None and not later and not _was_there(reply, calls[stop.name], paces[stop.name], last):
            yield f"reply {stop.message_id} has text that came after its stop"
        else:
            yield None


def _was_there(reply: StoredMessage, calls: list[Call], pace: int, moment: float) -> bool:
    """Tell whether a text was sent before a moment."""
    if not reply.content:
        return True
    for call in calls:
        words = min(call.sent, max(0, int((moment - call.began) * pace) + 1))
        text = call.prefix + "".join(words_of(call.name, call.number, call.prefix, words))
        if text.startswith(reply.content):
            return True
    return False


def _not_asked_twice(evidence: Evidence) -> Iterator[Finding]:
    attempts: Counter[str] = Counter()
    for name, reply in _replies(evidence):
        attempts[name] += reply.attempt or 0
    for name, calls in _calls_by_name(evidence).items():
        answered = [call for call in calls if call.sent and not _lost_on_the_way(call, evidence)]
        most = attempts[name]
        if len(answered) > most:
            yield f"question {name} was answered by {len(answered)} calls in {most} attempts"
        elif len(calls) > most * TRIES_AN_ATTEMPT:
            yield f"question {name} was asked {len(calls)} times in {most} attempts"
        else:
            yield None


def _lost_on_the_way(call: Call, evidence: Evidence) -> bool:
    """Tell whether a fault of the provider's network may have taken all that a call sent: it may be made again."""
    return call.how == "hung up" and any(
        struck.began - 1 <= call.ended <= struck.ended + 1
        for struck in evidence.strikes
        if FAULTS[struck.strike.fault].hits == "provider"
    )


def _wakes(evidence: Evidence) -> Iterator[Finding]:
    for struck in evidence.strikes:
        if struck.strike.fault not in ("web-stop", "worker-stop"):
            continue
        others = replace(evidence, strikes=[other for other in evidence.strikes if other is not struck])
        woken = struck.began + struck.strike.lasts
        allowed = WAKE_SECONDS + SLACK_SECONDS + _cost(others, woken, struck.ended)
        if struck.recovery is None or struck.recovery > allowed:
            told = "not at all" if struck.recovery is None else f"after {struck.recovery:.1f} s"
            yield f"after {struck.strike.fault} at {struck.strike.at:.0f} s the process worked {told}"
        else:
            yield None


def _drains(evidence: Evidence) -> Iterator[Finding]:
    for end in evidence.exits:
        if end.status == -signal.SIGTERM and end.age < START_SECONDS:
            yield None  # it had not begun to work yet
        elif end.status != 0 or end.seconds > DRAIN_SECONDS + SLACK_SECONDS:
            yield f"{end.process} ended {end.seconds:.1f} s after SIGTERM with status {end.status}"
        else:
            yield None


def _back_at_base(evidence: Evidence) -> Iterator[Finding]:
    for residue in evidence.residues:
        if residue.after > residue.allowed:
            yield f"{residue.what}: {residue.after:g} (before {residue.before:g}, allowed {residue.allowed:g})"
        else:
            yield None


def _without_redis(evidence: Evidence) -> Iterator[Finding]:
    windows = [
        (struck.began, struck.ended)
        for struck in evidence.strikes
        if struck.strike.fault in ("redis-kill", "redis-hole", "redis-pause")
    ]
    for said in evidence.said:
        if any(began <= said.asked_at <= ended for began, ended in windows):
            told = f"was refused ({said.refusals[0]})" if said.refusals else "got no answer"
            yield f"message {said.message_id} {told}" if said.acked_at is None else None


def _flushed(evidence: Evidence) -> Iterator[Finding]:
    others = replace(evidence, strikes=[struck for struck in evidence.strikes if struck.strike.fault != "redis-flush"])
    for join in evidence.late_joins:
        if not join.after_flush:
            continue
        ended = join.began + (join.seconds or LATE_SECONDS)
        allowed = LATE_SECONDS + SLACK_SECONDS + _cost(others, join.began, ended)
        if join.seconds is None or join.seconds > allowed:
            told = "never" if join.seconds is None else f"after {join.seconds:.1f} s"
            yield f"a client that joined after FLUSHALL had all text of {join.message_id} {told}"
        else:
            yield None


def _calls_by_name(evidence: Evidence) -> dict[str, list[Call]]:
    calls: dict[str, list[Call]] = defaultdict(list)
    for call in evidence.calls:
        calls[call.name].append(call)
    return calls


def _replies(evidence: Evidence) -> Iterator[tuple[str, StoredMessage]]:
    """Yield each reply that a model made, with the name of the question that it answers."""
    name_of = {said.message_id: said.name for said in evidence.said}
    for message in evidence.stored.messages.values():
        if message.attempt is not None and message.parent_id in name_of:
            yield name_of[message.parent_id], message


_CHECKS: dict[str, Callable[[Evidence], Iterable[Finding]]] = {
    "I1": _stored_once,
    "I2": _conflicts,
    "I3": _in_order,
    "I4": _same_text,
    "I5": _as_sent,
    "I6": _no_difference,
    "I7": _ends_once,
    "I8": _fenced,
    "I9": _goes_on,
    "I10": _stays_stopped,
    "I14": _not_asked_twice,
    "I15": _wakes,
    "I16": _drains,
    "I17": _back_at_base,
}
