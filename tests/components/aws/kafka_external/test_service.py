"""Tests of any Kafka that was there before, read from AWS."""

from tests.combinations import ALLOWED, REFUSED
from workbench.plan import plan

RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def test_the_consumers_security_group_is_open_for_the_brokers_only_on_their_port():
    [combination] = [each for each in ALLOWED if str(each) == "aws-kafka-external-eks"]
    rules = [each.inputs for each in plan(combination.stack_file()).recording.of_type(RULE)]
    opened = [
        (each["cidrIpv4"], each["fromPort"], each["toPort"])
        for each in rules
        if each["description"] == "To the brokers"
    ]
    assert opened == [("203.0.113.0/24", 9093, 9093)]


def test_ecs_is_refused_because_jobs_in_a_cluster_make_the_topics():
    [combination] = [each for each in REFUSED if str(each) == "aws-kafka-external-ecs"]
    assert combination.refusal == "jobs in a Kubernetes cluster make and check its topics"
