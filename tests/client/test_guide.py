"""The guide's program does what the guide says."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.contract.serving import serving
from tests.scripted_provider import ScriptedServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

GUIDE = Path(__file__).parents[2] / "docs/how-to/talk-from-a-program.md"
VIEW = "I see the lamp 🐋 turning, and the café roofs of the harbour."


async def test_the_guides_program_prints_the_reply_as_it_is_written(tmp_path: Path) -> None:
    program = re.search(r"```python\n(.+?)```", GUIDE.read_text(), re.DOTALL)
    assert program
    (tmp_path / "talk.py").write_text(program[1])
    async with ScriptedServer() as provider:
        provider.play("view", text=VIEW, pace=50)
        with serving(tmp_path / "data") as server:
            printed = await asyncio.to_thread(talk, tmp_path / "talk.py", server.url, server.socket_url, provider.url)

    assert printed == VIEW


def talk(program: Path, server: str, socket: str, provider: str) -> str:
    """Make the scripted model the default one, and return what the program prints."""
    model = {"name": "View", "provider": "openai", "model": "view", "base_url": provider}
    with httpx.Client(base_url=f"{server}/api") as api:
        made = api.post("/models", json=model).raise_for_status().json()
        api.patch("/settings", json={"default_ai_model_id": made["id"]}).raise_for_status()
    done = subprocess.run([sys.executable, str(program), socket], stdout=subprocess.PIPE, timeout=30, check=True)
    return done.stdout.decode()
