"""Tests of failed lookups: the program ends with one line that names the setting to change."""

import re
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from pulumi import RunError

from tests.stacks import planned
from workbench.cloud import kinds
from workbench.stack_file import ROOT

REASON = "1 error occurred:\n\t* api error AccessDenied: User is not\n\tauthorized"
PROJECTS = "gcp:projects/getProject:getProject"


class Denied(grpc.RpcError):
    """Return a provider's error as the program receives it."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return REASON


@pytest.mark.parametrize(
    ("stack", "changes", "token", "line"),
    [
        (
            "gcp-pubsub-gke",
            {},
            PROJECTS,
            "gcp:project: must be the ID of a project that the deployer may read (resourcemanager.projects.get), got 'data-pipes-42' ",
        ),
        (
            "aws-kinesis-ecs",
            {"aws:profile": "prod"},
            "aws:index/getCallerIdentity:getCallerIdentity",
            "aws:profile: must be a profile whose credentials AWS accepts, got 'prod' ",
        ),
        (
            "aws-kinesis-ecs",
            {},
            "aws:index/getPartition:getPartition",
            "aws:profile: must be a profile whose credentials AWS accepts ",
        ),
        (
            "aws-msk-eks",
            {},
            "aws:iam/getSessionContext:getSessionContext",
            "aws:profile: must be a profile whose role may read itself (iam:GetRole) ",
        ),
        (
            "azure-eventhubs-aks",
            {"azure-native:subscriptionId": "01234567-89ab-cdef-0123-456789abcdef"},
            "azure-native:authorization:getClientConfig",
            "azure-native:subscriptionId: must be a subscription that the deployer is signed in to, "
            "got '01234567-89ab-cdef-0123-456789abcdef' ",
        ),
        (
            "azure-eventhubs-aks",
            {},
            "azure-native:containerservice:listManagedClusterUserCredentials",
            "azure-native:subscriptionId: must be a subscription where the deployer may read the credentials of the AKS cluster ",
        ),
        (
            "azure-confluent-aks",
            {"data-pipes:streaming": {"tier": "enterprise", "privateLink": True}},
            "azure-native:network:getNetworkInterface",
            "azure-native:subscriptionId: must be a subscription where the deployer may read network interfaces ",
        ),
        (
            "aws-confluent-eks",
            {"data-pipes:pipes": {"orders": {"topic": {"schemaRegistry": True}}}},
            "confluentcloud:index/getSchemaRegistryCluster:getSchemaRegistryCluster",
            "streaming.credentials: must be a Cloud API key that may read the environment's Schema Registry ",
        ),
    ],
)
def test_a_refused_lookup_is_reported_in_one_line_with_key_and_reason(
    monkeypatch: pytest.MonkeyPatch, stack: str, changes: Mapping[str, Any], token: str, line: str
):
    answer = kinds.invoke

    def refuse(asked: str, args: Mapping[str, Any], find: kinds.Find) -> Mapping[str, Any]:
        if asked == token:
            raise Denied
        return answer(asked, args, find)

    monkeypatch.setattr(kinds, "invoke", refuse)
    with pytest.raises(RunError) as refused:
        planned(changes, stack=stack)
    message = str(refused.value)
    assert message.startswith(
        f"stacks/Pulumi.{stack}.yaml: {line}(invoke of {token} failed: 1 error occurred: * api error"
    )
    assert re.search(r"\)\. [A-Z].*\.$", message)
    assert "\n" not in message


@pytest.mark.parametrize(
    "listed",
    [[], [{"projectId": "data-pipes-42", "number": "1", "name": "", "lifecycleState": "DELETE_REQUESTED"}]],
    ids=["unknown", "deleted"],
)
def test_an_unlisted_project_is_reported_in_one_line(monkeypatch: pytest.MonkeyPatch, listed: list[dict[str, str]]):
    monkeypatch.setattr(kinds, "invoke", lambda _token, args, _find: {**args, "id": "x", "projects": listed})
    with pytest.raises(RunError) as refused:
        planned(stack="gcp-pubsub-gke")
    assert str(refused.value) == (
        "stacks/Pulumi.gcp-pubsub-gke.yaml: gcp:project: must be the ID of a project that the deployer may "
        "read (resourcemanager.projects.get), got 'data-pipes-42' (Google Cloud lists no active project with this ID; a new project "
        "appears after some minutes). Correct the project ID, or grant the deployer the role Browser on the project."
    )


def test_the_project_number_is_looked_up_without_billing_permissions():
    plan = planned(stack="gcp-managed-kafka-gke")
    asked = {invoke.token: invoke.args for invoke in plan.recording.invokes}
    assert [token for token in asked if token.startswith("gcp:")] == [PROJECTS]
    assert asked[PROJECTS]["filter"] == "id:data-pipes-42"


def test_every_lookup_of_a_component_reports_failures_in_one_line():
    for path in (ROOT / "components").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        asked = len(re.findall(r"\b(?:get|list)_\w+_output\(", source))
        answered = re.findall(r"(?<!def )\b(?:lookup|optional)\(|\.recover\(lambda", source)
        assert asked == len(answered), path
