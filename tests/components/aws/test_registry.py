"""ECR repository of a stack: expiry of images and permissions to pull them."""

import json

import pytest

from components.aws.registry import pull_policy, repository_arns
from tests.stacks import planned, shipped

DIGEST = "sha256:" + "0" * 64
OWN = "arn:aws:ecr:eu-west-1:123456789012:repository/aws-msk-eks"
ELSEWHERE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/data-pipes-consumer:1.0.0"
IMAGE = "spec.template.spec.containers[0].image"


def images(image, **consumer):
    pipe = {"parallelism": 3, "consumer": {"image": image, **consumer}}
    return planned({"data-pipes:pipes": {"orders": pipe}}).recording


def pulls(recording):
    """Return resource and condition of every statement that allows nodes to pull images."""
    policy = next(
        each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name.endswith("-node-images")
    )
    statements = json.loads(policy.inputs["policy"])["Statement"]
    return {
        json.dumps(each["Resource"]): each.get("Condition")
        for each in statements
        if each["Action"][0] != "ecr:GetAuthorizationToken"
    }


def test_tags_are_immutable_and_images_are_scanned_and_encrypted():
    repository = shipped().recording.one("aws:ecr/repository:Repository")
    assert repository.inputs["name"] == "aws-msk-eks"
    assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
    assert repository.input("imageScanningConfiguration.scanOnPush") is True
    assert repository.input("encryptionConfigurations[0].encryptionType") == "KMS"
    assert ":key/" in repository.input("encryptionConfigurations[0].kmsKey")


def test_images_are_protected_until_protect_is_false():
    kept = shipped().recording.one("aws:ecr/repository:Repository")
    assert (kept.protect, kept.inputs["forceDelete"]) == (True, False)
    lifted = planned({"data-pipes:protect": False}).recording.one("aws:ecr/repository:Repository")
    assert (lifted.protect, lifted.inputs["forceDelete"]) == (False, True)


def test_only_images_without_a_tag_expire():
    (rule,) = json.loads(shipped().recording.one("aws:ecr/lifecyclePolicy:LifecyclePolicy").inputs["policy"])["rules"]
    assert rule["selection"]["tagStatus"] == "untagged"
    assert rule["action"] == {"type": "expire"}


@pytest.mark.parametrize("reference", [":2.1.0", f"@{DIGEST}"])
def test_a_tag_or_digest_refers_to_the_stack_s_registry(reference):
    deployment = images(reference).one("kubernetes:apps/v1:Deployment")
    assert deployment.input(IMAGE) == f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/aws-msk-eks{reference}"


def test_the_default_consumer_image_is_in_the_stack_s_registry():
    plan = planned({"data-pipes:pipes": {"clicks": {"parallelism": 2}}})
    found = [each.input(IMAGE) for each in plan.recording.of_type("kubernetes:apps/v1:Deployment")]
    assert "123456789012.dkr.ecr.eu-west-1.amazonaws.com/aws-msk-eks:1.0.0" in found
    assert plan.recording.outputs["registry"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/aws-msk-eks"


def test_a_full_image_reference_is_used_unchanged():
    assert images("ghcr.io/acme/orders:7").one("kubernetes:apps/v1:Deployment").input(IMAGE) == "ghcr.io/acme/orders:7"


def test_nodes_may_pull_from_the_stack_s_repository_and_those_of_its_images():
    others = {"StringNotEquals": {"aws:ResourceAccount": "123456789012"}}
    add_ons = json.dumps("arn:*:ecr:*:*:repository/*")
    assert pulls(images("ghcr.io/acme/orders:7")) == {json.dumps([OWN]): None, add_ons: others}
    named = "arn:aws:ecr:eu-west-1:123456789012:repository/data-pipes-consumer"
    assert pulls(images(ELSEWHERE)) == {json.dumps([OWN, named]): None, add_ons: others}


def test_roles_without_add_ons_may_pull_only_from_the_given_repositories():
    token, own = json.loads(pull_policy([OWN]))["Statement"]
    assert (token["Action"], token["Resource"]) == (["ecr:GetAuthorizationToken"], "*")
    assert own["Resource"] == [OWN]


def test_only_ecr_images_have_a_repository_arn():
    other = f"210987654321.dkr.ecr.eu-central-1.amazonaws.com/team/orders@{DIGEST}"
    assert repository_arns([ELSEWHERE, other, ":1.0.0", "busybox:1", ELSEWHERE], "aws") == [
        "arn:aws:ecr:eu-central-1:210987654321:repository/team/orders",
        "arn:aws:ecr:eu-west-1:123456789012:repository/data-pipes-consumer",
    ]
