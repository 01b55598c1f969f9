"""What browsers report of themselves: only how often, for a page that we wrote should never be reported."""

import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from openlfr.hub.parts import part

router = APIRouter(prefix="/reports", tags=["reports"])


@dataclass(slots=True)
class Violations:
    """How often a browser said that a page tried something its content security policy forbids. Thread-safe."""

    count: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self) -> None:
        with self._guard:
            self.count += 1


OurViolations = Annotated[Violations, Depends(part(Violations))]


@router.post("/content-security", status_code=HTTPStatus.NO_CONTENT)
def content_security(violations: OurViolations) -> None:
    """Count a report; what it says is not read, since anybody can send one."""
    violations.add()
