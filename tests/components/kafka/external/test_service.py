"""Tests of any Kafka that was there before the stack: its Jobs and consumers sign in in the same way."""

import pytest

from tests.combinations import ALLOWED, Combination
from topic.topic import read
from workbench.plan import Plan, plan
from workbench.recording.records import RecordedResource

JOB, DEPLOYMENT, SECRET = "kubernetes:batch/v1:Job", "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Secret"
FORMS = {
    each.streaming_form: each for each in ALLOWED if (each.streaming, each.platform) == ("kafka-external", "kubernetes")
}
IDENTITIES = {
    "aws:iam/role:Role",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "azure-native:managedidentity:UserAssignedIdentity",
    "gcp:serviceaccount/account:Account",
}
SIGN_IN = ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_S")


def planned_form(form: str) -> Plan:
    combination: Combination = FORMS[form]
    return plan(combination.stack_file())


def environment(found: Plan, job: RecordedResource) -> dict[str, str]:
    """Return the environment variables of a Job, with those of its Secret."""
    [container] = job.input("spec.template.spec.containers")
    plain = {each["name"]: each["value"] for each in container["env"]}
    names = [each["secretRef"]["name"] for each in container.get("envFrom", [])]
    secrets = [
        each for each in found.recording.of_type(SECRET) if each.input("metadata.namespace") == "data-pipes-topics"
    ]
    assert len(names) <= 1
    own = [
        each
        for each in secrets
        if names and each.name.startswith(job.name.removesuffix("-job")) and "variables" in each.name
    ]
    return {**plain, **{key: value for each in own for key, value in each.revealed["stringData"].items()}}


def consumers(found: Plan) -> dict[str, str]:
    [settings] = [
        each
        for each in found.recording.of_type("kubernetes:core/v1:ConfigMap")
        if each.name.endswith("-orders-settings")
    ]
    secrets = [each for each in found.recording.of_type(SECRET) if each.input("metadata.namespace") == "orders"]
    given = {key: value for each in secrets for key, value in each.revealed["stringData"].items()}
    return {**settings.inputs["data"], **{key: value for key, value in given.items() if not key.startswith("file-")}}


@pytest.mark.parametrize("form", ["", "plain", "tls", "open", "existing-topic"])
def test_the_jobs_and_the_consumers_sign_in_alike(form: str):
    found = planned_form(form)
    jobs = found.recording.of_type(JOB)
    assert len(jobs) == 2
    expected = {key: value for key, value in consumers(found).items() if key.startswith(SIGN_IN)}
    for job in jobs:
        own = environment(found, job)
        assert {key: value for key, value in own.items() if key.startswith(SIGN_IN)} == expected
        read(own)  # the program accepts it


@pytest.mark.parametrize(
    ("form", "protocol", "mechanism"),
    [
        ("", "SASL_SSL", "SCRAM-SHA-512"),
        ("existing-topic", "SASL_SSL", "SCRAM-SHA-256"),
        ("plain", "SASL_SSL", "PLAIN"),
        ("tls", "SSL", None),
        ("open", "PLAINTEXT", None),
    ],
)
def test_each_method_has_its_protocol_and_mechanism(form: str, protocol: str, mechanism: str | None):
    own = consumers(planned_form(form))
    assert (own["KAFKA_SECURITY_PROTOCOL"], own.get("KAFKA_SASL_MECHANISM")) == (protocol, mechanism)


def test_jobs_only_check_the_settings_of_topics_that_are_there():
    found = planned_form("")
    for job in found.recording.of_type(JOB):
        desired, _ = read(environment(found, job))
        assert desired.keep_settings
        assert desired.settings == set(), "nothing is reset"


@pytest.mark.parametrize(
    "form",
    [each for each in ALLOWED if each.streaming == "kafka-external" and each.platform_form.startswith("existing")],
    ids=str,
)
def test_pods_in_a_cluster_of_another_owner_get_no_cloud_identity_without_permissions(form: Combination):
    found = plan(form.stack_file())
    assert found.problems == ()
    assert not {each.type for each in found.recording.resources} & IDENTITIES


def test_certificates_are_files_of_the_jobs_and_of_the_consumers():
    found = planned_form("tls")
    paths = {f"/etc/data-pipes/kafka/{name}" for name in ("ca.crt", "user.crt", "user.key")}
    for each in (*found.recording.of_type(JOB), *found.recording.of_type(DEPLOYMENT)):
        [container] = each.input("spec.template.spec.containers")
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == paths
        [volume] = each.input("spec.template.spec.volumes")
        assert len(volume["secret"]["items"]) == 3


def test_no_credential_is_in_plain_text():
    for form in FORMS:
        if form != "open":
            text = str([each.inputs for each in planned_form(form).recording.resources])
            assert "stand-in for secrets." not in text


def test_the_job_of_an_existing_topic_only_checks_it_and_has_the_kubernetes_name_of_the_pipe():
    found = planned_form("existing-topic")
    [job] = [each for each in found.recording.of_type(JOB) if each.name.endswith("-orders-topic-job")]
    desired, _ = read(environment(found, job))
    assert (desired.name, desired.partitions, desired.existing) == ("Orders_v1", 3, True)
    assert job.input("spec.template.spec.serviceAccountName") == "orders", "Orders_v1 is no valid name"
    assert consumers(found)["STREAM_TOPIC"] == "Orders_v1"
    assert consumers(found)["STREAM_GROUP"] == "orders"
    [dead] = [each for each in found.recording.of_type(JOB) if each.name.endswith("-orders-dead-job")]
    desired, _ = read(environment(found, dead))
    assert (desired.name, desired.partitions, desired.existing) == ("orders.dead-letters", 1, False)


def test_a_pipe_keeps_its_dead_letters_when_its_topic_becomes_an_existing_one():
    def dead(form: str) -> set[str]:
        urns = {each.urn for each in planned_form(form).recording.resources}
        return {urn.split("::", 1)[1].split("::", 1)[1] for urn in urns if "orders-dead" in urn and "Secret" not in urn}

    assert dead("existing-topic") == dead("")


def test_new_topics_have_three_copies_of_which_two_acknowledge():
    found = planned_form("")
    for job in found.recording.of_type(JOB):
        desired, _ = read(environment(found, job))
        assert (desired.replication_factor, desired.config["min.insync.replicas"]) == (3, "2")
