"""The examples of the guides do what the guides say, against a real server and a scripted model."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.behaviours import STEADY
from tests.contract.providing import Provider, providing
from tests.contract.serving import CAUSERIE, Server, environment, serving
from tests.docs.pages import Example, examples_of

pytestmark = pytest.mark.slow

ADDRESS = "127.0.0.1:8000"
MINUTES = 60.0
BETWEEN = "--- the next example ---"
GUIDES = ["README.md", "docs/api.md", "docs/search.md"]
PROGRAMS = [
    example
    for page in ("docs/api.md", "docs/how-to/talk-from-a-program.md")
    for example in examples_of(page)
    if example.language == "python"
]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Server]:
    """A server like a newcomer's, with a scripted model in the place of the local one."""
    with serving(tmp_path_factory.mktemp("docs") / "data") as server:
        with httpx.Client(base_url=f"{server.url}/api") as api:
            fields = {"name": "Scripted", "provider": "openai", "model": STEADY, "base_url": provider.base_url}
            model = api.post("/models", json=fields).raise_for_status().json()
            api.patch("/settings", json={"default_ai_model_id": model["id"]}).raise_for_status()
        yield server


@pytest.mark.parametrize("page", GUIDES)
def test_the_commands_of_a_guide_do_what_it_says(page: str, server: Server, tmp_path: Path) -> None:
    examples = [example for example in examples_of(page) if example.language == "sh"]

    run_in_a_shell(examples, tmp_path, dict(os.environ), server.port)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: f"{program.page}:{program.number}")
def test_the_programs_of_a_guide_run(program: Example, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(program.text)

    done = subprocess.run(
        [sys.executable, file, server.socket_url], capture_output=True, text=True, timeout=MINUTES, check=False
    )

    assert done.returncode == 0, done.stderr
    assert program.prints in done.stdout
    assert done.stdout.strip()


def test_a_backup_can_be_restored(tmp_path: Path) -> None:
    with serving(tmp_path / "data"):
        pass
    settings = environment(tmp_path / "data", {})
    settings["PATH"] = f"{CAUSERIE.parent}{os.pathsep}{settings['PATH']}"

    run_in_a_shell(examples_of("docs/operations.md"), tmp_path, settings, port=0)

    with serving(tmp_path / "restored") as restored:
        characters = httpx.get(f"{restored.url}/api/characters").json()["items"]
        assert [character["name"] for character in characters] == ["Wren", "Pip", "Captain Marrow"]


def run_in_a_shell(examples: list[Example], folder: Path, settings: dict[str, str], port: int) -> None:
    """Run blocks one after the other in one shell, as a reader would, and look at what each prints."""
    assert examples
    script = f"\necho '{BETWEEN}'\n".join(example.text for example in examples)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(ADDRESS, f"127.0.0.1:{port}")],
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )

    outputs = done.stdout.split(f"{BETWEEN}\n")
    assert done.returncode == 0, f"{examples[len(outputs) - 1].text}\n{done.stderr}\n{outputs[-1]}"
    for example, printed in zip(examples, outputs, strict=True):
        assert example.prints in printed, f"{example.text}\nprinted:\n{printed}"
