"""What `causerie chaos` does: run, show progress, and end with the table of invariants."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from causerie.chaos.checking import RULES, differences
from causerie.chaos.installation import servers
from causerie.chaos.plan import Wish
from causerie.chaos.running import Report, run

MOST_SHOWN = 5


def try_out(wanted: Sequence[Wish], *, report: Path | None = None, keep: Path | None = None) -> bool:
    """Run what is wished, print progress and the verdicts, and return whether everything held.

    Args:
        report: a file for everything that was counted and found, as JSON: one run, or a list of several.
        keep: a folder for logs and data, in one folder a set-up; without it they are gone afterwards.
    """
    console = Console()
    found = [try_out_one(wish, console=console, keep=keep and keep / wish.setup) for wish in wanted]
    holds = all(verdict.holds for one in found for verdict in one.verdicts)
    if len(found) > 1:
        differing = differences([one.verdicts for one in found])
        told = f"differ in {', '.join(differing)}" if differing else "give the same verdicts"
        console.print(f"I18: the set-ups {told}", highlight=False)
        holds = holds and not differing
    if report is not None:
        documents = [_as_json(one) for one in found]
        report.write_text(json.dumps(documents if len(documents) > 1 else documents[0], indent=1))
    return holds


def try_out_one(wish: Wish, *, console: Console | None = None, keep: Path | None = None) -> Report:
    """Run one wish, print progress and the verdicts, and return what came of it."""
    console = console or Console()
    with tempfile.TemporaryDirectory(prefix="causerie-chaos-") as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with servers(wish.setup) as parts:
            found = uvloop.run(
                run(wish, parts, folder, lambda line: console.print(line, highlight=False, soft_wrap=True))
            )
    console.print(_table(found))
    for line in _summary(found):
        console.print(line, highlight=False, soft_wrap=True)
    return found


def _table(report: Report) -> Table:
    table = Table(title=f"{report.wish.setup}: {report.wish.sessions} sessions, seed {report.wish.seed}")
    table.add_column("")
    table.add_column("must hold", ratio=1)
    table.add_column("cases", justify="right")
    table.add_column("violations", justify="right")
    table.add_column("verdict")
    for verdict in report.verdicts:
        word = "[red]broken" if verdict.violations else "[green]holds" if verdict.cases else "[dim]not met"
        table.add_row(verdict.rule, RULES[verdict.rule], str(verdict.cases), str(len(verdict.violations)), word)
    return table


def _summary(report: Report) -> list[str]:
    counts = _counts(report)
    lines = [", ".join(f"{name} {count}" for name, count in counts.items())]
    for verdict in report.verdicts:
        lines += [f"{verdict.rule}: {violation}" for violation in verdict.violations[:MOST_SHOWN]]
    if any(not verdict.holds for verdict in report.verdicts):
        wish = report.wish
        lines.append(
            f"The same again: causerie chaos --setup {wish.setup} --sessions {wish.sessions} --seed {wish.seed} "
            f"--faults {','.join(wish.faults)} --web {wish.web} --workers {wish.workers} --keep FOLDER (for the logs)"
        )
    return lines


def _counts(report: Report) -> dict[str, int | float]:
    evidence = report.evidence
    violations = {verdict.rule: len(verdict.violations) for verdict in report.verdicts}
    stored = {message.id for message in evidence.stored.messages.values()}
    acknowledged = [said for said in evidence.said if said.acked_at is not None]
    lost = sum(said.message_id not in stored for said in acknowledged)
    return {
        "sessions": report.wish.sessions,
        "messages": len(evidence.said),
        "acknowledged": len(acknowledged),
        "refused first": sum(bool(said.refusals) for said in evidence.said),
        "lost": lost,
        "doubled": violations["I1"] - lost,
        "diverged": violations["I4"] + violations["I6"],
        "provider calls": len(evidence.calls),
        "joins": evidence.connections,
        "faults": len(evidence.strikes),
        "seconds": round(report.seconds),
    }


def _as_json(report: Report) -> dict[str, object]:
    evidence = report.evidence
    return {
        "wish": asdict(report.wish),
        "counts": _counts(report),
        "verdicts": [asdict(verdict) for verdict in report.verdicts],
        "unacknowledged": [asdict(said) | {"other_replies": []} for said in evidence.said if said.acked_at is None],
        "strikes": [asdict(struck) for struck in evidence.strikes],
        "exits": [asdict(end) for end in evidence.exits],
        "gaps": [asdict(gap) for gap in evidence.gaps],
        "late_joins": [asdict(join) for join in evidence.late_joins],
        "residues": [asdict(residue) for residue in evidence.residues],
    }
