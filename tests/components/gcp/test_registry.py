"""Tests of the Artifact Registry repository: cleanup policies, permissions and image references."""

import pulumi_gcp as gcp
import pytest

from components.gcp.registry import cleanup_policies
from tests.stacks import planned, shipped

STACK = "gcp-pubsub-gke"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
READER = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
KEY = "gcp:kms/cryptoKey:CryptoKey"
USER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
IMAGE = "spec.template.spec.containers[0].image"
DIGEST = "sha256:" + "0" * 64
ENCRYPTED = {"data-pipes:network": {"registryCustomerManagedKey": True}}


def images(recording):
    kinds = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet")
    return {each.input(IMAGE) for kind in kinds for each in recording.of_type(kind)}


def address():
    config = shipped(STACK).stack_file.config
    return f"{config['gcp:region']}-docker.pkg.dev/{config['gcp:project']}/{STACK}/{STACK}"


def test_tags_are_immutable_and_images_are_scanned_on_push():
    repository = shipped(STACK).recording.one(REPOSITORY)
    assert repository.inputs["format"] == "DOCKER"
    assert repository.input("dockerConfig.immutableTags") is True
    assert repository.input("vulnerabilityScanningConfig.enablementConfig") == "INHERITED"
    apis = {each.inputs["service"] for each in shipped(STACK).recording.of_type("gcp:projects/service:Service")}
    assert "containerscanning.googleapis.com" in apis, (
        "scanning is inherited from the project, so its API must be enabled"
    )


def kept(references):
    """Return the conditions of the keep policies by policy ID."""
    made = {each.id: each for each in cleanup_policies(references)}
    return {name: each.condition for name, each in made.items() if each.action == "KEEP"}


def test_cleanup_deletes_only_untagged_images():
    repository = shipped(STACK).recording.one(REPOSITORY)
    found = {each["id"]: each for each in repository.inputs["cleanupPolicies"]}
    assert found["keep-tagged"] == {"id": "keep-tagged", "action": "KEEP", "condition": {"tagState": "TAGGED"}}
    assert [each["id"] for each in found.values() if each["action"] == "DELETE"] == ["delete-untagged"]
    assert found["delete-untagged"]["condition"] == {"tagState": "UNTAGGED", "olderThan": "1209600s"}
    assert repository.inputs["cleanupPolicyDryRun"] is False


def test_cleanup_keeps_untagged_images_that_the_stack_references_by_digest():
    condition = kept([f"@{DIGEST}", f":1.0.0@{DIGEST}", ":2.0.0"])["keep-named"]
    assert isinstance(condition, gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs)
    assert condition.version_name_prefixes == [DIGEST]
    assert list(kept([":1.0.0"])) == ["keep-tagged"]


def test_only_nodes_can_pull_and_only_from_this_repository():
    recording = shipped(STACK).recording
    repository = recording.one(REPOSITORY)
    readers = recording.of_type(READER)
    assert readers
    for each in readers:
        assert each.inputs["role"] == "roles/artifactregistry.reader"
        assert each.inputs["repository"] == repository.inputs["repositoryId"]
        assert each.inputs["location"] == repository.inputs["location"]
    nodes = {
        f"serviceAccount:{each.input('nodeConfig.serviceAccount')}"
        for each in recording.of_type("gcp:container/nodePool:NodePool")
    }
    assert {each.inputs["member"] for each in readers} == nodes


def test_registry_customer_managed_key_encrypts_images():
    assert "kmsKeyName" not in shipped(STACK).recording.one(REPOSITORY).inputs
    recording = planned(ENCRYPTED, stack=STACK).recording
    repository = recording.one(REPOSITORY)
    [key] = [each for each in recording.of_type(KEY) if each.urn in repository.property_dependencies["kmsKeyName"]]
    [user] = [each for each in recording.of_type(USER) if each.inputs["cryptoKeyId"] == repository.inputs["kmsKeyName"]]
    assert user.inputs["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    assert "@gcp-sa-artifactregistry.iam." in user.inputs["member"]
    assert user.urn in recording.requirements(repository)
    assert key.protect is True


def test_repository_is_protected_as_configured():
    assert shipped(STACK).recording.one(REPOSITORY).protect is True
    lifted = planned({"data-pipes:protect": False, **ENCRYPTED}, stack=STACK).recording
    assert lifted.one(REPOSITORY).protect is False
    assert not [each.urn for each in lifted.of_type(KEY) if each.protect]


@pytest.mark.parametrize(
    ("reference", "full"),
    [
        (":2.1.0", "{own}:2.1.0"),
        (f"@{DIGEST}", f"{{own}}@{DIGEST}"),
        ("ghcr.io/acme/orders:7", "ghcr.io/acme/orders:7"),
    ],
)
def test_a_bare_tag_or_digest_refers_to_the_stack_s_repository(reference, full):
    pipes = {"orders": {"consumer": {"image": reference}}}
    recording = planned({"data-pipes:pipes": pipes}, stack=STACK).recording
    assert full.format(own=address()) in images(recording)


def test_registry_url_is_a_stack_output():
    assert shipped(STACK).recording.outputs["registry"] == address()
