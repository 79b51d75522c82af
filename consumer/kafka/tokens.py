"""Tokens for Kafka sign-in with OAUTHBEARER, from the identity that the platform provides."""

import base64
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from consumer.errors import ConsumerError, line_of
from consumer.variables import Variables

LOGGER = logging.getLogger(__name__)

GOOGLE_SCOPES = "https://www.googleapis.com/auth/"
ENTRA_SCOPE = "/.default"
"""Suffix of the scope for all permissions of an identity on a resource (Microsoft identity platform, Scopes and
permissions)."""

Token: TypeAlias = tuple[str, float, str, dict[str, str]]
"""Token, expiry in seconds since 1970, principal (empty if unknown), and SASL extensions."""


class Tokens:
    """Token callback for librdkafka, which requests a new token after 80% of a token's lifetime.

    confluent-kafka drops the exception of a callback and reports only that there was one. So the reason is stored here.
    """

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self.fetch = fetch
        self.current: Token | None = None
        self.failure: str | None = None
        """Why there is no new token, in one line. None if there is one."""

    def __call__(self, _properties: str) -> Token:
        """Return a new token, or the current one while it is valid: librdkafka soon asks again.

        Then raise ConsumerError.
        """
        try:
            token = _unexpired(self.fetch())
        except Exception as error:  # noqa: BLE001 - each signer raises its own exceptions
            self.failure = f"cannot get a token: {line_of(error)}"
            if self.current is None or self.current[1] <= time.time():
                raise ConsumerError(self.failure) from None
            LOGGER.warning("%s; the current token is valid until %s", self.failure, _utc(self.current[1]))
            return self.current
        self.current, self.failure = token, None
        return token


def token_callback(variables: Variables) -> Tokens:
    """Return the token callback for the service in the environment.

    If a token file is set, the token is read from it (Confluent Cloud). Otherwise the scope selects Entra (Event Hubs)
    or Google (Managed Kafka). Amazon MSK has no scope and uses the credentials of the AWS identity.
    """
    file, scope = variables.optional("STREAM_TOKEN_FILE"), variables.optional("KAFKA_SASL_OAUTHBEARER_SCOPE")
    if file:
        extensions = _extensions(variables)
        return Tokens(lambda: _file_token(Path(file), extensions))
    if scope is None:
        region = variables.required("AWS_REGION")
        return Tokens(lambda: _aws_token(region))
    if scope.startswith(GOOGLE_SCOPES):
        return Tokens(lambda: _google_token(scope))
    if scope.endswith(ENTRA_SCOPE):
        for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
            variables.required(name)
        return Tokens(lambda: _entra_token(scope))
    variables.errors.append(
        f"KAFKA_SASL_OAUTHBEARER_SCOPE: must begin with {GOOGLE_SCOPES} or end with {ENTRA_SCOPE}, got {scope!r}."
    )
    return Tokens(lambda: ("", 0, "", {}))


def _extensions(variables: Variables) -> dict[str, str]:
    """Return the SASL extensions for Confluent Cloud, written as `name=value,name=value`: cluster and identity pool."""
    name = "KAFKA_SASL_OAUTHBEARER_EXTENSIONS"
    text = variables.optional(name)
    pairs = [pair.partition("=") for pair in text.split(",")] if text else []
    if all(key and equals and value for key, equals, value in pairs):
        return {key: value for key, _, value in pairs}
    variables.errors.append(f"{name}: must be name=value pairs separated by commas, got {text!r}.")
    return {}


def _file_token(file: Path, extensions: dict[str, str]) -> Token:
    """Return the current token of a file. The platform replaces the token before it expires."""
    try:
        token = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConsumerError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConsumerError(f"{file} does not contain a JSON Web Token") from None
    try:
        _, claims, _ = token.split(".")
        claims_found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return token, float(claims_found["exp"]), str(claims_found["sub"]), extensions
    except (ValueError, KeyError, TypeError):
        raise ConsumerError(f"{file} does not contain a JSON Web Token with the claims exp and sub") from None


def _aws_token(region: str) -> Token:
    """Return a request to Amazon MSK, signed with the credentials of the AWS identity."""
    session, signer = import_module("botocore.session"), import_module("aws_msk_iam_sasl_signer.MSKAuthTokenProvider")
    if session.get_session().get_credentials() is None:
        raise ConsumerError("no AWS credentials found. Run the consumer with an AWS identity")
    token, milliseconds = signer.generate_auth_token(region)
    return token, milliseconds / 1000, "", {}


def _entra_token(scope: str) -> Token:
    """Return a token of Entra for the workload identity that AKS injects, and for no other identity of the machine."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # otherwise it logs every request
    with import_module("azure.identity").WorkloadIdentityCredential() as credential:
        token = credential.get_token(scope)
    return token.token, token.expires_on, "", {}


def _google_token(scope: str) -> Token:
    """Return an access token of Google's default credentials in the format of Managed Kafka.

    The format has three parts like a JSON Web Token. The last part is the access token (Managed Service for Apache
    Kafka, Authentication types; Google's GcpLoginCallbackHandler).
    """
    credentials, _ = import_module("google.auth").default(scopes=[scope])
    if not getattr(credentials, "service_account_email", None):
        raise ConsumerError(
            "Google's default credentials are not for a service account, but Managed Kafka requires one"
        )
    credentials.refresh(import_module("google.auth.transport.requests").Request())
    email = credentials.service_account_email  # final only after the refresh
    expires = int(credentials.expiry.replace(tzinfo=UTC).timestamp())
    header = {"typ": "JWT", "alg": "GOOG_OAUTH2_TOKEN"}
    claims = {"exp": expires, "iat": int(time.time()), "iss": "Google", "scope": "kafka", "sub": email}
    parts = (json.dumps(header), json.dumps(claims), str(credentials.token))
    token = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return token, expires, email, {}


def _unexpired(token: Token) -> Token:
    if token[1] <= time.time():
        raise ConsumerError(f"the token expired at {_utc(token[1])}")
    return token


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
