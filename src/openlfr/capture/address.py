"""The address of a network camera, which carries a password and must never show it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

HIDDEN = "***"
NETWORK_SCHEMES = ("rtsp", "rtsps", "http", "https")
_LARGEST_PORT = 65_535

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://", re.ASCII)
_HOST = re.compile(r"^(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]+)(:[0-9]*)?$", re.ASCII)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
# Some cameras want the password in the path (`/user=admin_password=secret_channel=1.sdp`).
_SECRET_IN_PATH = re.compile(r"@|pass|pwd|token|secret|auth|key|user", re.IGNORECASE)


class AddressError(ValueError):
    """The address can't be understood. The message says why, without repeating any of it that may be secret."""


@dataclass(frozen=True, slots=True, repr=False)
class CameraAddress:
    """A parsed address. `str` and `repr` show the scheme, the host, the port and a harmless path; nothing else does
    print it, and only `secret_url` gives the credentials away, to the library that must send them."""

    scheme: str
    host: str
    path: str = ""
    query: str = ""
    username: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str] | None = None) -> "CameraAddress":
        """Read `scheme://[user[:password]@]host[:port][/path][?query]`.

        The password may be typed as it is, with any of ``@ : # ?`` in it; a slash in it must be written ``%2F``.
        ``${NAME}`` in the user name or the password is looked up in `environment`, so that a password need not stand
        on a command line, where every user of the machine can read it. Raises AddressError.
        """
        match = _SCHEME.match(text)
        if match is None:
            raise AddressError("This is not an address: it should begin with a scheme such as rtsp://.")
        scheme = match.group(1).lower()
        rest = text[match.end() :]
        # The last @ before the path ends the credentials, as libav has it.
        authority_and_query, slash, path_and_query = rest.partition("/")
        credentials, at, host = authority_and_query.rpartition("@")
        path, _, query = path_and_query.partition("?")
        if not slash:
            host, _, query = host.partition("?")
        if not host:
            raise AddressError(f"The {scheme} address has no host: write {scheme}://HOST/PATH.")
        found = _HOST.match(host)
        if found is None and host.count(":") > 1 and not at:
            raise AddressError(
                f"The host of the {scheme} address can't be read: write an IPv6 address in brackets, as in "
                f"{scheme}://[2001:db8::7]/PATH."
            )
        if found is None:
            # Most often half a password, the other half of which was taken for the path.
            raise AddressError(
                f"The host of the {scheme} address can't be read: write {scheme}://USER:PASSWORD@HOST:PORT/PATH, "
                "and a slash in the password as %2F."
            )
        port = (found.group(2) or "").removeprefix(":")
        if port and not 0 < int(port) <= _LARGEST_PORT:
            raise AddressError(f"The port of the {scheme} address is no port: they go from 1 to {_LARGEST_PORT}.")
        username, colon, password = credentials.partition(":")
        return cls(
            scheme=scheme,
            host=host,
            path=slash + path,
            query=query,
            username=_expanded(unquote(username), environment) if at else None,
            password=_expanded(unquote(password), environment) if at and colon else None,
        )

    def secret_url(self) -> str:
        """The whole address with its credentials percent-encoded: for the connecting library, and nothing else."""
        credentials = ""
        if self.username is not None:
            credentials = quote(self.username, safe="")
            if self.password is not None:
                credentials += ":" + quote(self.password, safe="")
            credentials += "@"
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{credentials}{self.host}{self.path}{query}"

    def __str__(self) -> str:
        credentials = f"{HIDDEN}@" if self.username is not None else ""
        path = f"/{HIDDEN}" if _SECRET_IN_PATH.search(self.path) else self.path
        query = f"?{HIDDEN}" if self.query else ""
        return f"{self.scheme}://{credentials}{self.host}{path}{query}"

    def __repr__(self) -> str:
        return f"CameraAddress({str(self)!r})"


def _expanded(text: str, environment: Mapping[str, str] | None) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if environment is None or name not in environment:
            raise AddressError(f"The address asks for the environment variable {name}, which is not set: set it first.")
        return environment[name]

    return _VARIABLE.sub(value, text)
