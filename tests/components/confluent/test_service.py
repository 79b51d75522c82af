"""An environment and a cluster on Confluent Cloud: its tier, who makes its topics, and what it can never become."""

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


def test_everything_is_made_with_the_two_secrets_that_the_stack_file_names():
    recording = shipped(STACK).recording
    provider = recording.one(PROVIDER)
    assert set(provider.secrets) == {"cloudApiKey", "cloudApiSecret"}
    assert provider.revealed["cloudApiKey"] == "stand-in for secrets.confluentKey"
    assert provider.revealed["cloudApiSecret"] == "stand-in for secrets.confluentSecret"
    made = [each for each in recording.resources if each.type.startswith("confluentcloud:")]
    assert {each.provider for each in made} == {provider.urn}


def test_the_cluster_is_on_the_cloud_and_in_the_region_of_the_stack():
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
def test_a_cluster_has_the_one_tier_and_the_availability_of_the_stack_file(streaming, tier, availability):
    inputs = with_streaming(**streaming).one(CLUSTER).inputs
    tiers = {"basic", "standard", "enterprises", "freights", "dedicated"}
    assert {key: value for key, value in inputs.items() if key in tiers} == tier
    assert inputs["availability"] == availability


@pytest.mark.parametrize("protect", [True, False])
def test_environment_cluster_and_topics_are_protected_by_one_setting(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    holders = [recording.one(ENVIRONMENT), recording.one(CLUSTER), *recording.of_type(TOPIC)]
    assert [each.protect for each in holders] == [protect] * 4, (
        "the environment, the cluster, a topic and its dead letters"
    )
    assert recording.one(CLUSTER).inputs["deletionProtection"] is protect


@pytest.mark.parametrize("package", ["essentials", "advanced"])
def test_the_environment_has_the_package_of_stream_governance_that_is_asked_for(package):
    environment = with_streaming(governance=package).one(ENVIRONMENT)
    assert environment.inputs["streamGovernance"] == {"package": package.upper()}


def test_an_environment_without_governance_is_asked_for_none():
    assert "streamGovernance" not in with_streaming(governance="none").one(ENVIRONMENT).inputs


def test_the_bootstrap_servers_are_an_output_as_clients_write_them():
    outputs = shipped(STACK).recording.outputs
    assert outputs["bootstrapServers"].endswith(".eu-west-1.aws.confluent.cloud:9092")
    assert "//" not in outputs["bootstrapServers"]
    assert outputs["kafkaClusterId"].startswith("lkc-")
    assert outputs["environmentId"].startswith("env-")


def test_cluster_and_platform_do_not_wait_for_each_other_and_only_who_the_pods_are_waits_for_the_platform():
    recording = shipped(STACK).recording
    cluster, platform, issuer = (recording.one(each) for each in (CLUSTER, EKS, ISSUER))
    assert platform.urn not in recording.requirements(cluster)
    for topic in recording.of_type(TOPIC):
        assert platform.urn not in recording.requirements(topic)
    assert cluster.urn not in recording.requirements(platform)
    assert platform.urn in recording.requirements(issuer)


def test_who_makes_the_topics_owns_each_of_them_and_nothing_else():
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
        assert any(pattern.endswith(f"/topic={topic.inputs['topicName']}") for pattern in before), "before it is made"


def test_on_basic_which_has_no_such_roles_who_makes_the_topics_administers_the_cluster():
    [right] = basic().of_type(BINDING)
    assert right.inputs["roleName"] == "CloudClusterAdmin"
    assert right.inputs["crnPattern"].endswith(f"/cloud-cluster={basic().outputs['kafkaClusterId']}")
    for made in (*basic().of_type(TOPIC), *basic().of_type(ACL)):
        assert right.urn in basic().requirements(made), "the right is there before it, and goes after it"


@pytest.mark.parametrize("recording", [shipped(STACK).recording, basic()], ids=["standard", "basic"])
def test_the_key_that_makes_the_topics_outlives_them_and_is_never_shown(recording):
    key = named(recording, KEY, f"{STACK}-manager")
    for topic in recording.of_type(TOPIC):
        assert key.urn in recording.requirements(topic)
        assert "credentials" in topic.secrets
        assert topic.revealed["credentials"]["secret"]


def test_without_tokens_or_on_a_tier_that_takes_none_the_platform_is_not_made_known():
    for recording in (shipped(KEYED).recording, basic()):
        assert recording.of_type(ISSUER) == ()


def test_the_platform_is_made_known_by_the_issuer_of_its_tokens_and_where_their_keys_are():
    inputs = shipped(STACK).recording.one(ISSUER).inputs
    assert inputs["issuer"].startswith("https://oidc.eks.eu-west-1.amazonaws.com/id/")
    assert inputs["jwksUri"] == f"{inputs['issuer']}/keys"


def test_an_enterprise_cluster_is_reached_over_a_private_link_that_is_there_before_anybody_calls_the_cluster():
    recording = enterprise()
    attachment, connection = recording.one(ATTACHMENT), recording.one(CONNECTION)
    assert (attachment.inputs["cloud"], attachment.inputs["region"]) == ("AWS", "eu-west-1")
    for each in (named(recording, KEY, f"{STACK}-manager"), *recording.of_type(TOPIC)):
        assert {attachment.urn, connection.urn} <= recording.requirements(each)
    assert attachment.urn not in recording.requirements(recording.one(CLUSTER))


def test_there_is_no_private_link_where_none_is_asked_for():
    assert shipped(STACK).recording.of_type(ATTACHMENT) == ()


KEPT = {"tier": "standard", "availability": "high", "cloud": "AWS", "region": "eu-west-1"}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("tier", "dedicated", "streaming.tier: a cluster stays in its tier, which is standard; only basic can become"),
        ("tier", "basic", "streaming.tier: a cluster stays in its tier, which is standard; only basic can become"),
        ("tier", "enterprise", "make a stack of another name with the new tier"),
        ("availability", "low", "streaming.availability: a cluster keeps the availability that it was made with. Set"),
        ("cloud", "GCP", "streaming: a cluster stays in its cloud, which is AWS. Undo the change, or make a stack"),
        ("region", "eu-central-1", "streaming: a cluster stays in its region, which is eu-west-1. Undo the change"),
    ],
)
def test_what_would_replace_the_cluster_is_refused_in_the_preview_before_the_provider_is_asked(key, value, told):
    recording = shipped(STACK).recording
    component = recording.one(COMPONENT)
    assert component.inputs == KEPT, "the component remembers what its cluster was made with"
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, component, KEPT, {**KEPT, key: value})
    assert told in str(refusal.value)
    assert "then destroy it" in str(refusal.value)


def test_a_limit_that_the_provider_would_leave_as_it_is_cannot_be_removed_but_changed():
    recording = planned({"data-pipes:streaming": {"maxEcku": 4}}, stack=STACK).recording
    component = recording.one(COMPONENT)
    limited = {**KEPT, "maxEcku": 4}
    assert component.inputs == limited
    before_update(recording, component, limited, {**KEPT, "maxEcku": 6})
    before_update(recording, component, KEPT, limited)
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, component, limited, KEPT)
    assert str(refusal.value) == (
        "streaming.maxEcku: cannot be removed: the cluster would keep its limit of 4 units. Set it to the limit that you want, and keep "
        "the line."
    )


@pytest.mark.parametrize(("present", "wanted", "refused"), [(4, 2, True), (4, 3, False), (2, 4, False)])
def test_a_dedicated_cluster_shrinks_by_one_unit_at_a_time(present, wanted, refused):
    recording = shipped(STACK).recording
    before, after = ({"dedicated": {"cku": each}} for each in (present, wanted))
    if not refused:
        before_update(recording, recording.one(CLUSTER), before, after)
        return
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, recording.one(CLUSTER), before, after)
    assert str(refusal.value) == (
        "streaming.cku: cannot go from 4 to 2. A dedicated cluster shrinks by one unit at a time. Set cku to 3, deploy, and go on from there."
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
def test_stream_governance_goes_up_and_never_down(old, new, refused):
    recording = shipped(STACK).recording
    environment = recording.one(ENVIRONMENT)
    before, after = ({"streamGovernance": each} if each else {} for each in (old, new))
    if not refused:
        before_update(recording, environment, before, after)
        return
    with pytest.raises(ChangeRefusedError, match=r"streaming.governance: stream governance goes up and never down"):
        before_update(recording, environment, before, after)
