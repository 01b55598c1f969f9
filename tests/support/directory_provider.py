"""A tiny OpenID Connect provider on loopback: a force's directory, which lies when a test tells it to."""

import hashlib
import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "openlfr-hub"
CLIENT_SECRET = "sesame & open: %41"


@dataclass
class DirectoryProvider:
    """What it says, and was asked. `claims` overrides those of the next tokens; None leaves one out."""

    clock: Callable[[], datetime]
    issuer: str = ""
    person: str = "jsmith@force.example"
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    published: RSAKey | None = None
    """The key that it publishes, when it is not the one it signs with."""
    broken: bool = False
    answers: threading.Event = field(default_factory=threading.Event)
    """Set but for a while in which it answers nobody."""
    kept_waiting: int = 0
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorised(self, query: dict[str, str]) -> str:
        """The person consented: where the browser goes back to."""
        code = secrets.token_hex(16)
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def tokens(self, form: dict[str, str], client: str) -> dict[str, str] | None:
        """The tokens for a code, once, for who proves to be the client that asked for it (RFC 7636 section 4.6)."""
        asked = self.asked.pop(form.get("code", ""), None)
        if asked is None or client != f"{CLIENT}:{CLIENT_SECRET}":
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if asked["code_challenge"] != urlsafe_b64encode(digest).rstrip(b"=").decode():
            return None
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": "0042",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "preferred_username": self.person,
            **self.claims,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return {
            "access_token": "an access token",
            "token_type": "Bearer",
            "id_token": jwt.encode({"alg": "RS256", "kid": "one"}, kept, self.key),
        }

    def answer(self, path: str) -> dict[str, Any]:
        if path.endswith("openid-configuration"):
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        return {"keys": [(self.published or self.key).as_dict(private=False)]}


@contextmanager
def running_provider(clock: Callable[[], datetime]) -> Iterator[DirectoryProvider]:
    """A provider on a free port of loopback."""
    provider = DirectoryProvider(clock)
    provider.answers.set()
    counting = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            if not provider.answers.is_set():
                with counting:
                    provider.kept_waiting += 1
                provider.answers.wait()
            if provider.broken:
                self._send(500, {})
            elif where.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(where.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorised(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._send(200, provider.answer(where.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            client = unquote_plus(b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode())
            tokens = provider.tokens(form, client)
            self._send(400 if tokens is None else 200, tokens or {"error": "invalid_grant"})

        def log_message(self, *_: object) -> None:
            pass

        def _send(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            provider.answers.set()
            server.shutdown()
            thread.join()
