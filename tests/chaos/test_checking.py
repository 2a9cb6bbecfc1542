"""The judge: what was sound passes every rule, and each rule finds what breaks it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from causerie.chaos.checking import RULES, differences, judge
from causerie.chaos.evidence import (
    Breach,
    Contradiction,
    Evidence,
    Gap,
    LateJoin,
    Residue,
    Said,
    Seen,
    Stored,
    StoredEvent,
    StoredMessage,
    Struck,
    Verb,
)
from causerie.chaos.plan import Strike
from causerie.chaos.processes import Exit
from causerie.chaos.provider import Call, Script

SESSION, QUESTION, REPLY = "session", "question", "reply"
SCRIPT = Script("7.0", words=20, pace=10)
CALL = Call("7.0", 1, "free", "", 20, began=1_000.0, ended=1_002.0, how="complete")
TEXT = CALL.text


def sound() -> Evidence:
    """Return what a run leaves behind in which one question was answered and nothing went wrong."""
    return Evidence(
        said=[Said(QUESTION, "7.0", SCRIPT.written(), 999.0, SESSION, 1_000.0, REPLY)],
        verbs=[Verb("stop", REPLY, "7.0", 1_001.0, 1_001.1)],
        contradictions=[Contradiction(QUESTION, "id_conflict")],
        seen=[Seen("client 0.0", SESSION, 4, {QUESTION: SCRIPT.written(), REPLY: TEXT})],
        late_joins=[LateJoin(REPLY, 2_000.0, 0.5, after_flush=True)],
        strikes=[
            Struck(Strike(1, "redis-kill", 5, 0), 998.0, 1_003.0),
            Struck(Strike(2, "web-stop", 5, 0), 990.0, 995.0, recovery=0.1),
        ],
        exits=[Exit("worker0", 2.0, 0, age=60.0), Exit("worker1", 0.0, -15, age=0.5)],
        residues=[Residue("sockets of web0", 0, 0, 0)],
        calls=[CALL],
        stored=Stored(
            {
                QUESTION: StoredMessage(QUESTION, SESSION, None, "user", "complete", SCRIPT.written(), None, None),
                REPLY: StoredMessage(REPLY, SESSION, QUESTION, "assistant", "complete", TEXT, 1, "complete"),
            },
            [
                event(1, "message:created", QUESTION),
                event(2, "message:created", REPLY),
                event(3, "chat:stream:start", REPLY, attempt=1),
                event(4, "chat:stream:end", REPLY, attempt=1),
            ],
            {SESSION: 4},
        ),
    )


def event(seq: int, kind: str, message_id: str, **body: object) -> StoredEvent:
    return StoredEvent(SESSION, seq, kind, message_id, body)


def change_reply(evidence: Evidence, **changes: object) -> None:
    evidence.stored.messages[REPLY] = replace(evidence.stored.messages[REPLY], **changes)  # type: ignore[arg-type]


def broken(evidence: Evidence) -> set[str]:
    """Return the rules that do not hold, without I11 and I12, which are broken with any other."""
    return {verdict.rule for verdict in judge(evidence) if not verdict.holds} - {"I11", "I12"}


def test_a_sound_run_holds_every_rule_and_each_was_met() -> None:
    verdicts = judge(sound())

    assert {verdict.rule: verdict.violations for verdict in verdicts} == dict.fromkeys(RULES, ())
    assert [verdict.rule for verdict in verdicts if not verdict.cases] == []


def lose(evidence: Evidence) -> None:
    del evidence.stored.messages[QUESTION]


def double(evidence: Evidence) -> None:
    evidence.stored.messages["copy"] = replace(evidence.stored.messages[QUESTION], id="copy")


def double_what_was_never_acknowledged(evidence: Evidence) -> None:
    evidence.said[0].acked_at = None
    double(evidence)


def answer_twice(evidence: Evidence) -> None:
    evidence.said[0].other_replies.add("another")


def take_other_words(evidence: Evidence) -> None:
    evidence.contradictions = [Contradiction(QUESTION, None)]


def leave_a_hole(evidence: Evidence) -> None:
    evidence.stored.events.pop(1)


def stay_behind(evidence: Evidence) -> None:
    evidence.seen = [replace(evidence.seen[0], seq=3)]


def hear_out_of_order(evidence: Evidence) -> None:
    evidence.breaches = [Breach("I3", "client 0.0: event 4 came after 2")]


def see_another_text(evidence: Evidence) -> None:
    evidence.seen[0].text_of[REPLY] = TEXT[:-1] + "!"


def store_what_nobody_sent(evidence: Evidence) -> None:
    change_reply(evidence, content=TEXT + " more")
    evidence.seen = []


def store_half_as_complete(evidence: Evidence) -> None:
    change_reply(evidence, content=TEXT[:20])
    evidence.seen = []


def mix_two_calls(evidence: Evidence) -> None:
    other = replace(CALL, number=2)
    evidence.calls.append(other)
    evidence.seen = []
    change_reply(evidence, content=TEXT[: len(TEXT) // 2] + other.text[len(TEXT) // 2 :], attempt=2)
    evidence.stored.events[3] = event(4, "chat:stream:reset", REPLY, attempt=2)
    evidence.stored.events.append(event(5, "chat:stream:end", REPLY, attempt=2))
    evidence.stored.heads[SESSION] = 5


def differ_where_pieces_overlap(evidence: Evidence) -> None:
    evidence.breaches = [Breach("I6", "client 0.0: two pieces differ")]


def never_end(evidence: Evidence) -> None:
    change_reply(evidence, status="streaming", state="streaming", content=TEXT)
    evidence.stored.events.pop()
    evidence.stored.heads[SESSION] = 3
    evidence.seen = []


def end_twice(evidence: Evidence) -> None:
    evidence.stored.events.append(event(5, "chat:stream:end", REPLY, attempt=1))
    evidence.stored.heads[SESSION] = 5
    evidence.seen = []


def disagree_with_the_generation(evidence: Evidence) -> None:
    change_reply(evidence, state="failed")


def begin_an_attempt_twice(evidence: Evidence) -> None:
    evidence.stored.events[3:3] = [event(4, "chat:stream:reset", REPLY, attempt=1)]
    evidence.stored.events[4] = event(5, "chat:stream:end", REPLY, attempt=1)
    evidence.stored.heads[SESSION] = 5
    evidence.seen = []


def end_an_older_attempt(evidence: Evidence) -> None:
    change_reply(evidence, attempt=2)


def stand_still(evidence: Evidence) -> None:
    evidence.strikes = []
    evidence.gaps = [Gap(REPLY, "7.0", 1_001.0, 1_031.0)]


def write_after_a_stop(evidence: Evidence) -> None:
    evidence.calls.append(replace(CALL, number=2, began=1_020.0, ended=1_020.1, sent=0, how="hung up"))


def take_text_after_a_stop(evidence: Evidence) -> None:
    evidence.verbs = [Verb("stop", REPLY, "7.0", 980.0, 980.1)]


def ask_twice(evidence: Evidence) -> None:
    evidence.calls.append(replace(CALL, number=2))


def sleep_on(evidence: Evidence) -> None:
    evidence.strikes[1] = replace(evidence.strikes[1], recovery=None)


def wake_slowly(evidence: Evidence) -> None:
    evidence.strikes[1] = replace(evidence.strikes[1], recovery=9.0)


def drain_slowly(evidence: Evidence) -> None:
    evidence.exits = [Exit("worker0", 14.0, 0, age=60.0)]


def end_by_force(evidence: Evidence) -> None:
    evidence.exits = [Exit("worker0", 2.0, None, age=60.0)]


def end_without_a_word(evidence: Evidence) -> None:
    evidence.exits = [Exit("worker0", 0.0, -15, age=60.0)]


def leave_something_behind(evidence: Evidence) -> None:
    evidence.residues = [Residue("sockets of web0", 0, 3, 0)]


@pytest.mark.parametrize(
    ("rule", "harm"),
    [
        ("I1", lose),
        ("I1", double),
        ("I1", double_what_was_never_acknowledged),
        ("I1", answer_twice),
        ("I2", take_other_words),
        ("I3", leave_a_hole),
        ("I3", stay_behind),
        ("I3", hear_out_of_order),
        ("I4", see_another_text),
        ("I5", store_what_nobody_sent),
        ("I5", store_half_as_complete),
        ("I5", mix_two_calls),
        ("I6", differ_where_pieces_overlap),
        ("I7", never_end),
        ("I7", end_twice),
        ("I7", disagree_with_the_generation),
        ("I8", begin_an_attempt_twice),
        ("I8", end_an_older_attempt),
        ("I9", stand_still),
        ("I10", write_after_a_stop),
        ("I10", take_text_after_a_stop),
        ("I14", ask_twice),
        ("I15", sleep_on),
        ("I15", wake_slowly),
        ("I16", drain_slowly),
        ("I16", end_by_force),
        ("I16", end_without_a_word),
        ("I17", leave_something_behind),
    ],
)
def test_each_rule_finds_what_breaks_it(rule: str, harm: Callable[[Evidence], None]) -> None:
    evidence = sound()

    harm(evidence)

    assert rule in broken(evidence)


def test_what_is_broken_is_broken_without_redis_and_after_a_flush_too() -> None:
    evidence = sound()

    end_twice(evidence)

    assert {verdict.rule for verdict in judge(evidence) if not verdict.holds} == {"I7", "I11", "I12"}


@pytest.mark.parametrize("refusals", [["storage_unavailable"], []])
def test_a_message_not_taken_while_redis_was_away_breaks_i11(refusals: list[str]) -> None:
    evidence = sound()

    evidence.said.append(Said("not taken", "8.0", "other words", 999.0, refusals=refusals))

    assert {verdict.rule for verdict in judge(evidence) if not verdict.holds} == {"I11"}


@pytest.mark.parametrize("seconds", [None, 12.0])
def test_a_late_joiner_without_the_text_in_time_breaks_i12(seconds: float | None) -> None:
    evidence = sound()

    evidence.late_joins = [LateJoin(REPLY, 2_000.0, seconds, after_flush=True)]

    assert {verdict.rule for verdict in judge(evidence) if not verdict.holds} == {"I12"}


def test_a_call_whose_words_a_reset_took_may_be_made_again() -> None:
    evidence = sound()
    evidence.strikes.append(Struck(Strike(3, "provider-reset", 0, 0), 999.0, 999.0))

    evidence.calls = [replace(CALL, sent=1, began=998.9, ended=999.0, how="hung up"), replace(CALL, number=2)]
    change_reply(evidence, content=evidence.calls[1].text)
    evidence.seen = []

    assert broken(evidence) == set()


def test_a_gap_is_explained_by_the_faults_in_it() -> None:
    evidence = sound()
    evidence.strikes = [Struck(Strike(1, "worker-kill", 0, 0), 1_002.0, 1_002.0)]

    evidence.gaps = [Gap(REPLY, "7.0", 1_001.0, 1_036.0)]

    assert broken(evidence) == set()


def test_text_that_a_later_call_went_on_with_is_what_was_sent() -> None:
    evidence = sound()
    cut = replace(CALL, sent=8, how="cut")
    kept = cut.text.rpartition(" ")[0]
    rest = Call("7.0", 2, "continues", kept, 12, began=1_003.0, ended=1_004.0, how="complete")

    evidence.calls = [cut, rest]
    change_reply(evidence, content=rest.text, attempt=2)
    evidence.seen = []
    evidence.stored.events[3] = event(4, "chat:stream:reset", REPLY, attempt=2)
    evidence.stored.events.append(event(5, "chat:stream:end", REPLY, attempt=2))
    evidence.stored.heads[SESSION] = 5

    assert broken(evidence) == set()


def test_set_ups_differ_where_one_holds_what_another_breaks_and_not_where_one_had_no_case() -> None:
    without_redis, broken_one = sound(), sound()
    without_redis.strikes, without_redis.late_joins = [], []
    end_twice(broken_one)

    assert differences([judge(sound()), judge(without_redis)]) == []
    assert differences([judge(sound()), judge(broken_one)]) == ["I7", "I11", "I12"]
