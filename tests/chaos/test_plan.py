"""The same seed plans the same, and leaves out what a set-up does not have."""

from itertools import islice

import pytest

from causerie.chaos.plan import FAULTS, HABITS, PARTS, Setup, UnknownFault, chosen, conversation, first_round, strikes


def test_the_same_seed_plans_the_same_strikes_and_conversations() -> None:
    names = chosen(None, Setup.SERVED)

    assert list(islice(strikes(7, names), 60)) == list(islice(strikes(7, names), 60))
    assert [conversation(7, number, names) for number in range(50)] == [
        conversation(7, number, names) for number in range(50)
    ]


def test_another_seed_plans_something_else() -> None:
    names = chosen(None, Setup.SERVED)

    assert list(islice(strikes(7, names), 20)) != list(islice(strikes(8, names), 20))
    assert conversation(7, 0, names) != conversation(8, 0, names)


@pytest.mark.parametrize("setup", list(Setup))
def test_one_round_has_each_fault_of_the_set_up_once_and_takes_less_than_three_minutes(setup: Setup) -> None:
    names = chosen(None, setup)

    planned = first_round(3, names)

    assert sorted(strike.fault for strike in planned) == sorted(
        name for name, fault in FAULTS.items() if fault.hits in PARTS[setup]
    )
    assert planned[-1].at < 180
    assert [strike.at for strike in planned] == sorted(strike.at for strike in planned)


def test_faults_are_chosen_by_name_and_without_those_that_the_set_up_cannot_have() -> None:
    assert chosen("redis-kill, worker-kill,provider-cut", Setup.POSTGRES) == ["worker-kill", "provider-cut"]
    assert chosen(None, Setup.EMBEDDED)[-len(HABITS) :] == list(HABITS)


def test_a_fault_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownFault, match="'gremlins' is no fault"):
        chosen("redis-kill,gremlins", Setup.SERVED)


def test_without_faults_there_are_no_strikes_and_no_trouble() -> None:
    assert list(strikes(1, [])) == []
    assert {turn.trouble for number in range(100) for turn in conversation(1, number, []).turns} == {"none"}
