"""Run by tests in a process of its own, to be killed: a node with the synthetic street, from its folder."""

import asyncio
import sys
from functools import partial
from pathlib import Path

from tests.support.faces import models
from tests.support.scripted_hub import STORE_BYTES, UNLOCK, quiet_street

from openlfr.node import deployment_work
from openlfr.node.memory import forbid_core_dumps
from openlfr.node.program import NodeProgram
from openlfr.node.recognition import Recognition
from openlfr.node.state import NodeState


async def main(folder: Path) -> None:
    state = NodeState.open(folder, UNLOCK)
    await NodeProgram(
        state,
        models=models,
        source=lambda _address: quiet_street(),
        store_limit_bytes=STORE_BYTES,
        on_status=lambda status: print(f"waiting {status.waiting}", flush=True),
    ).run()


if __name__ == "__main__":
    forbid_core_dumps()
    # An alert for every passage: a test need not wait for a cool-down.
    deployment_work.Recognition = partial(Recognition, cool_down_s=2.0)  # type: ignore[assignment,attr-defined]
    asyncio.run(main(Path(sys.argv[1])))
