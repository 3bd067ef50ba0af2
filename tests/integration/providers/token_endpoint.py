"""A real HTTP server that gives tokens as Entra ID and Google do, once it has verified what it is shown."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions, jwt

from chassis.http import HttpServer, Receive, Scope, Send

SCOPES = {
    "client_credentials": "https://cognitiveservices.azure.com/.default",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "https://www.googleapis.com/auth/cloud-platform",
}
EMAIL = "chat@ours.iam.gserviceaccount.com"
TENANT, CLIENT, CLIENT_SECRET = "tenant-0001", "client-0001", "u8Q~VeryLongAndVerySecret"


class TokenEndpoint:
    """Gives `token-000001`, `token-000002`, … to the application and the service account that it knows.

    `given`: called with each token. `answer`: status and body to give instead. `door`: closed, answers wait.
    `known_as`: its address, where that is not the one it listens at.
    """

    def __init__(self, given: Callable[[str], None]) -> None:
        self.asked = 0
        self.known_as = ""
        self.seconds = 3600
        self.answer: tuple[int, dict[str, Any]] | None = None
        self.door = asyncio.Event()
        self.door.set()
        self._given = given
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._server = HttpServer(self, "127.0.0.1:0", drain=1)

    @property
    def url(self) -> str:
        return self.known_as or f"http://127.0.0.1:{self._server.port}"

    def application(self, secret: str = CLIENT_SECRET) -> str:
        """The credential of an application, as its operator keeps it."""
        said = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": secret, "authority": self.url}
        return json.dumps(said, indent=2) + "\n"

    def service_account(self, key: rsa.RSAPrivateKey | None = None) -> str:
        """The key of the service account, as Google Cloud hands it out; another `key` is not its own."""
        pem = (key or self._key).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        said = {
            "type": "service_account",
            "project_id": "ours",
            "private_key_id": "key-0001",
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "client_id": "1",
            "token_uri": f"{self.url}/token",
        }
        return json.dumps(said, indent=2) + "\n"

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, traceback)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.asked += 1
        await self.door.wait()
        headers = dict(scope["headers"])
        assert (scope["method"], headers[b"content-type"]) == ("POST", b"application/x-www-form-urlencoded")
        form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
        status, said = self.answer or self._answer(scope["path"], form)
        answer = json.dumps(said).encode()
        kind = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        of_google = form["grant_type"].endswith("jwt-bearer")
        refusal = self._of_google(path, form) if of_google else self._of_entra(path, form)
        if refusal is not None:
            return refusal
        token = f"token-{self.asked:06}"
        self._given(token)
        return 200, {"token_type": "Bearer", "expires_in": self.seconds, "access_token": token}

    def _of_entra(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]] | None:
        if path != f"/{TENANT}/oauth2/v2.0/token" or form["scope"] != SCOPES[form["grant_type"]]:
            return 400, {"error": "invalid_request", "error_codes": [90002]}
        if (form["client_id"], form["client_secret"]) != (CLIENT, CLIENT_SECRET):
            said = f"AADSTS7000215: Invalid client secret provided: {form['client_secret']}."
            return 401, {"error": "invalid_client", "error_description": said, "error_codes": [7000215]}
        return None

    def _of_google(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]] | None:
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        try:
            # Verifies the signature, the times and whom it is for.
            claims = jwt.decode(  # type: ignore[no-untyped-call]  # google-auth is half typed
                form["assertion"], certs={"key-0001": public}, audience=f"{self.url}/token"
            )
        except (ValueError, exceptions.GoogleAuthError):
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        if path != "/token" or claims["exp"] - claims["iat"] != 3600:
            return 400, {"error": "invalid_request"}
        if (claims["iss"], claims["scope"]) != (EMAIL, SCOPES[form["grant_type"]]):
            return 400, {"error": "invalid_grant", "error_description": "Invalid grant: account not found"}
        return None
