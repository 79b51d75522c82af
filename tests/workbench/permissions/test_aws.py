"""The actions of AWS exist, and the resources of a policy cover what a stack creates."""

import json
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import cast

import botocore.session
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ResourceWarning)  # parliament does not close the files that it reads on import
    import parliament

from tests.stacks import NAMES, shipped
from workbench.cloud.aws.actions import ACTIONS
from workbench.cloud.kinds import kind
from workbench.permissions.aws import RESOURCES, resources
from workbench.permissions.permissions import permissions

EVERY = sorted({name for each in ACTIONS.values() for name in each.names(preview=False)})
NO_OPERATION = {
    "iam:PassRole": "checked when a service gets a role; nothing calls it",
    **dict.fromkeys(
        [f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")] + ["logs:ListLogDeliveries"],
        "vended logs, checked when a service gets a log destination (CloudWatch Logs, Enabling logging from AWS services)",
    ),
}
"""Actions that are not operations of botocore's models, with the reason."""
BOTOCORE = {"aps": "amp"}
"""Names of services in botocore that are not the prefix of their actions."""
IN_KAFKA = "kafka-cluster:"
"""Operations of the Kafka protocol (MSK, IAM access control), so botocore has no model."""
NEWER_THAN_THE_REFERENCE = {
    *("kafka:CreateTopic", "kafka:DeleteTopic", "kafka:DescribeTopic", "kafka:UpdateTopic"),
    *("kinesis:ListTagsForResource", "kinesis:TagResource", "kinesis:UntagResource", "kinesis:UpdateMaxRecordSize"),
}
"""Actions that the copy of the Service Authorization Reference in the package `parliament` does not have yet."""
NOT_USED = {("route53:ChangeTagsForResource", "healthcheck")}
"""Resource types that the reference requires, although the action changes either of two types."""
NAMED = ("N", "N-x", "AmazonMSK_N-x", "/data-pipes/N/x", "oidc.eks.eu-west-1.amazonaws.com/x", "aws-service-role/x")
PLACES = {
    "partition": "aws",
    "region": "eu-west-1",
    "account": "123456789012",
    "name": "N",
    "cluster": "N",
    "kafka": "N",
    "topic": "*",
}


@cache
def reference() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return action -> its resource types (with `*` if required) and the format of their ARNs.

    This is the Service Authorization Reference, as the package `parliament` contains it.
    """
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for service in parliament.iam_definition:
        formats = {each["resource"]: each["arn"] for each in service["resources"]}
        for privilege in service["privileges"]:
            name = f"{service['prefix']}:{privilege['privilege']}"
            found[name] += [
                (each["resource_type"], formats[each["resource_type"].rstrip("*")])
                for each in privilege["resource_types"]
                if each["resource_type"].rstrip("*") in formats
            ]
    return {name: tuple(types) for name, types in found.items()}


@cache
def operations(service: str) -> frozenset[str]:
    model = botocore.session.get_session().get_service_model(BOTOCORE.get(service, service))
    return frozenset(cast("list[str]", model.operation_names))


def examples(arn_format: str) -> Iterator[str]:
    """Return ARNs of a format, with names as the stack `N` gives them."""
    known = {"Partition": "aws", "Region": "eu-west-1", "Account": "123456789012", "StreamType": "stream"}
    for value in NAMED:
        yield re.sub(r"\$\{(\w+)\}", lambda found, value=value: known.get(found[1], value), arn_format)


def covers(action: str, arn: str) -> bool:
    return any(fnmatchcase(arn, limit.format_map(PLACES)) for limit in resources(action))


@pytest.mark.parametrize("action", EVERY)
def test_every_action_is_an_operation_of_its_service(action: str):
    service, name = action.split(":")
    if action.startswith(IN_KAFKA):
        assert action in reference()
    elif action in NO_OPERATION:
        assert action in reference()
        assert name not in operations(service), "remove it from NO_OPERATION"
    else:
        assert name in operations(service)


@pytest.mark.parametrize("action", EVERY)
def test_an_action_is_limited_to_resources_if_it_has_any(action: str):
    if action in NEWER_THAN_THE_REFERENCE:
        assert action not in reference(), "remove it from NEWER_THAN_THE_REFERENCE"
        assert "*" not in resources(action)
        return
    types = reference()[action]
    assert ("*" in resources(action)) == (not types)
    for name, arn_format in types:
        if name.endswith("*") and (action, name.rstrip("*")) not in NOT_USED:
            assert any(covers(action, arn) for arn in examples(arn_format)), arn_format


def test_every_pattern_of_resources_is_used():
    assert {next(pattern for pattern in RESOURCES if fnmatchcase(action, pattern)) for action in EVERY} == set(
        RESOURCES
    )


@pytest.mark.parametrize("stack", [name for name in NAMES if name.startswith("aws-")])
def test_the_linter_of_policies_finds_only_actions_that_it_does_not_have(stack: str):
    found = parliament.analyze_policy_string(permissions(shipped(stack), preview=False).policy).findings
    assert {each.issue for each in found} <= {"UNKNOWN_ACTION"}
    assert {str(each.detail).removeprefix("Unknown action ") for each in found} <= NEWER_THAN_THE_REFERENCE


@pytest.mark.parametrize("stack", [name for name in NAMES if name.startswith("aws-")])
def test_the_policy_of_a_stack_covers_the_arns_of_its_resources(stack: str):
    planned = shipped(stack)
    allowed = json.loads(permissions(planned, preview=False).policy)["Statement"]
    checked = 0
    for each in planned.recording.resources:
        if each.external or each.type not in ACTIONS:
            continue
        model = kind(each.type)
        inputs = {"region": "eu-west-1", **each.revealed}
        arn = model.outputs(model.identifier(each.name, inputs), each.name, inputs).get("arn")
        if not isinstance(arn, str) or not arn.startswith("arn:"):
            continue
        for action in ACTIONS[each.type].names(preview=False):
            if action.split(":")[0] == arn.split(":")[2] and any(word in action for word in ("Delete", "ScheduleKey")):
                found = [limit for one in allowed if action in one["Action"] for limit in one["Resource"]]
                assert any(fnmatchcase(arn, limit) for limit in found), (action, arn, found)
                checked += 1
    assert checked > 5


@pytest.mark.parametrize("stack", [name for name in NAMES if name.startswith("aws-")])
def test_a_policy_fits_in_a_role(stack: str):
    # inline policies of a role have at most 10,240 characters without white space (IAM, IAM and AWS STS quotas; read 2026-11-30)
    assert len("".join(permissions(shipped(stack), preview=False).policy.split())) < 9000
