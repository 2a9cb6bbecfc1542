"""The source distribution and the wheel: what they carry, and that they serve on a machine without Node."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.contract import serving

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
BUILD_SECONDS = 60
AS_IT_IS = {"CAUSERIE_SKIP_WEB": "1"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source_distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (ROOT / "causerie" / "static" / "index.html").is_file(), "the web app is not built: run `make web`"
    return built("sdist", ROOT, tmp_path_factory.mktemp("sdist"), **AS_IT_IS)


@pytest.fixture(scope="module")
def wheel(source_distribution: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `pip` makes it from the source distribution, which needs no Node for it."""
    folder = tmp_path_factory.mktemp("wheel")
    return built("wheel", unpacked(source_distribution, folder), folder / "dist")


def test_the_wheel_carries_the_package_the_web_app_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    package = [name for name in names if ".dist-info/" not in name]

    assert "causerie/static/index.html" in names
    assert any(re.fullmatch(r"causerie/static/assets/index-[\w-]{8,}\.js", name) for name in names)
    assert any(re.fullmatch(r"causerie/db/migrations/versions/0001_\w+\.py", name) for name in names)
    assert all(name.startswith("causerie/") for name in package)
    assert [name for name in names if re.search(r"node_modules|(^|/)tests?/|\.map$|__pycache__", name)] == []
    assert {name for name in package if not name.startswith("causerie/static/")} == {
        name for name in tracked("causerie") if not name.endswith(".gitignore")
    }


def test_the_source_distribution_carries_the_built_web_app(source_distribution: Path) -> None:
    with tarfile.open(source_distribution) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert "causerie/static/index.html" in names
    assert set(tracked("web")) <= names
    assert [name for name in names if "node_modules" in name or name.startswith("tests/")] == []


@pytest.mark.req("S77")
def test_the_same_source_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """From the checkout as from the source distribution, at any time."""
    again = built("wheel", ROOT, tmp_path, **AS_IT_IS)

    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_nothing_is_built_without_the_web_app(source_distribution: Path, tmp_path: Path) -> None:
    source = unpacked(source_distribution, tmp_path)
    (source / "causerie" / "static" / "index.html").unlink()

    with pytest.raises(subprocess.CalledProcessError) as failure:
        built("wheel", source, tmp_path, **AS_IT_IS)

    assert "the web app was not built" in failure.value.stderr


@pytest.mark.req("S77")
def test_an_installed_wheel_serves_without_node(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = installed(wheel, "runtime", tmp_path)

    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(serving, "CAUSERIE", programs / "causerie")
    monkeypatch.chdir(tmp_path)
    with serving.serving(tmp_path / "data") as server:
        alive = httpx.get(f"{server.url}/livez")
        page = httpx.get(server.url)
        script = re.search(r'src="[./]*(assets/index-[\w-]+\.js)"', page.text)

        assert alive.status_code == 200
        assert script is not None
        assert httpx.get(f"{server.url}/{script[1]}").headers["content-type"].startswith("text/javascript")


def test_what_containers_install_reaches_postgresql_and_redis(wheel: Path, tmp_path: Path) -> None:
    """What the development environment has besides must not be what makes them importable."""
    programs = installed(wheel, "served", tmp_path)

    run([str(programs / "python"), "-c", "import causerie.chaos.command, causerie.db.postgres, causerie.broker.redis"])


def installed(wheel: Path, lock: str, folder: Path) -> Path:
    """Install the wheel and what a lock file names, nothing else, and return the folder of the programs."""
    programs = folder / "environment" / "bin"
    uv = [str(BIN / "uv"), "--quiet"]
    install = [*uv, "pip", "install", "--python", str(programs / "python")]
    run([*uv, "venv", "--python", sys.executable, str(programs.parent)])
    run([*install, "--require-hashes", "-r", str(ROOT / "requirements" / f"{lock}.txt")])
    run([*install, "--no-deps", str(wheel)])
    run([*uv, "pip", "check", "--python", str(programs / "python")])
    return programs


def built(target: str, source: Path, folder: Path, **variables: str) -> Path:
    run([str(BIN / "hatchling"), "build", "-t", target, "-d", str(folder)], cwd=source, **variables)
    (made,) = (path for path in folder.iterdir() if path.suffix in {".gz", ".whl"})
    return made


def unpacked(source_distribution: Path, folder: Path) -> Path:
    source = folder / source_distribution.name.removesuffix(".tar.gz")
    run(["tar", "-xzf", str(source_distribution)], cwd=folder)
    return source


def tracked(folder: str) -> list[str]:
    """Return the files under `folder` that git tracks."""
    return subprocess.check_output(["git", "ls-files", folder], cwd=ROOT, text=True).splitlines()


def run(command: list[str], cwd: Path = ROOT, **variables: str) -> None:
    environment = {**os.environ, **variables}
    try:
        subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS, check=True
        )
    except subprocess.CalledProcessError as failure:
        failure.add_note(failure.stderr)
        raise
