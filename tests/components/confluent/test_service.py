"""Tests of the Confluent Cloud environment and cluster: tier, topic manager and refused changes."""

from functools import cache

import pytest

from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

STACK, KEYED = "aws-confluent-eks", "aws-confluent-ecs"
COMPONENT = "data-pipes:confluent:Confluent"
PROVIDER = "pulumi:providers:confluentcloud"
ENVIRONMENT = "confluentcloud:index/environment:Environment"
CLUSTER = "confluentcloud:index/kafkaCluster:KafkaCluster"
TOPIC = "confluentcloud:index/kafkaTopic:KafkaTopic"
KEY = "confluentcloud:index/apiKey:ApiKey"
BINDING = "confluentcloud:index/roleBinding:RoleBinding"
ACL = "confluentcloud:index/kafkaAcl:KafkaAcl"
ISSUER = "confluentcloud:index/identityProvider:IdentityProvider"
ATTACHMENT = "confluentcloud:index/privateLinkAttachment:PrivateLinkAttachment"
CONNECTION = "confluentcloud:index/privateLinkAttachmentConnection:PrivateLinkAttachmentConnection"
EKS = "aws:eks/cluster:Cluster"


def with_streaming(stack=STACK, **streaming):
    return planned({"data-pipes:streaming": streaming}, stack=stack).recording


@cache
def basic():
    return with_streaming(tier="basic")


@cache
def enterprise():
    return with_streaming(tier="enterprise", privateLink=True, governance="advanced")


def named(recording, type_token, name):
    [found] = [each for each in recording.of_type(type_token) if each.name == name]
    return found


def test_provider_uses_the_two_configured_secrets():
    recording = shipped(STACK).recording
    provider = recording.one(PROVIDER)
    assert set(provider.secrets) == {"cloudApiKey", "cloudApiSecret"}
    assert provider.revealed["cloudApiKey"] == "stand-in for secrets.confluentKey"
    assert provider.revealed["cloudApiSecret"] == "stand-in for secrets.confluentSecret"
    made = [each for each in recording.resources if each.type.startswith("confluentcloud:")]
    assert {each.provider for each in made} == {provider.urn}


def test_cluster_is_in_the_stack_s_cloud_and_region():
    inputs = shipped(STACK).recording.one(CLUSTER).inputs
    assert (inputs["cloud"], inputs["region"]) == ("AWS", "eu-west-1")
    assert inputs["displayName"] == STACK


@pytest.mark.parametrize(
    ("streaming", "tier", "availability"),
    [
        ({}, {"standard": {}}, "HIGH"),
        ({"tier": "standard", "availability": "low", "maxEcku": 1}, {"standard": {"maxEcku": 1}}, "LOW"),
        ({"tier": "basic", "maxEcku": 50}, {"basic": {"maxEcku": 50}}, "LOW"),
        (
            {"tier": "enterprise", "privateLink": True, "availability": "low", "maxEcku": 10},
            {"enterprises": [{"maxEcku": 10}]},
            "LOW",
        ),
        ({"tier": "dedicated", "cku": 2}, {"dedicated": {"cku": 2}}, "MULTI_ZONE"),
        ({"tier": "dedicated", "cku": 1, "availability": "low"}, {"dedicated": {"cku": 1}}, "SINGLE_ZONE"),
    ],
)
def test_cluster_has_the_configured_tier_and_availability(streaming, tier, availability):
    inputs = with_streaming(**streaming).one(CLUSTER).inputs
    tiers = {"basic", "standard", "enterprises", "freights", "dedicated"}
    assert {key: value for key, value in inputs.items() if key in tiers} == tier
    assert inputs["availability"] == availability


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_environment_cluster_and_topics(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    holders = [recording.one(ENVIRONMENT), recording.one(CLUSTER), *recording.of_type(TOPIC)]
    assert [each.protect for each in holders] == [protect] * 4, (
        "the environment, the cluster, a topic and its dead letters"
    )
    assert recording.one(CLUSTER).inputs["deletionProtection"] is protect


@pytest.mark.parametrize("package", ["essentials", "advanced"])
def test_environment_has_the_configured_governance_package(package):
    environment = with_streaming(governance=package).one(ENVIRONMENT)
    assert environment.inputs["streamGovernance"] == {"package": package.upper()}


def test_governance_none_sets_no_package():
    assert "streamGovernance" not in with_streaming(governance="none").one(ENVIRONMENT).inputs


def test_bootstrap_servers_output_has_no_protocol_prefix():
    outputs = shipped(STACK).recording.outputs
    assert outputs["bootstrapServers"].endswith(".eu-west-1.aws.confluent.cloud:9092")
    assert "//" not in outputs["bootstrapServers"]
    assert outputs["kafkaClusterId"].startswith("lkc-")
    assert outputs["environmentId"].startswith("env-")


def test_only_the_identity_provider_waits_for_the_platform():
    recording = shipped(STACK).recording
    cluster, platform, issuer = (recording.one(each) for each in (CLUSTER, EKS, ISSUER))
    assert platform.urn not in recording.requirements(cluster)
    for topic in recording.of_type(TOPIC):
        assert platform.urn not in recording.requirements(topic)
    assert cluster.urn not in recording.requirements(platform)
    assert platform.urn in recording.requirements(issuer)


def test_topic_manager_owns_only_the_topics():
    recording = planned({"data-pipes:pipes": {"clicks": {"parallelism": 2}}}, stack=STACK).recording
    manager = named(recording, KEY, f"{STACK}-manager").inputs["owner"]["id"]
    rights = [each for each in recording.of_type(BINDING) if each.inputs["principal"] == f"User:{manager}"]
    assert {each.inputs["roleName"] for each in rights} == {"ResourceOwner"}
    cluster = recording.outputs["kafkaClusterId"]
    ends = {each.inputs["crnPattern"].split("/cloud-cluster=")[1] for each in rights}
    topics = ("orders", "orders.dead-letters", "clicks", "clicks.dead-letters")
    assert ends == {f"{cluster}/kafka={cluster}/topic={topic}" for topic in topics}
    for topic in recording.of_type(TOPIC):
        before = {recording.by_urn(urn).inputs.get("crnPattern", "") for urn in recording.requirements(topic)}
        assert any(pattern.endswith(f"/topic={topic.inputs['topicName']}") for pattern in before), (
            "the role must exist before the topic"
        )


def test_topic_manager_administers_the_cluster_on_basic():
    [right] = basic().of_type(BINDING)
    assert right.inputs["roleName"] == "CloudClusterAdmin"
    assert right.inputs["crnPattern"].endswith(f"/cloud-cluster={basic().outputs['kafkaClusterId']}")
    for made in (*basic().of_type(TOPIC), *basic().of_type(ACL)):
        assert right.urn in basic().requirements(made), (
            "the role must exist before the resource, and be deleted after it"
        )


@pytest.mark.parametrize("recording", [shipped(STACK).recording, basic()], ids=["standard", "basic"])
def test_topic_manager_key_outlives_the_topics_and_is_secret(recording):
    key = named(recording, KEY, f"{STACK}-manager")
    for topic in recording.of_type(TOPIC):
        assert key.urn in recording.requirements(topic)
        assert "credentials" in topic.secrets
        assert topic.revealed["credentials"]["secret"]


def test_no_identity_provider_without_token_support():
    for recording in (shipped(KEYED).recording, basic()):
        assert recording.of_type(ISSUER) == ()


def test_identity_provider_has_the_token_issuer_and_jwks_uri():
    inputs = shipped(STACK).recording.one(ISSUER).inputs
    assert inputs["issuer"].startswith("https://oidc.eks.eu-west-1.amazonaws.com/id/")
    assert inputs["jwksUri"] == f"{inputs['issuer']}/keys"


def test_enterprise_clients_wait_for_the_private_link():
    recording = enterprise()
    attachment, connection = recording.one(ATTACHMENT), recording.one(CONNECTION)
    assert (attachment.inputs["cloud"], attachment.inputs["region"]) == ("AWS", "eu-west-1")
    for each in (named(recording, KEY, f"{STACK}-manager"), *recording.of_type(TOPIC)):
        assert {attachment.urn, connection.urn} <= recording.requirements(each)
    assert attachment.urn not in recording.requirements(recording.one(CLUSTER))


def test_no_private_link_by_default():
    assert shipped(STACK).recording.of_type(ATTACHMENT) == ()


KEPT = {"tier": "standard", "availability": "high", "cloud": "AWS", "region": "eu-west-1"}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "tier",
            "dedicated",
            "streaming.tier: cannot be changed from standard to dedicated (only basic can become standard)",
        ),
        ("tier", "basic", "streaming.tier: cannot be changed from standard to basic (only basic can become standard)"),
        ("tier", "enterprise", "create a stack with a different name and the new tier"),
        ("availability", "low", "streaming.availability: cannot be changed from high to low (availability is fixed"),
        ("cloud", "GCP", "streaming: cloud cannot be changed from AWS to GCP (the cloud is fixed"),
        ("region", "eu-central-1", "streaming: region cannot be changed from eu-west-1 to eu-central-1 (the region"),
    ],
)
def test_changes_that_would_replace_the_confluent_cluster_are_refused_in_the_preview(key, value, message):
    recording = shipped(STACK).recording
    component = recording.one(COMPONENT)
    assert component.inputs == KEPT, "the component must store the immutable settings"
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, component, KEPT, {**KEPT, key: value})
    assert message in str(refusal.value)
    assert "then destroy this one" in str(refusal.value)


def test_max_ecku_can_be_changed_but_not_removed():
    recording = planned({"data-pipes:streaming": {"maxEcku": 4}}, stack=STACK).recording
    component = recording.one(COMPONENT)
    limited = {**KEPT, "maxEcku": 4}
    assert component.inputs == limited
    before_update(recording, component, limited, {**KEPT, "maxEcku": 6})
    before_update(recording, component, KEPT, limited)
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, component, limited, KEPT)
    assert str(refusal.value) == (
        "streaming.maxEcku: cannot be removed (the cluster would keep its limit of 4 eCKU). Set maxEcku to the limit that you want."
    )


@pytest.mark.parametrize(("present", "wanted", "refused"), [(4, 2, True), (4, 3, False), (2, 4, False)])
def test_dedicated_cluster_shrinks_by_at_most_one_cku(present, wanted, refused):
    recording = shipped(STACK).recording
    before, after = ({"dedicated": {"cku": each}} for each in (present, wanted))
    if not refused:
        before_update(recording, recording.one(CLUSTER), before, after)
        return
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, recording.one(CLUSTER), before, after)
    assert str(refusal.value) == (
        "streaming.cku: cannot be changed from 4 to 2. A dedicated cluster can shrink by only one CKU per deployment. Set cku to 3, deploy, then lower it again."
    )


def test_a_basic_cluster_can_become_standard():
    recording = shipped(STACK).recording
    low = {**KEPT, "availability": "low"}
    before_update(recording, recording.one(COMPONENT), {**low, "tier": "basic"}, low)


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ({"package": "ADVANCED"}, {"package": "ESSENTIALS"}, True),
        ({"package": "ESSENTIALS"}, None, True),
        ({"package": "ESSENTIALS"}, {"package": "ADVANCED"}, False),
        (None, {"package": "ESSENTIALS"}, False),
    ],
)
def test_stream_governance_can_only_be_upgraded(old, new, refused):
    recording = shipped(STACK).recording
    environment = recording.one(ENVIRONMENT)
    before, after = ({"streamGovernance": each} if each else {} for each in (old, new))
    if not refused:
        before_update(recording, environment, before, after)
        return
    with pytest.raises(
        ChangeRefusedError,
        match=r"streaming.governance: cannot be changed from .* \(stream governance can only be upgraded\)",
    ):
        before_update(recording, environment, before, after)
