"""The lock files agree with `pyproject.toml` and with each other, and name no place where packages come from."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("runtime", "served", "dev", "tools", "model")
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
SERVED = [*RUNTIME, *EXTRAS["postgres"], *EXTRAS["redis"]]
ALL_EXTRAS = [line for lines in EXTRAS.values() for line in lines]
EVERYTHING = [*RUNTIME, *ALL_EXTRAS, *group("dev")]


@pytest.mark.req("S77")
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_is_made_of_pins_with_hashes_and_nothing_else(name: str) -> None:
    assert PIN.sub("", (ROOT / "requirements" / f"{name}.txt").read_text()) == ""
    assert locked(name)


@pytest.mark.parametrize(
    ("name", "requirements"),
    [
        ("runtime", RUNTIME),
        ("served", SERVED),
        ("dev", EVERYTHING),
        ("tools", group("tools")),
        ("model", group("model")),
    ],
)
def test_what_the_project_asks_for_is_locked_in_a_version_it_accepts(name: str, requirements: list[str]) -> None:
    pins = locked(name)
    for line in requirements:
        requirement = Requirement(line)
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{line}: not in requirements/{name}.txt; run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions), f"{line}: run `make lock`"


@pytest.mark.parametrize("name", ["runtime", "served", "tools"])
def test_developers_run_what_users_run(name: str) -> None:
    everything = locked("dev")
    assert {package: everything.get(package) for package in locked(name)} == locked(name)


def test_the_package_imports_only_what_comes_with_it() -> None:
    """What its requirements bring along counts (Starlette with FastAPI), and so does what an extra names."""
    graph = grimp.build_graph("causerie", include_external_packages=True, cache_dir=None)
    imported = {module for module in graph.modules if not module.startswith("causerie")} - sys.stdlib_module_names
    distributions = packages_distributions()
    installed = locked("runtime").keys() | {canonicalize_name(Requirement(line).name) for line in ALL_EXTRAS}

    assert {
        module
        for module in imported
        if installed.isdisjoint(canonicalize_name(name) for name in distributions.get(module, []))
    } == set()
