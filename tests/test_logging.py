"""Logs: one line an entry, whatever a stranger puts into a value (S75)."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from causerie.logging import Format, configure_logging

TRAP = "a\nFAKE entry\x1b[31m\u2028\u202e"

pytestmark = pytest.mark.req("S75")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def written(monkeypatch: pytest.MonkeyPatch, form: Format | None) -> str:
    output = io.StringIO()
    monkeypatch.setattr("sys.stderr", output)
    configure_logging(form)
    structlog.get_logger().warning("request_refused", path=TRAP)
    logging.getLogger("library").warning("careful: %s", TRAP)
    return output.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_entry_is_one_line(monkeypatch: pytest.MonkeyPatch, form: Format) -> None:
    output = written(monkeypatch, form)

    assert output.count("\n") == 2
    assert not any(sign in output for sign in ("\x1b[31m", "\u2028", "\u202e"))


def test_away_from_a_terminal_entries_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    own, library = map(json.loads, written(monkeypatch, None).splitlines())

    assert (own["event"], own["level"], own["path"]) == ("request_refused", "warning", TRAP)
    assert (library["level"], library["logger"]) == ("warning", "library")
