"""A node's program beside its hub, on one machine: a process of its own, begun anew when it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer

from openlfr.link.bus import dying_with_us
from openlfr.sealing.unlock import PASSPHRASE_VARIABLE, Passphrase, Unlock

_NODE_ENDS_WITHIN_S: Final = 6.0
_LONGEST_WAIT_S: Final = 10.0


async def node_beside(folder: Path, opener: Unlock) -> None:
    """Keep the program of the node in this folder running until cancelled; its vault opens as the hub's does."""
    wait_s = 0.5
    while True:
        node = await asyncio.create_subprocess_exec(
            *dying_with_us(sys.executable, "-m", "openlfr", "node", "run", "--folder", str(folder)),
            env=_environment(opener),
            stdin=asyncio.subprocess.DEVNULL,
        )
        try:
            await node.wait()
        except asyncio.CancelledError:
            await _ended(node)
            raise
        typer.echo(f"The node of this machine ended (status {node.returncode}) and is started anew.", err=True)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _environment(opener: Unlock) -> Mapping[str, str]:
    """The node's vault opens as the hub's does; a passphrase that was typed is handed on where only its owner reads."""
    typed = isinstance(opener, Passphrase) and not any(name.startswith(PASSPHRASE_VARIABLE) for name in os.environ)
    return {**os.environ, PASSPHRASE_VARIABLE: opener.text} if typed and isinstance(opener, Passphrase) else os.environ


async def _ended(node: asyncio.subprocess.Process) -> None:
    node.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(node.wait(), _NODE_ENDS_WITHIN_S)
    except TimeoutError:
        node.kill()
        await node.wait()
