"""What holds for every resource of every stack that is shipped."""

import json

import pytest

from tests.stacks import DEFAULT, NAMES, changed, shipped
from workbench.stack_file import ROOT, read_settings
from workbench.values import SECRET

every_stack = pytest.mark.parametrize("stack", NAMES)
WITHOUT_ARN = {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"}
"""Actions that IAM binds to no resource (Service Authorization Reference)."""

both_ways = pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])


@every_stack
@both_ways
def test_a_stack_plans_without_problems(stack, preview):
    assert shipped(stack, preview=preview).problems == ()


@every_stack
@both_ways
def test_partitions_equal_replicas_in_every_pipe(stack, preview):
    pipes = shipped(stack, preview=preview).pipes
    assert pipes
    assert all(pipe.partitions == pipe.replicas for pipe in pipes)


@every_stack
def test_a_preview_shows_the_same_resources_as_the_update(stack):
    assert shipped(stack, preview=True).recording.urns == shipped(stack).recording.urns


@every_stack
def test_every_name_begins_with_the_stack_s_name(stack):
    name = read_settings(changed(stack=stack)).name
    for resource in shipped(stack).recording.resources[1:]:
        assert resource.name == name or resource.name.startswith(f"{name}-"), resource.urn


@every_stack
def test_children_never_take_the_options_of_others(stack):
    for resource in shipped(stack).recording.resources:
        assert not [alias for alias in resource.aliases if 'parentUrn: ""' not in alias], resource.urn
        assert not resource.ignore_changes, resource.urn
        assert not resource.import_id, resource.urn


@every_stack
def test_every_key_rotates_and_every_log_group_is_bounded_and_encrypted(stack):
    recording = shipped(stack).recording
    assert all(key.inputs["enableKeyRotation"] for key in recording.of_type("aws:kms/key:Key"))
    for group in recording.of_type("aws:cloudwatch/logGroup:LogGroup"):
        assert group.inputs["retentionInDays"] > 0
        assert group.inputs["kmsKeyId"]


@every_stack
def test_no_security_group_lets_everyone_in_and_every_rule_says_why_it_is_there(stack):
    recording = shipped(stack).recording
    ingress = recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    egress = recording.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert not [rule.urn for rule in ingress if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"]
    assert all(rule.inputs["description"] for rule in (*ingress, *egress))
    for group in recording.of_type("aws:ec2/securityGroup:SecurityGroup"):
        assert "ingress" not in group.inputs, "rules inside a group and beside it would fight"


@every_stack
def test_a_role_may_do_something_everywhere_only_where_there_is_no_arn(stack):
    for policy in shipped(stack).recording.of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert statement["Resource"] != "*" or set(statement["Action"]) <= WITHOUT_ARN, policy.urn
            assert not [action for action in statement["Action"] if "*" in action], policy.urn


@every_stack
def test_no_secret_is_exported_in_the_clear(stack):
    outputs = shipped(stack).recording.outputs
    assert outputs["kubeconfig"] == SECRET
    assert "stand-in" not in json.dumps(outputs)


@every_stack
def test_every_stack_file_is_short_enough_to_copy(stack):
    assert len((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text().splitlines()) <= 30


def test_the_program_is_at_most_thirty_lines():
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 30


def test_the_names_and_types_of_what_holds_data_are_frozen():
    """A diff here replaces what users keep their records in: it is a migration, not a refactoring."""
    prefix = "urn:pulumi:aws-msk-eks::data-pipes::data-pipes:index:Pipeline$data-pipes:"
    protected = {each.urn.removeprefix(prefix) for each in shipped(DEFAULT).recording.resources if each.protect}
    assert protected == {
        "aws:Msk$aws:msk/cluster:Cluster::aws-msk-eks-msk",
        "aws:Msk$aws:kms/key:Key::aws-msk-eks-msk-key",
        "index:Pipe$data-pipes:aws:MskTopic$aws:msk/topic:Topic::aws-msk-eks-orders-topic",
        "aws:Eks$data-pipes:aws:EksCluster$aws:eks/cluster:Cluster::aws-msk-eks-eks",
        "aws:Eks$data-pipes:aws:EksCluster$aws:kms/key:Key::aws-msk-eks-eks-key",
        "aws:Registry$aws:ecr/repository:Repository::aws-msk-eks-images",
        "aws:Registry$aws:kms/key:Key::aws-msk-eks-images-key",
    }


def test_what_would_replace_the_brokers_is_frozen():
    """MSK replaces a cluster whose name, subnets or security groups change, and EC2 a group whose description does."""
    recording = shipped(DEFAULT).recording
    cluster = recording.one("aws:msk/cluster:Cluster")
    group = next(
        each for each in recording.of_type("aws:ec2/securityGroup:SecurityGroup") if each.name.endswith("-msk")
    )
    assert cluster.inputs["clusterName"] == "aws-msk-eks"
    assert cluster.input("brokerNodeGroupInfo.azDistribution") == "DEFAULT"
    assert len(cluster.input("brokerNodeGroupInfo.securityGroups")) == 1
    assert (group.name, group.inputs["description"]) == ("aws-msk-eks-msk", "Kafka brokers: the consumers only")
    assert "name" not in group.inputs
