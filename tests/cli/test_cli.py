"""The command line: what it prints, and with which status it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from causerie import __version__
from causerie.db.upgrading import HEAD
from tests.contract.serving import DRAIN_SECONDS, START_SECONDS, working
from tests.waiting import until

CAUSERIE = Path(sys.executable).parent / "causerie"

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CAUSERIE_")}
    named = {f"CAUSERIE_{name}": value for name, value in settings.items()}
    return subprocess.run(
        [CAUSERIE, *arguments],
        env=inherited | {"CAUSERIE_DATA_DIR": str(data)} | named,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_tells_its_version(data: Path) -> None:
    assert run(data, "--version").stdout.strip() == __version__


@pytest.mark.parametrize(
    ("arguments", "settings", "named"),
    [
        (["serve"], {"PORT": "many"}, "CAUSERIE_PORT"),
        (["serve", "--host", "10.0.0.1"], {}, "CAUSERIE_HOST"),
        (["serve", "--no-worker"], {}, "--no-worker"),
        (["worker"], {}, "CAUSERIE_DATABASE_URL"),
        (["serve"], {"FAILPOINTS": "nowhere=kill"}, "CAUSERIE_FAILPOINTS"),
        (["serve"], {"REDIS_URL": "redis://localhost"}, "CAUSERIE_REDIS_URL"),
        (["migrate"], {"DATABASE_URL": "postgresql://app@127.0.0.1:1/db"}, "CAUSERIE_MIGRATION_URL"),
        (["doctor"], {"AUTH": "none"}, "CAUSERIE_AUTH"),
        (["serve"], {"DATA_DIR": "/dev/null"}, "CAUSERIE_DATA_DIR"),
        (["serve"], {"DATABASE_URL": "sqlite:////dev"}, "CAUSERIE_DATABASE_URL"),
        (["migrate"], {"DATABASE_URL": "mysql://x"}, "CAUSERIE_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_one_line(data: Path, arguments: list[str], settings: dict[str, str], named: str) -> None:
    ended = run(data, *arguments, **settings)

    assert ended.returncode != 0
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("causerie: ")
    assert named in ended.stderr


def test_migrating_ends_with_the_newest_schema(data: Path) -> None:
    before, migrated, after = run(data, "migrate", "--check"), run(data, "migrate"), run(data, "migrate", "--check")

    assert (before.returncode, before.stdout) == (1, f"schema none, newest {HEAD}\n")
    assert (migrated.returncode, migrated.stdout) == (0, f"schema {HEAD}\n")
    assert (after.returncode, after.stdout) == (0, f"schema {HEAD}, newest {HEAD}\n")


def test_the_doctor_finds_a_key_that_others_can_read(data: Path) -> None:
    run(data, "migrate")
    (data / "secret_key").write_text("ab" * 32)
    (data / "secret_key").chmod(0o644)

    examined = run(data, "doctor")

    lines = {line.split(": ")[0]: line for line in examined.stdout.splitlines()}
    assert examined.returncode == 1
    assert "chmod 600" in lines["FAIL  master key"]
    assert "ok    database" in lines


def test_the_doctor_changes_nothing(data: Path) -> None:
    examined = run(data, "doctor")

    assert examined.returncode == 1
    assert "does not exist yet" in examined.stdout
    assert not data.exists()


def test_a_database_that_is_away_is_told_in_one_line(data: Path) -> None:
    url = "postgresql://app:secret@127.0.0.1:1/causerie"

    for arguments in (["migrate", "--check"], ["migrate"]):
        ended = run(data, *arguments, DATABASE_URL=url, MIGRATION_URL=url)

        assert ended.returncode == 1
        assert ended.stderr.startswith("causerie: ")
        assert ended.stderr.count("\n") == 1
        assert "secret" not in ended.stderr


@pytest.mark.parametrize("arguments", [["serve", "--port", "0"], ["migrate"], ["doctor"]], ids=str)
def test_a_file_that_is_no_database_is_told_in_one_line_and_not_touched(data: Path, arguments: list[str]) -> None:
    data.mkdir()
    file = data / "causerie.db"
    file.write_text("Dear diary, " * 100)

    ended = run(data, *arguments)

    assert ended.returncode == 1
    assert sum("is not a database" in line for line in (ended.stdout + ended.stderr).splitlines()) == 1
    assert "Traceback" not in ended.stderr
    assert file.read_text() == "Dear diary, " * 100


def test_a_worker_that_waits_for_its_database_says_why_and_ends_when_it_is_told(data: Path) -> None:
    with working(data, DATABASE_URL="postgresql://app:secret@127.0.0.1:1/causerie") as worker:
        until(lambda: "not_ready_yet" in worker.printed(), START_SECONDS, worker.printed)
        worker.process.terminate()
        status = worker.process.wait(DRAIN_SECONDS)

    assert status == 0
    assert "Connection refused" in worker.printed()
    assert "secret" not in worker.printed()
    assert "Traceback" not in worker.printed()


def test_an_unknown_local_model_is_not_fetched(data: Path) -> None:
    ended = run(data, "model", "add", "largest")

    assert ended.returncode == 1
    assert "smollm2" in ended.stderr


def test_help_answers_without_loading_the_server(data: Path) -> None:
    code = "import sys, causerie.cli; print('fastapi' in sys.modules, 'sqlalchemy' in sys.modules)"

    printed = subprocess.check_output([sys.executable, "-c", code], text=True)

    assert printed.split() == ["False", "False"]
    assert "serve" in run(data, "--help").stdout


def test_a_second_server_is_refused_with_one_line(data: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("w") as printed:
        first = subprocess.Popen(
            [CAUSERIE, "serve", "--port", "0"], env={**os.environ, "CAUSERIE_DATA_DIR": str(data)}, stdout=printed
        )
    try:
        until(lambda: "http://127.0.0.1:" in output.read_text(), START_SECONDS, output.read_text)
        second = run(data, "serve", "--port", "0")
    finally:
        first.terminate()

    assert second.returncode != 0
    assert second.stderr.count("\n") == 1
    assert "already uses" in second.stderr
    assert first.wait(10) == 0
