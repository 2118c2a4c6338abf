"""An institution's OpenID Connect provider on a port of this machine, honest until told."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "room-of-the-test", "a:secret of+the test"


@functools.cache
def key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """Signs in whom the test names as ``subject``; each fault of the list below is a field."""

    def __init__(self) -> None:
        self.subject = "subject-0001"
        self.more: dict[str, Any] = {"amr": ["pwd"]}  # further claims, over the honest ones
        self.without: set[str] = set()  # claims that are left out
        self.description: dict[str, Any] = {}  # over the honest description
        self.alg, self.signed_by, self.padding = "RS256", 1, 0
        self.body: dict[str, bytes] = {}  # by path, instead of the answer
        self.sends: dict[str, tuple[int, str]] = {}  # by path: a status and where it points
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Be down."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    # What a browser does

    def sign_in_at(self, address: str) -> str:
        """Follow the way to the provider as a browser does; returns where it sends one back."""
        answer = _OPENER.open(address, timeout=10)
        return str(answer.headers["Location"])

    # What the server answers

    def answer(self, path: str, asked: dict[str, str], headers: Any) -> tuple[int, Any]:
        self.asked.append((path, asked))
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            } | self.description  # fmt: skip
        if path == "/keys":
            return 200, {"keys": [
                json.loads(RSAAlgorithm.to_jwk(key(n).public_key())) | {"kid": f"k{n}"}
                for n in (0, 1)
            ]}  # fmt: skip
        if path == "/authorize":
            code = secrets.token_urlsafe(8)
            self._codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            return 302, f"{asked['redirect_uri']}?{back}"
        return self._token(asked, headers)

    def _token(self, asked: dict[str, str], headers: Any) -> tuple[int, Any]:
        began = self._codes.pop(asked.get("code", ""), None)
        if began is None:
            return 400, {"error": "invalid_grant"}
        shown = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        proof = hashlib.sha256(asked["code_verifier"].encode()).digest()
        fits = base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == began["code_challenge"]
        same = began["redirect_uri"] == asked["redirect_uri"]
        if shown != f"{CLIENT}:{SECRET}" or not fits or not same:
            return 401, {"error": "invalid_client"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": self.subject, "iat": now, "exp": now + 300,
            "auth_time": now, "nonce": began["nonce"], "name": "A Name Nobody Keeps",
            "email": "nobody-keeps@example.org",
        } | self.more  # fmt: skip
        claims = {name: one for name, one in claims.items() if name not in self.without}
        return 200, {
            "access_token": "opens-nothing-here", "token_type": "Bearer",
            "id_token": self._signed(claims),
        }  # fmt: skip

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.alg == "none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "k1"})
        shared = self.alg == "HS256"
        by: Any = SECRET.ljust(32, ".") if shared else key(self.signed_by)
        return jwt.encode(claims, by, algorithm=self.alg, headers={"kid": "k1"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                self._say(parts.path, parse_qs(parts.query))

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                self._say(self.path, parse_qs(sent.decode()))

            def _say(self, path: str, asked: dict[str, list[str]]) -> None:
                flat = {name: one[0] for name, one in asked.items()}
                status, said = provider.answer(path, flat, self.headers)
                status, said = provider.sends.get(path, (status, said))
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", said)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                body = provider.body.get(path, json.dumps(said).encode())
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                try:
                    self.wfile.write(body)
                    for _ in range(provider.padding):
                        self.wfile.write(b" " * (1 << 20))
                except OSError:
                    return  # the room has heard enough

            def log_message(self, *_: object) -> None:
                return

        return Handler


class _Stay(HTTPRedirectHandler):
    """Leave it to the caller to go on."""

    def http_error_302(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any) -> Any:
        return fp


_OPENER = build_opener(_Stay)
