"""How far the audit log reaches: the one thing that says that something happened, whichever process did it.

Every act of this hub ends in the log, so events, webhooks and nudges to nodes need no other signal: they wait here.
"""

import asyncio
import contextlib
from typing import Final

import structlog
from sqlalchemy import select

from openlfr.records.audit_tables import AuditTipRow
from openlfr.records.database import Database
from openlfr.records.errors import RecordsError

_LOOK_EVERY_S: Final = 0.2

log = structlog.get_logger(__name__)


class AuditTip:
    """Looks a few times a second, once for everybody who waits; one read by primary key. For one event loop."""

    def __init__(self, database: Database, look_every_s: float = _LOOK_EVERY_S) -> None:
        self._database = database
        self._look_every_s = look_every_s
        self._size = 0
        self._moved = asyncio.Event()
        self._stirred = asyncio.Event()
        self._away = False

    @property
    def size(self) -> int:
        """How many entries the log had at the last look: their numbers are 0 to one less."""
        return self._size

    async def changed(self, after: int) -> int:
        """Wait until the log has more than `after` entries; how many it has."""
        while self._size <= after:
            await self._moved.wait()
        return self._size

    def stir(self) -> None:
        """Have it look at once: this process has just written something that nobody should wait for."""
        self._stirred.set()

    async def run(self) -> None:
        """Look until cancelled. A database that is away for a while is looked for again."""
        while True:
            self._stirred.clear()
            await self._look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), self._look_every_s)

    async def _look(self) -> None:
        try:
            size = await asyncio.to_thread(self._read)
        except RecordsError as error:
            if not self._away:
                log.warning("audit_log_out_of_reach", reason=str(error))
            self._away = True
            return
        self._away = False
        if size > self._size:
            self._size = size
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    def _read(self) -> int:
        with self._database.reading() as session:
            return session.execute(select(AuditTipRow.size)).scalar_one()
