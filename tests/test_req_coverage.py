"""Every requirement that is due has a test that says so."""

from pathlib import Path

import pytest

from scripts import req_coverage


def test_what_is_due_has_a_test() -> None:
    assert req_coverage.uncovered() == set()


def test_tests_name_what_there_is() -> None:
    assert req_coverage.marked().keys() <= req_coverage.KNOWN


def test_what_has_no_test_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(req_coverage, "DUE", {"S22", "S99"})

    assert req_coverage.main() == 1
    assert "S99  NO TEST" in capsys.readouterr().out


def test_marks_and_titles_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(
        'pytestmark = [mark.req("S1")]\n@pytest.mark.req("S2")\ndef test(): ...\n'
    )
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "src" / "a.test.tsx").write_text("it('shows no script [S54]', () => {})\n")
    monkeypatch.setattr(req_coverage, "ROOT", tmp_path)

    assert req_coverage.marked() == {
        "S1": {"tests/test_a.py"},
        "S2": {"tests/test_a.py"},
        "S54": {"web/src/a.test.tsx"},
    }
