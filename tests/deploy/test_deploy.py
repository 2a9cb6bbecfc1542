"""What `deploy/` says fits the program and stays private: as far as that can be seen without containers."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from causerie.cli import app
from causerie.config import PREFIX, Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
ROOT = DEPLOY.parent
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # a group has them
ROLE_PASSWORDS = {f"{PREFIX}OWNER_PASSWORD", f"{PREFIX}APP_PASSWORD"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def unit(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the names of units have capitals
    parser.read_string(file.read_text())
    return parser


def test_every_part_is_there(services: dict[str, dict[str, Any]]) -> None:
    assert {"proxy", "web", "worker", "migrate", "postgres", "redis", "minio", "pgadmin"} == services.keys()


@pytest.mark.req("S3")
def test_nothing_is_published_beyond_this_machine(services: dict[str, dict[str, Any]]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert {port.rsplit(":", 2)[1] for port in published} >= {"8000", "8081", "5433"}
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert services["web"]["network_mode"] == "service:proxy"
    assert not re.search(r"--host|CAUSERIE_HOST", (DEPLOY / "compose.yaml").read_text())


@pytest.mark.req("S2")
def test_no_secret_has_a_default() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    asked = re.findall(r"\$\{(\w+)(:\?[^}]+)?\}", text)
    assert asked
    assert all(refusal for _, refusal in asked)
    made = (DEPLOY / "secrets.sh").read_text()
    assert all(name in made for name, _ in asked)


def test_secrets_are_random_private_and_made_once(tmp_path: Path) -> None:
    script = shutil.copy(DEPLOY / "secrets.sh", tmp_path)
    subprocess.run(["sh", script], check=True, timeout=10, capture_output=True)
    env = tmp_path / ".env"
    values = [line.partition("=")[2] for line in env.read_text().splitlines()]
    assert env.stat().st_mode & 0o777 == 0o600
    assert len(set(values)) == len(values) == 7
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in values)
    assert subprocess.run(["sh", script], check=False, timeout=10, capture_output=True).returncode == 1
    assert [line.partition("=")[2] for line in env.read_text().splitlines()] == values


def test_settings_and_commands_exist(services: dict[str, dict[str, Any]]) -> None:
    named = set()
    for service in services.values():
        named |= {name for name in service.get("environment", ()) if name.startswith(PREFIX)}
    for file in UNITS:
        named |= set(re.findall(rf"^Environment=({PREFIX}\w+)=", file.read_text(), re.MULTILINE))
    assert named - ROLE_PASSWORDS <= SETTINGS
    ours = [service["command"] for service in services.values() if service["image"] == "causerie"]
    ours += [unit(file)["Service"]["ExecStart"].partition(" ")[2] for file in UNITS]
    assert {command.split()[0] for command in ours} == {"serve", "worker", "migrate"} <= COMMANDS


@pytest.mark.req("S7")
def test_containers_and_units_have_no_rights_to_spare(services: dict[str, dict[str, Any]]) -> None:
    for name in ("web", "worker", "migrate"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert dockerfile.index("USER causerie") < dockerfile.index("ENTRYPOINT")
    for file in UNITS:
        service = unit(file)["Service"]
        assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("causerie", "true", "strict")
        assert service["StateDirectoryMode"] == "0700"


def test_what_serves_is_started_again_and_gets_the_time_that_its_end_needs(services: dict[str, dict[str, Any]]) -> None:
    for name in ("web", "worker"):
        assert services[name]["restart"] == "unless-stopped"
        assert services[name]["stop_grace_period"] == "15s"
    for file in UNITS:
        service = unit(file)["Service"]
        if service.get("Type") != "oneshot":
            assert (service["Restart"], service["TimeoutStopSec"]) == ("always", "15")


def test_images_have_versions_and_what_is_copied_exists(services: dict[str, dict[str, Any]]) -> None:
    images = {service["image"] for service in services.values()} - {"causerie"}
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    images |= set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert all(re.search(r":\S*\d", image) for image in images)
    for source in re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE):
        assert (ROOT / source).exists()
    for file in re.findall(r"-r (\S+)", dockerfile):
        assert (ROOT / file).is_file()
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())]
    assert all((DEPLOY / path).is_file() for path in mounted if path.startswith("./"))


def test_the_roles_script_is_a_shell_script() -> None:
    for script in (DEPLOY / "postgres" / "roles.sh", DEPLOY / "secrets.sh"):
        subprocess.run(["sh", "-n", script], check=True, timeout=10)
        assert script.stat().st_mode & 0o100
