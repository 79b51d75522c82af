"""The command `permissions` prints a policy that contains what the planned resources need, and names what it cannot contain."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.combinations import ALLOWED
from tests.stacks import NAMES, planned, shipped
from workbench.cloud import kinds
from workbench.cloud.actions import Actions
from workbench.cloud.azure.actions import ACTIONS as AZURE
from workbench.cloud.gcp.actions import ACTIONS as GCP
from workbench.permissions.permissions import CLOUDS, ELSEWHERE, UnknownActionsError, needed, permissions
from workbench.plan import plan
from workbench.stack_file import ROOT

TYPES = sorted(
    each
    for package in CLOUDS
    for each in (*kinds._TABLES[package][1], *kinds._INVOKES[package], *kinds._LOOKUPS[package])
)
PROVIDERS = {
    "alertsmanagement": "Microsoft.AlertsManagement",
    "applicationinsights": "Microsoft.Insights",
    "authorization": "Microsoft.Authorization",
    "containerregistry": "Microsoft.ContainerRegistry",
    "containerservice": "Microsoft.ContainerService",
    "eventhub": "Microsoft.EventHub",
    "hdinsight": "Microsoft.HDInsight",
    "keyvault": "Microsoft.KeyVault",
    "managedidentity": "Microsoft.ManagedIdentity",
    "monitor": "Microsoft.Insights",
    "network": "Microsoft.Network",
    "operationalinsights": "Microsoft.OperationalInsights",
    "privatedns": "Microsoft.Network",
    "resources": "Microsoft.Resources",
    "storage": "Microsoft.Storage",
}
"""Module of azure-native -> the resource provider of its types."""

OWN_PROVIDERS = {"azure-native:monitor:AzureMonitorWorkspace": "Microsoft.Monitor"}
"""Types with another resource provider than the rest of their module."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", "permissions", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("token", TYPES)
def test_every_simulated_type_and_function_has_actions(token: str):
    needed(token, preview=False)  # the error names the file to add to


def test_every_entry_is_a_simulated_type_or_function():
    assert {token for each in CLOUDS.values() for token in each.actions} == set(TYPES)


@pytest.mark.parametrize("name", [*NAMES, *map(str, ALLOWED)])
def test_every_stack_and_combination_has_a_policy(name: str):
    combinations = {str(each): each for each in ALLOWED}
    made = shipped(name) if name in NAMES else plan(combinations[name].stack_file())
    whole, reading = (permissions(made, preview=preview).policy for preview in (False, True))
    made_in_the_cloud = {
        each.type.partition(":")[0] for each in made.recording.resources if each.custom and not each.external
    }
    if made_in_the_cloud & CLOUDS.keys():
        assert len(reading) < len(whole)
    else:
        assert reading == whole, "a stack that makes nothing in a cloud only reads there"


def test_an_unknown_type_is_refused_with_the_file_to_add_it_to():
    with pytest.raises(
        UnknownActionsError, match=r"aws:sqs/queue:Queue: .* Add it to ACTIONS in workbench/cloud/aws/actions\.py\."
    ):
        needed("aws:sqs/queue:Queue", preview=False)


def test_a_stack_in_an_existing_network_needs_no_right_to_create_one():
    existing = {
        "vpcId": "vpc-0123456789abcdef0",
        "cidr": "10.0.0.0/16",
        "privateSubnetIds": [f"subnet-0123456789abcdef{n}" for n in range(3)],
    }
    policy = permissions(planned({"data-pipes:network": {"existing": existing}}), preview=False).policy
    assert "ec2:CreateSecurityGroup" in policy
    assert "ec2:CreateSubnet" not in policy


@pytest.mark.parametrize("token", sorted(AZURE))
def test_an_azure_type_needs_actions_of_its_own_resource_provider(token: str):
    actions = needed(token, preview=False)
    provider = OWN_PROVIDERS.get(token) or PROVIDERS[token.split(":")[1]]
    assert not actions or any(each.startswith(f"{provider}/") for each in actions)
    assert {each.rsplit("/", 1)[-1] for each in needed(token, preview=True)} <= {"read", "action"}


@pytest.mark.parametrize("token", sorted(GCP))
def test_a_preview_on_gcp_only_reads(token: str):
    assert {each.split(".")[2] for each in needed(token, preview=True)} <= {"get", "list", "getIamPolicy", "connect"}


@pytest.mark.parametrize(
    ("table", "file"), [(AZURE, "azure_actions.txt"), (GCP, "gcp_permissions.txt")], ids=["azure", "gcp"]
)
def test_every_name_was_looked_up_in_a_source_of_the_cloud(table: Mapping[str, Actions], file: str):
    known = {line.lower() for line in Path(__file__).with_name(file).read_text().splitlines() if line[:1] != "#"}
    used = {name for each in table.values() for name in each.names(preview=False)}
    unknown = sorted(name for name in used if name.lower() not in known)
    assert not unknown, f"look these names up in the sources that {file} lists, then add them to it"


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("azure-")])
def test_the_deployer_can_approve_each_private_endpoint_on_azure(name: str):
    policy = permissions(shipped(name), preview=False).policy.lower()
    for each in shipped(name).recording.resources:
        if each.type == "azure-native:network:PrivateEndpoint":
            [connection] = each.revealed["privateLinkServiceConnections"]
            target = "/".join(connection["privateLinkServiceId"].split("/")[6:8])
            assert f'"{target}/privateendpointconnectionsapproval/action"'.lower() in policy


@pytest.mark.parametrize("name", NAMES)
def test_a_preview_only_reads(name: str):
    policy = permissions(shipped(name), preview=True).policy
    for word in (
        "Create",
        "Delete",
        "Put",
        "Update",
        "/write",
        "/delete",
        ".create",
        ".delete",
        ".update",
        "setIamPolicy",
    ):
        assert word not in policy


def test_the_policy_is_limited_to_the_names_of_the_stack():
    statements = json.loads(run("aws-msk-eks").stdout)["Statement"]
    limits = {action: each["Resource"] for each in statements for action in each["Action"]}
    assert limits["iam:PassRole"] == ["arn:aws:iam::*:role/aws-msk-eks-*"]
    assert limits["eks:DeleteCluster"][0] == "arn:aws:eks:eu-west-1:*:cluster/aws-msk-eks"
    assert limits["ec2:DescribeVpcs"] == ["*"]


def test_a_single_allowed_account_is_in_the_arns():
    made = planned({"aws:allowedAccountIds": ["123456789012"], "aws:region": "us-gov-west-1"})
    assert "arn:aws-us-gov:iam::123456789012:role/aws-msk-eks-*" in permissions(made, preview=False).policy


def test_azure_prints_a_role_definition():
    done = run("azure-eventhubs-aks")
    role = json.loads(done.stdout)
    assert role["AssignableScopes"] == ["/subscriptions/SUBSCRIPTION-ID"]
    assert "Microsoft.EventHub/namespaces/write" in role["Actions"]
    assert "Replace SUBSCRIPTION-ID" in done.stderr


def test_gcp_prints_a_role_file():
    role = yaml.safe_load(run("gcp-pubsub-gke", "--preview").stdout)
    assert role["stage"] == "GA"
    assert "pubsub.topics.get" in role["includedPermissions"]
    assert "pubsub.topics.create" not in role["includedPermissions"]


def test_an_identity_that_reads_on_gcp_reads_secrets_and_the_notes_say_so():
    # roles/container.viewer has no container.secrets.get, and a refresh reads every object of the stack
    done = run("gcp-pubsub-gke", "--preview")
    assert "container.secrets.get" in yaml.safe_load(done.stdout)["includedPermissions"]
    assert "Do not give this role to previews of pull requests." in done.stderr


def test_what_the_policy_cannot_contain_is_on_standard_error():
    notes = run("aws-confluent-eks").stderr
    assert ELSEWHERE["confluentcloud"] in notes
    assert ELSEWHERE["kubernetes"] in notes
    assert "state backend" in notes


def test_a_stack_that_does_not_exist_is_wrong_input():
    done = run("nothing")
    assert (done.returncode, done.stdout) == (2, "")
