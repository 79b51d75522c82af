"""Tests of the Job that creates a topic."""

import pytest

from components.changes import ChangeRefusedError
from components.kubernetes.jobs.topic import CLEANUP, DEAD_LETTERS, LONGEST_NAMES, TOPIC
from components.settings import NAME
from tests.hooks import before_update
from tests.stacks import planned, shipped
from topic.topic import main, read

STACK = "aws-msk-serverless-eks"
JOB = f"{STACK}-orders-topic-job"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
NAMESPACE = "data-pipes-topics"
TWO = {"data-pipes:pipes": {"clicks": {"parallelism": 2}}}


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def account(recording, pipe="orders"):
    [found] = [each for each in recording.of_type(ACCOUNT) if each.inputs["metadata"]["name"] == pipe]
    return found


def pod(recording):
    return recording.one(JOB).input("spec.template.spec")


def test_the_topic_job_has_a_retry_and_time_limit_and_is_not_deleted(recording):
    spec = recording.one(JOB).inputs["spec"]
    assert spec["backoffLimit"] == 5
    assert spec["activeDeadlineSeconds"] == 900
    assert "ttlSecondsAfterFinished" not in spec, "Pulumi would create a deleted Job again"
    assert pod(recording)["restartPolicy"] == "Never"
    assert recording.one(JOB).custom_timeouts["create"] in ("20m0s", "1200s")


def test_the_error_of_the_program_is_in_the_pod_s_status(recording):
    [container] = pod(recording)["containers"]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_an_invalid_environment_fails_the_topic_job_without_retries(recording):
    [rule] = recording.one(JOB).input("spec.podFailurePolicy.rules")
    [container] = pod(recording)["containers"]
    assert rule == {
        "action": "FailJob",
        "onExitCodes": {"containerName": container["name"], "operator": "In", "values": [main({})]},
    }
    assert pod(recording)["restartPolicy"] == "Never", "a failure policy requires it (Kubernetes, Jobs)"


def test_a_changed_topic_or_a_failed_job_creates_a_new_job(recording):
    metadata = recording.one(JOB).inputs["metadata"]
    assert "name" not in metadata
    assert metadata["annotations"] == {"data-pipes/partitions": "3", "pulumi.com/replaceUnready": "true"}


def test_all_jobs_share_a_namespace_that_admits_only_restricted_pods():
    recording = planned(TWO, stack=STACK).recording
    namespaces = [
        each
        for each in recording.of_type("kubernetes:core/v1:Namespace")
        if each.inputs["metadata"]["name"] == NAMESPACE
    ]
    assert len(namespaces) == 1
    assert namespaces[0].inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    jobs = recording.of_type("kubernetes:batch/v1:Job")
    assert {each.inputs["metadata"]["namespace"] for each in jobs} == {NAMESPACE}
    assert len(jobs) == 4, "each pipe has a topic and a dead-letter topic"


def test_no_pipe_can_have_the_namespace_of_the_jobs():
    assert NAME.check(NAMESPACE)
    with pytest.raises(Exception, match="must not be the name of a namespace of the cluster"):
        planned({"data-pipes:pipes": {NAMESPACE: {"parallelism": 1}}}, stack=STACK)


def test_the_job_pod_is_restricted_and_has_small_limits(recording):
    spec = pod(recording)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["nodeSelector"] == {"data-pipes/consumers": "true"}
    [container] = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
    }
    assert container["resources"] == {
        "requests": {"cpu": "10m", "memory": "128Mi"},
        "limits": {"cpu": "100m", "memory": "256Mi"},
    }


def test_each_job_waits_for_its_own_service_account_and_identity():
    recording = planned(TWO, stack=STACK).recording
    for job in recording.of_type("kubernetes:batch/v1:Job"):
        name = job.input("spec.template.spec.serviceAccountName")
        [identity] = [
            each
            for each in recording.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
            if (each.inputs["namespace"], each.inputs["serviceAccount"]) == (NAMESPACE, name)
        ]
        assert {identity.urn, account(recording, name).urn} <= set(recording.requirements(job))
        assert account(recording, name).inputs["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("compute", "needed"),
    [
        ("fargate", "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy"),
        ("auto", "kubernetes:karpenter.sh/v1:NodePool"),
    ],
)
def test_the_job_waits_for_the_resources_that_pods_need(compute, needed):
    plan = planned({"data-pipes:platform": {"compute": compute}}, stack=STACK)
    assert plan.problems == ()
    waits = {plan.recording.by_urn(urn).type for urn in plan.recording.one(JOB).dependencies}
    assert needed in waits


def test_the_job_has_no_ingress_and_only_dns_broker_credential_and_https_egress(recording):
    [policy] = [
        each.inputs
        for each in recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if each.name == f"{STACK}-orders-topic-policy"
    ]
    spec = policy["spec"]
    labels = recording.one(JOB).input("spec.template.metadata.labels")
    assert spec["podSelector"]["matchLabels"].items() <= labels.items()
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    assert [port["port"] for port in spec["egress"][0]["ports"]] == [53, 53]
    places = {(rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"]) for rule in spec["egress"][1:]}
    assert places == {("10.0.0.0/16", 9098), ("169.254.170.23/32", 80), ("0.0.0.0/0", 443)}


def test_the_program_accepts_the_environment_of_the_job(recording):
    [container] = pod(recording)["containers"]
    wanted, properties = read({variable["name"]: variable["value"] for variable in container["env"]})
    assert (wanted.name, wanted.partitions, wanted.replication_factor) == ("orders", 3, None)
    assert wanted.config == {"retention.ms": "604800000"}
    assert "retention.bytes" in wanted.settings
    assert properties["security.protocol"] == "SASL_SSL"
    assert properties["sasl.mechanism"] == "OAUTHBEARER"
    assert properties["bootstrap.servers"] == recording.outputs["bootstrapServers"]


def annotated(present, wanted, key):
    """Return the inputs of an account before and after a change of one annotation. None means no annotation."""
    values = (None if value is None else str(value) for value in (present, wanted))
    return [{"metadata": {"annotations": {"other": "x", **({key: each} if each else {})}}} for each in values]


def change(recording, present, wanted, key="data-pipes/partitions"):
    before_update(recording, account(recording), *annotated(present, wanted, key))


def test_fewer_partitions_are_refused_in_the_preview_though_a_job_is_replaced_and_not_updated(recording):
    with pytest.raises(
        ChangeRefusedError, match=r"pipes\.orders\.parallelism: cannot be changed from 10 to 9\. Kafka cannot"
    ):
        change(recording, 10, 9)


@pytest.mark.parametrize(("present", "wanted"), [(3, 3), (9, 10)])
def test_the_same_number_of_partitions_or_more_is_accepted(recording, present, wanted):
    change(recording, present, wanted)


def test_the_account_stores_the_number_of_partitions(recording):
    assert account(recording).input('metadata.annotations["data-pipes/partitions"]') == "3"


@pytest.mark.parametrize(("present", "wanted"), [("delete", "compact"), ("compact", "delete")])
def test_another_cleanup_policy_is_refused_if_the_service_cannot_change_it(recording, present, wanted):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(recording, present, wanted, CLEANUP)
    assert str(refusal.value) == (
        f"pipes.orders.topic.config: cleanup.policy cannot be changed from {present} to {wanted} (a topic keeps the policy that it "
        f"was created with). Set it back to {present}; to change it, add a pipe with a different name, move the producers to it, wait until "
        "the old pipe is empty, then remove the old pipe (docs/changing.md, Remove a pipe)."
    )


def test_a_missing_cleanup_policy_annotation_refuses_nothing(recording):
    change(recording, None, "compact", CLEANUP)


def test_the_account_stores_the_policy_only_if_the_service_cannot_change_it(recording):
    assert account(recording).input(f'metadata.annotations["{CLEANUP}"]') == "delete"
    compact = planned(
        {"data-pipes:pipes": {"orders": {"topic": {"config": {"cleanup.policy": "compact"}}}}}, stack=STACK
    ).recording
    assert account(compact).input(f'metadata.annotations["{CLEANUP}"]') == "compact"
    other = shipped("azure-hdinsight-aks").recording
    assert CLEANUP not in account(other).inputs["metadata"]["annotations"]
    before_update(other, account(other), *annotated("delete", "compact", CLEANUP))


@pytest.mark.parametrize(("added", "longest"), [("-job" + "-01234567", 63), ("-role" + "-0123456", 64)])
def test_job_and_role_names_are_valid_for_the_longest_accepted_names(added, longest):
    for job in (TOPIC, DEAD_LETTERS):
        assert LONGEST_NAMES + len("-" + job + added) <= longest
