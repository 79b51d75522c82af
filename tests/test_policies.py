"""Tests of every IAM policy: identity policies with an offline linter (parliament), others for named principals."""

import json
import warnings

import pytest

from tests.stacks import NAMES, shipped

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ResourceWarning)  # parliament does not close the files that it reads on import
    import parliament

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"

every_stack = pytest.mark.parametrize("stack", [name for name in NAMES if name.startswith("aws-")])

KNOWN = {
    (
        "RESOURCE_MISMATCH",
        "logs:DescribeLogGroups",
    ): "it takes log groups' ARNs by now (Service Authorization Reference)",
    (
        "RESOURCE_EFFECTIVELY_STAR",
        "-node-images",
    ): "EKS's add-ons lie in accounts of AWS; a condition excludes the own one",
}
"""Accepted findings of the linter: (issue, part of the finding or of the resource's name), with the reason."""


def expected(finding, name):
    return any(finding.issue == issue and (part in str(finding.detail) or part in name) for issue, part in KNOWN)


def policies(stack, key):
    """Return the resources of a stack with a policy document in the given input, and the documents."""
    return [
        (each, json.loads(each.inputs[key]))
        for each in shipped(stack).recording.resources
        if each.type.startswith("aws:") and "Statement" in str(each.inputs.get(key, ""))
    ]


@every_stack
def test_every_identity_policy_passes_the_linter(stack):
    found = [(each, policy) for each, policy in policies(stack, "policy") if each.type == ROLE_POLICY]
    assert found
    for each, policy in found:
        findings = parliament.analyze_policy_string(json.dumps(policy)).findings
        assert [str(finding) for finding in findings if not expected(finding, each.name)] == [], each.name


@every_stack
def test_no_trust_or_resource_policy_allows_every_principal(stack):
    trusts = policies(stack, "assumeRolePolicy")
    assert trusts
    others = [(each, policy) for each, policy in policies(stack, "policy") if each.type != ROLE_POLICY]
    for each, policy in (*trusts, *others):
        for statement in policy["Statement"]:
            assert "*" not in json.dumps(statement["Principal"]), each.name


def test_the_linter_detects_a_misspelt_action_a_wrong_resource_and_a_star():
    def issues(action, resource):
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
        return [finding.issue for finding in parliament.analyze_policy_string(json.dumps(policy)).findings]

    assert issues("kinesis:GetRecord", "arn:aws:kinesis:eu-west-1:123456789012:stream/x") == ["UNKNOWN_ACTION"]
    assert issues("kinesis:GetRecords", "arn:aws:s3:::bucket") == ["RESOURCE_MISMATCH"]
    assert issues("kinesis:GetRecords", "*") == ["RESOURCE_STAR"]
