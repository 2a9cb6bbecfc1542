"""Runs the server alone and prints its address as one line of JSON."""

import argparse
import asyncio
import json

from tests import scripted_provider
from tests.scripted_provider import ScriptedServer


async def _serve(port: int) -> None:
    async with ScriptedServer(port) as server:
        print(json.dumps({"url": server.url, "origin": server.origin}), flush=True)  # noqa: T201 - its one answer
        await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(
        description=scripted_provider.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(arguments.parse_args().port))
