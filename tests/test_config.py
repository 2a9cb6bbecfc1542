"""Settings: their defaults, where they come from, and how a wrong one is told."""

import importlib.util
from pathlib import Path

import pytest

from causerie.config import WrongSetting, load_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = load_settings()

    assert (settings.host, settings.port, settings.auth) == ("127.0.0.1", 8000, "local")
    assert settings.private_hosts == ("loopback",)
    assert settings.data_dir.name == "causerie"
    assert settings.database_file == settings.data_dir / "causerie.db"
    assert settings.object_folder == settings.data_dir / "objects"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "causerie.toml").write_text('port = 1\nhost = "127.0.0.2"\nlog_format = "json"\n')
    monkeypatch.setenv("CAUSERIE_PORT", "2")
    monkeypatch.setenv("CAUSERIE_HOST", "127.0.0.3")

    settings = load_settings(port=3, host=None)

    assert (settings.port, settings.host, settings.log_format) == (3, "127.0.0.3", "json")


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_PRIVATE_HOSTS", "loopback, 10.0.0.7:11434,[fd00::7]:80")
    monkeypatch.setenv("CAUSERIE_LANGCHAIN_MODELS", "fake=package.module:make, other=module:Class")

    settings = load_settings()

    assert settings.private_hosts == ("loopback", "10.0.0.7:11434", "[fd00::7]:80")
    assert settings.langchain_models == {"fake": "package.module:make", "other": "module:Class"}


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_PORT", "")
    monkeypatch.setenv("CAUSERIE_DATABASE_URL", "")

    assert load_settings().port == 8000
    assert load_settings().database_file == load_settings().data_dir / "causerie.db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "65536"),
        ("AUTH", "none"),
        ("DATABASE_URL", "mysql://localhost/db"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "postgresql://"),
        ("DATABASE_URL", "postgresql://app@host"),
        ("DATABASE_URL", "postgresql://app@host:port/causerie"),
        ("DATABASE_URL", "postgresql://app@host/causerie?sslmode=maybe"),
        ("DATABASE_URL", "postgresql://app@host/causerie?prepared_statements=no"),
        ("MIGRATION_URL", "sqlite:///file"),
        ("MIGRATION_URL", "postgresql://owner@host/causerie?sslmode="),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "redis://localhost/first"),
        ("REDIS_URL", "redis://localhost/0?socket_timeout=1"),
        ("REDIS_URL", "redis://localhost/-1"),
        ("OBJECT_STORE_URL", "ftp://example.com"),
        ("PUBLIC_URL", "chat.example"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://chat.example/path"),
        ("PRIVATE_HOSTS", "10.0.0.7"),
        ("PRIVATE_HOSTS", "http://10.0.0.7:80"),
        ("LANGCHAIN_MODELS", "fake"),
        ("LANGCHAIN_MODELS", "fake=os.system"),
        ("SECRET_KEY", "short"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CAUSERIE_{name}", value)

    with pytest.raises(WrongSetting) as wrong:
        load_settings()

    assert str(wrong.value).startswith(f"CAUSERIE_{name}: ")
    assert "\n" not in str(wrong.value)


def test_postgres_and_redis_are_named_by_their_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_DATABASE_URL", "postgresql://app:canary@db:5433/causerie?sslmode=require")
    monkeypatch.setenv("CAUSERIE_MIGRATION_URL", "postgresql://owner:canary@db:5433/causerie")
    monkeypatch.setenv("CAUSERIE_REDIS_URL", "rediss://:canary@redis/1")

    settings = load_settings()

    assert settings.database_file is None
    assert settings.redis_url == "rediss://:canary@redis/1"
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"), [("REDIS_URL", "redis://localhost"), ("MIGRATION_URL", "postgresql://o@h/db")]
)
def test_what_only_many_processes_need_is_refused_with_sqlite(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CAUSERIE_{name}", value)

    with pytest.raises(WrongSetting, match=rf"^CAUSERIE_{name}: .*SQLite.*CAUSERIE_DATABASE_URL"):
        load_settings()


@pytest.mark.parametrize(("missing", "named"), [("asyncpg", "CAUSERIE_DATABASE_URL"), ("redis", "CAUSERIE_REDIS_URL")])
def test_a_driver_that_is_not_installed_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, missing: str, named: str
) -> None:
    monkeypatch.setenv("CAUSERIE_DATABASE_URL", "postgresql://app@db/causerie")
    monkeypatch.setenv("CAUSERIE_REDIS_URL", "redis://redis")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else name)

    with pytest.raises(WrongSetting, match=rf"^{named}: .*pip install 'causerie\[postgres,redis\]'"):
        load_settings()


@pytest.mark.req("S3")
@pytest.mark.parametrize("host", ["10.0.0.1", "::", "192.168.1.4", "chat.example"])
def test_without_accounts_only_this_machine_is_served(host: str) -> None:
    with pytest.raises(WrongSetting, match=r"^CAUSERIE_HOST: .*loopback"):
        load_settings(host=host)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("PROT", "; is CAUSERIE_PORT meant?"),
        ("DATABSE_URL", "; is CAUSERIE_DATABASE_URL meant?"),
        ("DATABASE", "; is CAUSERIE_DATABASE_URL meant?"),
        ("KITCHEN", ""),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, told: str
) -> None:
    line = f"CAUSERIE_{name}: there is no such setting{told}"
    monkeypatch.setenv(f"CAUSERIE_{name}", "")
    load_settings()

    monkeypatch.setenv(f"CAUSERIE_{name}", "80")
    with pytest.raises(WrongSetting) as in_a_variable:
        load_settings()
    monkeypatch.delenv(f"CAUSERIE_{name}")
    (tmp_path / "causerie.toml").write_text(f"{name.lower()} = 80\n")
    with pytest.raises(WrongSetting) as in_the_file:
        load_settings()

    assert (str(in_a_variable.value), str(in_the_file.value)) == (line, line)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "causerie.toml").write_text("port = \n")

    with pytest.raises(WrongSetting, match=r"^causerie\.toml: "):
        load_settings()


@pytest.mark.req("S36")
def test_keys_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("CAUSERIE_SECRET_KEY", "canary")

    with pytest.raises(WrongSetting) as wrong:
        load_settings()
    monkeypatch.setenv("CAUSERIE_SECRET_KEY", "ca" * 32)

    assert "canary" not in str(wrong.value)
    assert "canary" not in repr(load_settings())
    assert "caca" not in repr(load_settings())
