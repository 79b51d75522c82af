"""What holds for every resource of every stack, whatever its services."""

import json
from collections.abc import Callable

from workbench.plan import PIPELINE, Plan
from workbench.values import SECRET, UNKNOWN

WITHOUT_ARN = {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"}
"""Actions that IAM binds to no resource (Service Authorization Reference)."""

IGNORED = {"brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"}
"""What AWS changes on its own where the stack file asks for it: disks that grow."""


def it_has_no_problems(plan: Plan) -> None:
    assert plan.problems == ()


def partitions_equal_replicas_in_every_pipe(plan: Plan) -> None:
    assert plan.pipes
    assert all(pipe.partitions == pipe.replicas for pipe in plan.pipes)


def every_name_begins_with_the_stack_s_name(plan: Plan) -> None:
    name = plan.recording.one(PIPELINE).name
    for resource in plan.recording.resources[1:]:
        assert resource.name == name or resource.name.startswith(f"{name}-"), resource.urn


def children_never_take_the_options_of_others(plan: Plan) -> None:
    for resource in plan.recording.resources:
        assert not [alias for alias in resource.aliases if 'parentUrn: ""' not in alias], resource.urn
        assert set(resource.ignore_changes) <= IGNORED, resource.urn
        assert not resource.import_id, resource.urn


def every_key_rotates_and_every_log_group_is_bounded_and_encrypted(plan: Plan) -> None:
    assert all(key.inputs["enableKeyRotation"] for key in plan.recording.of_type("aws:kms/key:Key"))
    for group in plan.recording.of_type("aws:cloudwatch/logGroup:LogGroup"):
        assert group.inputs["retentionInDays"] > 0
        assert group.inputs["kmsKeyId"]


def no_security_group_lets_everyone_in_and_every_rule_says_why_it_is_there(plan: Plan) -> None:
    ingress = plan.recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    egress = plan.recording.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert not [rule.urn for rule in ingress if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"]
    assert all(rule.inputs["description"] for rule in (*ingress, *egress))
    for group in plan.recording.of_type("aws:ec2/securityGroup:SecurityGroup"):
        assert "ingress" not in group.inputs, "rules inside a group and beside it would fight"


def a_role_may_do_something_everywhere_only_where_there_is_no_arn(plan: Plan) -> None:
    for policy in plan.recording.of_type("aws:iam/rolePolicy:RolePolicy"):
        if policy.inputs["policy"] == UNKNOWN:
            continue  # a preview cannot know the ARNs in it
        statements = json.loads(policy.inputs["policy"])["Statement"]
        assert statements, f"{policy.urn}: IAM refuses a policy that says nothing"
        for statement in statements:
            assert statement["Resource"] != "*" or set(statement["Action"]) <= WITHOUT_ARN, policy.urn
            assert not [action for action in statement["Action"] if "*" in action], policy.urn


def no_secret_is_exported_in_the_clear(plan: Plan) -> None:
    outputs = plan.recording.outputs
    assert outputs.get("kubeconfig", SECRET) == SECRET
    assert "stand-in" not in json.dumps(outputs)


def what_holds_data_is_protected(plan: Plan) -> None:
    for type_token in HOLDS_DATA:
        assert all(each.protect for each in plan.recording.of_type(type_token)), type_token


RECORDS = (
    "aws:kinesis/stream:Stream",
    "aws:kinesis/videoStream:VideoStream",
    "aws:msk/cluster:Cluster",
    "aws:msk/serverlessCluster:ServerlessCluster",
    "aws:msk/topic:Topic",
)
"""What records are in."""

HOLDS_DATA = (*RECORDS, "aws:dynamodb/table:Table", "aws:ecr/repository:Repository")

CLUSTERS = {"aws:eks/cluster:Cluster", "aws:ecs/cluster:Cluster"}


def the_streaming_service_and_the_platform_never_wait_for_each_other(plan: Plan) -> None:
    streaming = [each for each in plan.recording.resources if each.type in RECORDS]
    platforms = [each for each in plan.recording.resources if each.type in CLUSTERS]
    assert streaming
    assert platforms
    for one, others in ((streaming, platforms), (platforms, streaming)):
        for each in one:
            assert not plan.recording.requirements(each) & {other.urn for other in others}, each.urn


INVARIANTS: list[Callable[[Plan], None]] = [
    it_has_no_problems,
    partitions_equal_replicas_in_every_pipe,
    every_name_begins_with_the_stack_s_name,
    children_never_take_the_options_of_others,
    every_key_rotates_and_every_log_group_is_bounded_and_encrypted,
    no_security_group_lets_everyone_in_and_every_rule_says_why_it_is_there,
    a_role_may_do_something_everywhere_only_where_there_is_no_arn,
    no_secret_is_exported_in_the_clear,
    what_holds_data_is_protected,
    the_streaming_service_and_the_platform_never_wait_for_each_other,
]
