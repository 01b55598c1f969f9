"""The closed list of what is answered to everybody. Every other route takes somebody who is signed in, or a token.

A test walks over all routes and fails when one is in neither group.
"""

from typing import Final

API: Final = "/api"
PREFIX: Final = f"{API}/v1"
PUBLIC_PAGE: Final = "/public/"

PUBLIC: Final = frozenset(
    {
        ("GET", f"{PREFIX}/openapi.json"),
        ("GET", f"{PREFIX}/health/live"),
        ("GET", f"{PREFIX}/health/ready"),
        ("POST", f"{PREFIX}/reports/content-security"),
        ("GET", f"{PREFIX}/sign-in"),
        ("POST", f"{PREFIX}/sign-in/password"),
        ("POST", f"{PREFIX}/sign-in/passkey/options"),
        ("POST", f"{PREFIX}/sign-in/passkey"),
        ("GET", f"{PREFIX}/sign-in/directory"),
        ("GET", f"{PREFIX}/sign-in/directory/callback"),
        ("POST", f"{PREFIX}/set-up"),
        ("POST", f"{PREFIX}/set-up/password"),
        ("POST", f"{PREFIX}/set-up/passkey"),
        ("GET", f"{PREFIX}/enrolment/authority"),
        ("POST", f"{PREFIX}/enrolment"),
        ("GET", f"{PUBLIC_PAGE}{{path:path}}"),
    }
)
"""Method and path, as the route has it."""
