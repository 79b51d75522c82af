"""Tokens that a consumer signs in to Kafka with, by OAUTHBEARER: those of the identity that its platform gives it."""

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
"""How the scope expires that stands for all rights of an identity on a resource (Microsoft identity platform, Scopes and permissions)."""

Token: TypeAlias = tuple[str, float, str, dict[str, str]]
"""A token, when it expires in seconds since 1970, whom it is for where that is known, and what brokers are told besides."""


class Tokens:
    """Gets a token whenever librdkafka asks for one, which it does after four fifths of the life of the one before.

    What a callback raises, confluent-kafka drops, and says only that one raised; so the reason is kept here.
    """

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self.fetch = fetch
        self.current: Token | None = None
        self.failure: str | None = None
        """Why there is no new token, in one line; None while there is."""

    def __call__(self, _properties: str) -> Token:
        """A new token, or the present one again while it is good: librdkafka soon asks for the next. ConsumerError after that."""
        try:
            token = _unexpired(self.fetch())
        except Exception as error:  # noqa: BLE001 - whatever a signer raises
            self.failure = f"there is no token to sign in with: {line_of(error)}"
            if self.current is None or self.current[1] <= time.time():
                raise ConsumerError(self.failure) from None
            LOGGER.warning("%s; the present one is good until %s", self.failure, _utc(self.current[1]))
            return self.current
        self.current, self.failure = token, None
        return token


def token_callback(variables: Variables) -> Tokens:
    """What confluent-kafka's oauth_cb is to be, by what the environment says of the service.

    A file has the token where one is named (Confluent Cloud). Else its scope tells Entra (Event Hubs) from Google (Managed
    Kafka); Amazon MSK has none, and signs with the credentials of the AWS identity.
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
        f"KAFKA_SASL_OAUTHBEARER_SCOPE: must begin with {GOOGLE_SCOPES} or end with {ENTRA_SCOPE}, not {scope!r}"
    )
    return Tokens(lambda: ("", 0, "", {}))


def _extensions(variables: Variables) -> dict[str, str]:
    """What Confluent Cloud is told besides the token: which cluster and which identity pool, as `name=value,name=value`."""
    name = "KAFKA_SASL_OAUTHBEARER_EXTENSIONS"
    text = variables.optional(name)
    pairs = [pair.partition("=") for pair in text.split(",")] if text else []
    if all(key and equals and value for key, equals, value in pairs):
        return {key: value for key, _, value in pairs}
    variables.errors.append(f"{name}: must be name=value with commas between, not {text!r}")
    return {}


def _file_token(file: Path, extensions: dict[str, str]) -> Token:
    """The token that a file has now: the platform writes it anew before it expires."""
    try:
        token = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConsumerError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConsumerError(f"{file} holds no JSON Web Token") from None
    try:
        _, claims, _ = token.split(".")
        claims_found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return token, float(claims_found["exp"]), str(claims_found["sub"]), extensions
    except (ValueError, KeyError, TypeError):
        raise ConsumerError(f"{file} holds no JSON Web Token that says whom it is for and when it expires") from None


def _aws_token(region: str) -> Token:
    """A request to Amazon MSK, signed with the credentials of the AWS identity."""
    session, signer = import_module("botocore.session"), import_module("aws_msk_iam_sasl_signer.MSKAuthTokenProvider")
    if session.get_session().get_credentials() is None:
        raise ConsumerError("no AWS credentials are found; run this under an AWS identity")
    token, milliseconds = signer.generate_auth_token(region)
    return token, milliseconds / 1000, "", {}


def _entra_token(scope: str) -> Token:
    """A token of Entra for the workload identity that AKS injects: of no other identity that may be about."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # else it tells of every request
    with import_module("azure.identity").WorkloadIdentityCredential() as credential:
        token = credential.get_token(scope)
    return token.token, token.expires_on, "", {}


def _google_token(scope: str) -> Token:
    """An access token of Google's default credentials, in the form that Managed Kafka takes.

    That is three parts as of a JSON Web Token, the last of which is the access token (Managed Service for Apache Kafka,
    Authentication types; Google's GcpLoginCallbackHandler).
    """
    credentials, _ = import_module("google.auth").default(scopes=[scope])
    if not getattr(credentials, "service_account_email", None):
        raise ConsumerError("Google's credentials are of no service account, which Managed Kafka knows consumers by")
    credentials.refresh(import_module("google.auth.transport.requests").Request())
    email = credentials.service_account_email  # known for good only now
    expires = int(credentials.expiry.replace(tzinfo=UTC).timestamp())
    header = {"typ": "JWT", "alg": "GOOG_OAUTH2_TOKEN"}
    claims = {"exp": expires, "iat": int(time.time()), "iss": "Google", "scope": "kafka", "sub": email}
    parts = (json.dumps(header), json.dumps(claims), str(credentials.token))
    token = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return token, expires, email, {}


def _unexpired(token: Token) -> Token:
    if token[1] <= time.time():
        raise ConsumerError(f"the token ended at {_utc(token[1])}")
    return token


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
