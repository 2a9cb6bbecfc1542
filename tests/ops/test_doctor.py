"""What the self-check says of an installation without the local model."""

import importlib.util
from pathlib import Path

import pytest

from causerie.chaos.servers.valkey import ValkeyServer
from causerie.config import Settings
from causerie.ops.doctor import Finding, examine

SERVED = "postgresql://app:secret@127.0.0.1:1/causerie"


def found_of(subject: str, settings: Settings) -> Finding:
    return next(finding for finding in examine(settings) if finding.subject == subject)


@pytest.mark.parametrize(("address", "ok"), [("sqlite:///{}/causerie.db", False), (SERVED, True)])
def test_the_local_model_is_missed_only_where_it_is_expected(
    address: str, ok: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=address.format(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    found = found_of("local model", settings)

    assert found.ok is ok
    assert "causerie model add smollm2" in found.text


def test_redis_has_to_answer_and_to_take_what_is_written(tmp_path: Path, valkey: ValkeyServer) -> None:
    settings = Settings(data_dir=tmp_path, database_url=SERVED, redis_url=valkey.url)

    here = found_of("Redis", settings)
    valkey.command("REPLICAOF", "127.0.0.1", 1)
    read_only = found_of("Redis", settings)
    valkey.kill()
    gone = found_of("Redis", settings)

    assert (here.ok, read_only.ok, gone.ok) == (True, False, False)
    assert "read only" in read_only.text
    assert "\n" not in gone.text


def test_without_redis_the_doctor_says_what_that_means(tmp_path: Path) -> None:
    found = found_of("Redis", Settings(data_dir=tmp_path, database_url=SERVED))

    assert found.ok
    assert "CAUSERIE_REDIS_URL" in found.text
