"""SASL/SCRAM authentication of consumers on MSK."""

import json

import pytest

from tests.stacks import planned
from workbench.values import SECRET

SCRAM = {"data-pipes:streaming": {"authentication": "scram"}}
TWO = {**SCRAM, "data-pipes:pipes": {"clicks": {"parallelism": 2}}}
ASSOCIATION = "aws:msk/singleScramSecretAssociation:SingleScramSecretAssociation"


@pytest.fixture(scope="module")
def recording():
    return planned(SCRAM).recording


def test_the_cluster_accepts_scram_and_iam_which_the_deployer_needs(recording):
    sasl = recording.one("aws:msk/cluster:Cluster").input("clientAuthentication.sasl")
    assert sasl == {"iam": True, "scram": True}
    rules = recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    ports = {each.inputs["fromPort"] for each in rules if each.name.startswith("aws-msk-eks-msk-")}
    assert ports == {9096, 9098, 9094}


def test_the_environment_contains_user_and_brokers_but_no_password(recording):
    environment = recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert environment["KAFKA_SASL_MECHANISM"] == "SCRAM-SHA-512"
    assert environment["KAFKA_SASL_USERNAME"] == "orders"
    assert environment["KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL"
    brokers = environment["KAFKA_BOOTSTRAP_SERVERS"].split(",")
    assert all(broker.endswith(":9096") for broker in brokers)
    assert recording.outputs["bootstrapServers"] == environment["KAFKA_BOOTSTRAP_SERVERS"]
    assert "KAFKA_SASL_PASSWORD" not in environment
    policy = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]
    assert {"port": 9096, "protocol": "TCP"} in [rule["ports"][0] for rule in policy["egress"]]


def test_pods_get_the_password_and_wait_for_the_secret_association(recording):
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert version.inputs["secretString"] == SECRET
    known = json.loads(version.reveal("secretString"))
    secret = recording.one("kubernetes:core/v1:Secret")
    assert known == {"username": "orders", "password": secret.reveal("stringData")["KAFKA_SASL_PASSWORD"]}
    assert len(known["password"]) == 40
    deployment = recording.one("kubernetes:apps/v1:Deployment")
    association = recording.one(ASSOCIATION)
    assert association.urn in recording.requirements(deployment)
    assert version.urn in recording.requirements(association), "otherwise MSK would look for a user that does not exist"


def test_the_secret_has_the_prefix_that_msk_requires_and_a_key_of_the_stack(recording):
    secret = recording.one("aws:secretsmanager/secret:Secret")
    assert secret.inputs["namePrefix"] == "AmazonMSK_aws-msk-eks-orders-"
    assert recording.one("aws-msk-eks-users-key").urn in secret.property_dependencies["kmsKeyId"]
    assert recording.of_type("aws:secretsmanager/secretPolicy:SecretPolicy") == (), "MSK sets the policy itself"


def test_consumers_with_scram_have_no_iam_policy(recording):
    assert not [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if "orders" in each.name]


def test_every_pipe_has_a_user_and_all_secrets_share_one_key():
    recording = planned(TWO).recording
    assert len(recording.of_type(ASSOCIATION)) == 2
    secrets = recording.of_type("aws:secretsmanager/secret:Secret")
    assert len({each.inputs["kmsKeyId"] for each in secrets}) == 1
    versions = recording.of_type("aws:secretsmanager/secretVersion:SecretVersion")
    users = [json.loads(each.reveal("secretString")) for each in versions]
    assert {user["username"] for user in users} == {"orders", "clicks"}
    assert len({user["password"] for user in users}) == 2


@pytest.mark.parametrize(("protect", "days"), [(True, 30), (False, 0)])
def test_passwords_can_be_recovered_only_if_protect_is_true(protect, days):
    secret = planned({**SCRAM, "data-pipes:protect": protect}).recording.one("aws:secretsmanager/secret:Secret")
    assert secret.inputs["recoveryWindowInDays"] == days
