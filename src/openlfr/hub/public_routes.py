"""The closed list of what is answered to everybody. Every other route takes somebody who is signed in, or a token.

A test walks over all routes and fails when one is in neither group.
"""

from typing import Final

PREFIX: Final = "/api/v1"

PUBLIC: Final = frozenset(
    {
        ("GET", f"{PREFIX}/openapi.json"),
        ("GET", f"{PREFIX}/health/live"),
        ("GET", f"{PREFIX}/health/ready"),
        ("POST", f"{PREFIX}/reports/content-security"),
    }
)
"""Method and path, as the route has it."""
