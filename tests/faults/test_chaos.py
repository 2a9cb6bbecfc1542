"""Two hundred sessions while each kind of fault strikes: streaming.md's I1 to I17 on real processes and servers."""

from pathlib import Path

import pytest

from causerie.chaos.checking import RULES
from causerie.chaos.command import try_out_one
from causerie.chaos.plan import FAULTS, PARTS, Setup, Wish, chosen

SESSIONS = 200


@pytest.mark.req("S88")
@pytest.mark.req("S89")
def test_two_hundred_faulted_sessions_lose_double_and_change_nothing(tmp_path: Path) -> None:
    wish = Wish(Setup.SERVED, tuple(chosen(None, Setup.SERVED)), seed=1, sessions=SESSIONS)

    report = try_out_one(wish, keep=tmp_path)

    assert {verdict.rule: verdict.violations for verdict in report.verdicts} == dict.fromkeys(RULES, ())
    assert [verdict.rule for verdict in report.verdicts if not verdict.cases] == []
    met = {struck.strike.fault for struck in report.evidence.strikes}
    assert met >= {name for name, fault in FAULTS.items() if fault.hits in PARTS[Setup.SERVED]}
    assert len({said.session_id for said in report.evidence.said}) == SESSIONS
