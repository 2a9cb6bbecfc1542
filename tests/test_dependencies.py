"""The lock files agree with `pyproject.toml` and with each other, and name no place where packages come from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("runtime", "dev", "tools", "model")
PIN = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>\S+)( ; (?P<marker>[^\\]+?))?(?P<hashes>( \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


def locked(name: str) -> dict[str, set[Version]]:
    """Return the pinned versions of each package; one may have several, told apart by markers."""
    versions: dict[str, set[Version]] = {}
    for pin in PIN.finditer((ROOT / "requirements" / f"{name}.txt").read_text()):
        versions.setdefault(canonicalize_name(pin["name"]), set()).add(Version(pin["version"]))
    return versions


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group, with those of the groups it includes."""
    requirements = []
    for entry in PROJECT["dependency-groups"][name]:
        requirements += [entry] if isinstance(entry, str) else group(entry["include-group"])
    return requirements


EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = [*PROJECT["project"]["dependencies"], *EXTRAS["local"]]
EVERYTHING = [*RUNTIME, *(line for lines in EXTRAS.values() for line in lines), *group("dev")]


@pytest.mark.req("S77")
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_is_made_of_pins_with_hashes_and_nothing_else(name: str) -> None:
    assert PIN.sub("", (ROOT / "requirements" / f"{name}.txt").read_text()) == ""
    assert locked(name)


@pytest.mark.parametrize(
    ("name", "requirements"),
    [("runtime", RUNTIME), ("dev", EVERYTHING), ("tools", group("tools")), ("model", group("model"))],
)
def test_what_the_project_asks_for_is_locked_in_a_version_it_accepts(name: str, requirements: list[str]) -> None:
    pins = locked(name)
    for line in requirements:
        requirement = Requirement(line)
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{line}: not in requirements/{name}.txt; run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions), f"{line}: run `make lock`"


@pytest.mark.parametrize("name", ["runtime", "tools"])
def test_developers_run_what_users_run(name: str) -> None:
    everything = locked("dev")
    assert {package: everything.get(package) for package in locked(name)} == locked(name)
