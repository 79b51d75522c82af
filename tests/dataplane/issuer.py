"""Token issuers on loopback: Entra's token endpoint, Google's metadata server, AWS container credentials, OIDC keys.

The signing keys are generated in each run.
"""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

TENANT, CLIENT = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
ACCOUNT = "orders@data-pipes.iam.gserviceaccount.com"
METADATA = "/computeMetadata/v1/"
CREDENTIALS = "/credentials"
KEYS = "/keys"
CLIENT_TOKEN = "/client-token"
"""Path of a token endpoint for applications with a client secret."""
LIFE = 3600
"""Lifetime of tokens in seconds."""


@dataclass
class Issuer:
    """Token issuer. `requests` lists the requested paths; `refused` maps paths to error responses."""

    authority: trustme.CA = field(default_factory=trustme.CA)
    requests: list[str] = field(default_factory=list)
    refused: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    secret: str = field(default_factory=lambda: uuid4().hex)
    """Part of every token and key. No program may print it."""
    secure_port: int = 0
    plain_port: int = 0

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.secure_port}"

    @property
    def metadata(self) -> str:
        return f"127.0.0.1:{self.plain_port}"

    @property
    def keys(self) -> dict[str, Any]:
        """Public keys, as a JSON Web Key Set."""
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]}

    def token(self, subject: str, audience: str, life: float = LIFE) -> str:
        """Return a signed JSON Web Token."""
        now = time.time()
        claims = {"iss": self.url, "sub": subject, "aud": audience, "iat": int(now), "exp": int(now + life)}
        return jwt.encode({**claims, "jti": uuid4().hex}, self.key, "RS256", headers={"kid": "1"})

    def answer(self, path: str, query: dict[str, list[str]], body: dict[str, list[str]]) -> tuple[int, Any]:
        """Return status and JSON of a response. Text is sent unchanged."""
        if path in self.refused:
            return self.refused[path]
        if path == f"/{TENANT}/oauth2/v2.0/token":
            return self._entra({name: value for name, (value, *_) in body.items()})
        if path == CLIENT_TOKEN:
            [scope] = body["scope"]
            token = self.token(CLIENT, scope.removesuffix("/.default"))
            return 200, {"token_type": "Bearer", "expires_in": LIFE, "access_token": token}
        known = {
            KEYS: self.keys,
            "/": "computeMetadata",
            f"{METADATA}project/project-id": "data-pipes",
            f"{METADATA}universe/universe-domain": "googleapis.com",
            f"{METADATA}instance/service-accounts/default/": {"email": ACCOUNT, "aliases": ["default"], "scopes": []},
            f"{METADATA}instance/service-accounts/default/token": {
                "access_token": f"ya29.{self.secret}.{','.join(query.get('scopes', []))}",
                "expires_in": LIFE,
                "token_type": "Bearer",
            },
            CREDENTIALS: {
                "AccessKeyId": f"ASIA{self.secret[:8]}",
                "SecretAccessKey": self.secret,
                "Token": f"session-{self.secret}",
                "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + LIFE)),
            },
        }
        return (200, known[path]) if path in known else (404, {})

    def _entra(self, form: dict[str, str]) -> tuple[int, Any]:
        """Return Entra's response: a token for the scope if the pod's token is trusted."""
        try:
            pod = jwt.decode(
                form["client_assertion"],
                self.key.public_key(),
                ["RS256"],
                audience="api://AzureADTokenExchange",
                issuer=self.url,
            )
        except jwt.InvalidTokenError as error:
            text = f"AADSTS700213: No matching federated identity record found: {error}"
            return 401, {"error": "invalid_client", "error_description": text}
        assert form["client_id"] == CLIENT
        token = self.token(pod["sub"], form["scope"].removesuffix("/.default"))
        return 200, {"token_type": "Bearer", "expires_in": LIFE, "access_token": token}

    def trusted(self, directory: Path) -> Path:
        """Return a file with the CA of the issuer's certificate."""
        file = directory / "issuer.pem"
        self.authority.cert_pem.write_to_path(str(file))
        return file


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Run an issuer during a test."""
    issuer = Issuer()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            issuer.requests.append(parts.path)
            status, answer = issuer.answer(parts.path, parse_qs(parts.query), parse_qs(body))
            text = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Metadata-Flavor", "Google")
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - argument name of the base class
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Ignore clients that reject the certificate."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with Server(("127.0.0.1", 0), Answers) as secure, Server(("127.0.0.1", 0), Answers) as plain:
        secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
        issuer.secure_port, issuer.plain_port = secure.server_port, plain.server_port
        threads = [Thread(target=each.serve_forever, args=(0.01,), daemon=True) for each in (secure, plain)]
        for thread in threads:
            thread.start()
        try:
            yield issuer
        finally:
            for server in (secure, plain):
                server.shutdown()
            for thread in threads:
                thread.join()
