"""What the self-check says of an installation without the local model."""

import importlib.util
from pathlib import Path

import pytest

from causerie.config import Settings
from causerie.ops.doctor import Finding, examine

SERVED = "postgresql://app:secret@127.0.0.1:1/causerie"


def of_the_model(settings: Settings) -> Finding:
    return next(finding for finding in examine(settings) if finding.subject == "local model")


@pytest.mark.parametrize(("address", "ok"), [("sqlite:///{}/causerie.db", False), (SERVED, True)])
def test_the_local_model_is_missed_only_where_it_is_expected(
    address: str, ok: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=address.format(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    found = of_the_model(settings)

    assert found.ok is ok
    assert "causerie model add smollm2" in found.text
