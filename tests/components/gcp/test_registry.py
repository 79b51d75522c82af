"""The stack's own registry on Google Cloud: what it keeps, who pulls from it, and what an image is called."""

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


def test_tags_never_move_and_images_are_scanned_when_pushed():
    repository = shipped(STACK).recording.one(REPOSITORY)
    assert repository.inputs["format"] == "DOCKER"
    assert repository.input("dockerConfig.immutableTags") is True
    assert repository.input("vulnerabilityScanningConfig.enablementConfig") == "INHERITED"
    apis = {each.inputs["service"] for each in shipped(STACK).recording.of_type("gcp:projects/service:Service")}
    assert "containerscanning.googleapis.com" in apis, "inherited from the project, where this switches it on"


def kept(references):
    """What the policies that keep images keep, by the policy's name."""
    made = {each.id: each for each in cleanup_policies(references)}
    return {name: each.condition for name, each in made.items() if each.action == "KEEP"}


def test_only_images_without_a_tag_are_ever_removed():
    repository = shipped(STACK).recording.one(REPOSITORY)
    found = {each["id"]: each for each in repository.inputs["cleanupPolicies"]}
    assert found["keep-tagged"] == {"id": "keep-tagged", "action": "KEEP", "condition": {"tagState": "TAGGED"}}
    assert [each["id"] for each in found.values() if each["action"] == "DELETE"] == ["delete-untagged"]
    assert found["delete-untagged"]["condition"] == {"tagState": "UNTAGGED", "olderThan": "1209600s"}
    assert repository.inputs["cleanupPolicyDryRun"] is False


def test_an_image_that_the_stack_runs_by_its_digest_is_kept_without_a_tag_too():
    condition = kept([f"@{DIGEST}", f":1.0.0@{DIGEST}", ":2.0.0"])["keep-named"]
    assert isinstance(condition, gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs)
    assert condition.version_name_prefixes == [DIGEST]
    assert list(kept([":1.0.0"])) == ["keep-tagged"]


def test_nodes_alone_pull_from_this_repository_alone():
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


def test_images_are_encrypted_with_a_key_of_the_stack_s_own_where_the_setting_says_so():
    assert "kmsKeyName" not in shipped(STACK).recording.one(REPOSITORY).inputs
    recording = planned(ENCRYPTED, stack=STACK).recording
    repository = recording.one(REPOSITORY)
    [key] = [each for each in recording.of_type(KEY) if each.urn in repository.property_dependencies["kmsKeyName"]]
    [user] = [each for each in recording.of_type(USER) if each.inputs["cryptoKeyId"] == repository.inputs["kmsKeyName"]]
    assert user.inputs["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    assert "@gcp-sa-artifactregistry.iam." in user.inputs["member"]
    assert user.urn in recording.requirements(repository)
    assert key.protect is True


def test_images_are_kept_from_deletion_until_protection_is_lifted():
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
def test_a_tag_or_digest_alone_is_an_image_in_the_stack_s_own_repository(reference, full):
    pipes = {"orders": {"consumer": {"image": reference}}}
    recording = planned({"data-pipes:pipes": pipes}, stack=STACK).recording
    assert full.format(own=address()) in images(recording)


def test_the_stack_exports_where_images_are_pushed():
    assert shipped(STACK).recording.outputs["registry"] == address()
