"""Sign-in tokens of each platform, and one-line errors."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.kafka.tokens import Token, Tokens, token_callback
from consumer.variables import Variables
from tests.dataplane.issuer import ACCOUNT, CLIENT, CREDENTIALS, LIFE, METADATA, TENANT, Issuer, running_issuer
from workbench.stack_file import ROOT

PROGRAM = """
import json, logging, os, sys
from consumer.errors import ConsumerError
from consumer.kafka.tokens import token_callback
from consumer.variables import Variables

logging.basicConfig(level=logging.INFO)
variables = Variables(os.environ)
tokens = token_callback(variables)
variables.check()
try:
    print(json.dumps(tokens("")))
except ConsumerError as error:
    sys.exit(str(error))
"""
GOOGLE = {"KAFKA_SASL_OAUTHBEARER_SCOPE": "https://www.googleapis.com/auth/cloud-platform"}
EVENT_HUBS = "https://orders.servicebus.windows.net"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


def ask(environment: dict[str, str], home: Path) -> subprocess.CompletedProcess[str]:
    """Request a token in a separate process with only these variables, because SDKs read theirs on import."""
    machine = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**machine, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def given(environment: dict[str, str], home: Path) -> tuple[str, float, str, dict[str, str]]:
    done = ask(environment, home)
    assert done.returncode == 0, done.stderr
    token, ends, principal, extensions = json.loads(done.stdout)
    assert token not in done.stderr
    assert len(done.stderr.splitlines()) <= 1, "an SDK must not log every request"
    return token, ends, principal, extensions


def refused(environment: dict[str, str], home: Path) -> str:
    done = ask(environment, home)
    assert (done.returncode, done.stdout) == (1, "")
    *_, line = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    return line


def parts(token: str) -> list[str]:
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode() for part in token.split(".")]


# Confluent Cloud: the pod's own token


def from_file(file: Path, extensions: str = "logicalCluster=lkc-1,identityPoolId=pool-2") -> Tokens:
    variables = Variables({"STREAM_TOKEN_FILE": str(file), "KAFKA_SASL_OAUTHBEARER_EXTENSIONS": extensions})
    tokens = token_callback(variables)
    variables.check()
    return tokens


def test_the_pod_s_token_is_read_each_time_and_sent_with_cluster_and_pool(tmp_path: Path, issuer: Issuer):
    file = tmp_path / "token"
    tokens = from_file(file)
    for life in (600, 1200):
        file.write_text(issuer.token("system:serviceaccount:orders:orders", "confluent", life) + "\n")
        token, ends, principal, extensions = tokens("")
        assert jwt.decode(token, options={"verify_signature": False})["exp"] == ends
        assert ends == pytest.approx(time.time() + life, abs=10)
        assert principal == "system:serviceaccount:orders:orders"
        assert extensions == {"logicalCluster": "lkc-1", "identityPoolId": "pool-2"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot read {file}: No such file or directory"),
        ("", "{file} does not contain a JSON Web Token"),
        ("hunter2", "{file} does not contain a JSON Web Token"),
        ("\N{SNOWMAN}", "{file} does not contain a JSON Web Token"),
        ("a.e30.c", "{file} does not contain a JSON Web Token"),
    ],
)
def test_an_invalid_token_file_is_named_but_its_content_is_not_shown(tmp_path: Path, content: str | None, told: str):
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConsumerError) as error:
        from_file(file)("")
    assert f"cannot get a token: {told.format(file=file)}" in str(error.value)
    assert not content or content not in str(error.value)


def test_an_expired_token_is_rejected(tmp_path: Path, issuer: Issuer):
    file = tmp_path / "token"
    file.write_text(issuer.token("orders", "confluent", -60))
    with pytest.raises(ConsumerError, match=r"the token expired at .* UTC"):
        from_file(file)("")


@pytest.mark.parametrize("extensions", ["logicalCluster", "logicalCluster=", "=lkc-1", "a=b,,c=d"])
def test_invalid_extensions_are_an_environment_error(tmp_path: Path, extensions: str):
    with pytest.raises(WrongEnvironmentError, match="KAFKA_SASL_OAUTHBEARER_EXTENSIONS: must be name=value"):
        from_file(tmp_path / "token", extensions)


# Azure Event Hubs: Entra with the workload identity that AKS injects


def aks(directory: Path, issuer: Issuer, pod: str) -> dict[str, str]:
    """Return the variables of AKS's webhook, plus trust in the issuer on loopback."""
    (directory / "azure-token").write_text(pod)
    return {
        "KAFKA_SASL_OAUTHBEARER_SCOPE": f"{EVENT_HUBS}/.default",
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_TENANT_ID": TENANT,
        "AZURE_FEDERATED_TOKEN_FILE": str(directory / "azure-token"),
        "AZURE_AUTHORITY_HOST": f"{issuer.url}/",
        "REQUESTS_CA_BUNDLE": str(issuer.trusted(directory)),
    }


def test_event_hubs_gets_an_entra_token_for_the_namespace(tmp_path: Path, issuer: Issuer):
    pod = issuer.token("system:serviceaccount:orders:orders", "api://AzureADTokenExchange")
    token, ends, _, extensions = given(aks(tmp_path, issuer, pod), tmp_path)
    claims = jwt.decode(token, issuer.key.public_key(), ["RS256"], audience=EVENT_HUBS)
    assert claims["sub"] == "system:serviceaccount:orders:orders"
    assert ends == pytest.approx(time.time() + LIFE, abs=60)
    assert extensions == {}


def test_an_entra_error_is_reported_in_one_line_without_the_pod_s_token(tmp_path: Path, issuer: Issuer):
    pod = Issuer().token("system:serviceaccount:orders:orders", "api://AzureADTokenExchange")
    line = refused(aks(tmp_path, issuer, pod), tmp_path)
    assert "cannot get a token: " in line
    assert "AADSTS700213" in line
    assert pod not in line


def test_without_a_workload_identity_every_missing_variable_is_named():
    variables = Variables({"KAFKA_SASL_OAUTHBEARER_SCOPE": f"{EVENT_HUBS}/.default"})
    token_callback(variables)
    names = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE")
    assert variables.errors == [f"{name}: is required." for name in names]


# Managed Service for Apache Kafka: Google


def gke(issuer: Issuer) -> dict[str, str]:
    return {**GOOGLE, "GCE_METADATA_HOST": issuer.metadata, "GCE_METADATA_IP": issuer.metadata}


def test_managed_kafka_gets_a_google_token_in_three_parts(tmp_path: Path, issuer: Issuer):
    token, ends, principal, _ = given(gke(issuer), tmp_path)
    header, claims, access = parts(token)
    assert json.loads(header) == {"typ": "JWT", "alg": "GOOG_OAUTH2_TOKEN"}
    told = json.loads(claims)
    assert (told["sub"], told["scope"], told["exp"]) == (ACCOUNT, "kafka", ends)
    assert access.startswith(f"ya29.{issuer.secret}")
    assert principal == ACCOUNT
    assert ends == pytest.approx(time.time() + LIFE, abs=60)


def test_a_google_error_is_reported_in_one_line(tmp_path: Path, issuer: Issuer):
    issuer.refused[f"{METADATA}instance/service-accounts/default/token"] = (403, {"error": "no such identity"})
    assert "cannot get a token: " in refused(gke(issuer), tmp_path)


def test_google_user_credentials_are_rejected(tmp_path: Path, issuer: Issuer):
    file = tmp_path / "user.json"
    user = {"type": "authorized_user", "client_id": "a", "client_secret": issuer.secret, "refresh_token": issuer.secret}
    file.write_text(json.dumps(user))
    line = refused({**GOOGLE, "GOOGLE_APPLICATION_CREDENTIALS": str(file)}, tmp_path)
    assert "cannot get a token: Google's default credentials are not for a service account" in line
    assert issuer.secret not in line


# Amazon MSK: a signed request


def ecs(issuer: Issuer) -> dict[str, str]:
    return {
        "AWS_REGION": "eu-west-1",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{issuer.metadata}{CREDENTIALS}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_msk_gets_a_request_signed_by_the_aws_identity(tmp_path: Path, issuer: Issuer):
    token, ends, _, _ = given(ecs(issuer), tmp_path)
    (request,) = parts(token)
    query = parse_qs(urlsplit(request).query)
    assert urlsplit(request).netloc == "kafka.eu-west-1.amazonaws.com"
    assert query["Action"] == ["kafka-cluster:Connect"]
    assert query["X-Amz-Security-Token"] == [f"session-{issuer.secret}"]
    assert query["X-Amz-Credential"][0].startswith(f"ASIA{issuer.secret[:8]}/")
    assert ends == pytest.approx(time.time() + 900, abs=60), "the signer returns milliseconds"
    assert issuer.requests[0] == CREDENTIALS


def test_missing_aws_credentials_are_reported(tmp_path: Path):
    line = refused({"AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}, tmp_path)
    assert line == ("cannot get a token: no AWS credentials found. Run the consumer with an AWS identity")


def test_without_file_and_scope_the_region_is_required():
    variables = Variables({})
    token_callback(variables)
    assert variables.errors == ["AWS_REGION: is required."]


def test_an_unknown_scope_is_an_environment_error():
    variables = Variables({"KAFKA_SASL_OAUTHBEARER_SCOPE": "openid"})
    token_callback(variables)
    assert len(variables.errors) == 1
    assert variables.errors[0].startswith("KAFKA_SASL_OAUTHBEARER_SCOPE: must begin with")


# Renewal


class Fetch:
    """Returns or raises the given answers in turn."""

    def __init__(self, *answers: Token | Exception) -> None:
        self.answers = list(answers)

    def __call__(self) -> Token:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_failed_renewal_is_logged_and_the_valid_token_is_kept(caplog: pytest.LogCaptureFixture):
    present: Any = ("one", time.time() + 60, "", {})
    renewed: Any = ("two", time.time() + 600, "", {})
    tokens = Tokens(Fetch(present, OSError("no route\nto the issuer"), renewed))
    assert tokens("") == present
    assert tokens("") == present
    assert tokens.failure == "cannot get a token: no route to the issuer"
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [tokens.failure]
    assert tokens("") == renewed
    assert tokens.failure is None


def test_a_failed_renewal_after_expiry_is_raised():
    ends = time.time() + 0.2
    tokens = Tokens(Fetch(("one", ends, "", {}), OSError("no route to the issuer")))
    tokens("")
    while time.time() <= ends:
        time.sleep(0.01)
    with pytest.raises(ConsumerError, match=r"^cannot get a token: no route to the issuer$"):
        tokens("")
