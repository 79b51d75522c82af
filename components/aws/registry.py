"""Container registry of a stack on AWS: one ECR repository and the permissions to pull images."""

import json
import re
from collections.abc import Iterable, Sequence

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import RegistryArgs
from components.aws.encryption import account_key_policy, key
from components.aws.network.network import Network
from components.aws.policy import document
from components.contracts import Registry
from components.external_registry import ExternalRegistry

UNTAGGED_DAYS = 14
"""Days that untagged images are kept. Tagged images do not expire, because a stack may run any of them."""

PULL_ACTIONS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""Permissions for pulling an image, in addition to a registry token (Amazon ECR, Private repository policies)."""

REPOSITORY = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)[:@].+")


class EcrRegistry(Registry):
    """Private ECR repository for the stack's images: immutable tags, scan on push, own KMS key."""

    url: Output[str]

    def __init__(self, name: str, args: RegistryArgs[Network], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:Registry", name, None, opts)
        self.args = args
        encryption = key(
            f"{name}-images-key",
            purpose=f"Encrypts the container images of {name}",
            policy=account_key_policy(args.network.account),
            parent=self,
            protect=args.protect,
        )
        self.repository = aws.ecr.Repository(
            f"{name}-images",
            name=name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=encryption.arn)
            ],
            force_delete=not args.protect,
            tags={"Name": name},
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-images",
            repository=self.repository.name,
            policy=lifecycle(),
            opts=ResourceOptions(parent=self),
        )
        self.url = self.repository.repository_url
        self.outputs = {"registry": self.url}
        self.register_outputs(dict(self.outputs))

    @override
    def image(self, reference: str) -> Output[str]:
        """Return the full image reference. A reference that begins with a tag or digest (`:1.0.0`) is in this repository."""
        return Output.concat(self.url, reference) if reference[0] in ":@" else Output.from_input(reference)

    def pull_policy(self, *, add_ons: bool = False) -> Output[str]:
        """Return the policy of the roles that pull the stack's images. EKS nodes also pull the images of EKS add-ons."""
        account = self.args.network.account

        def render(known: list[str]) -> str:
            own, partition, account_id = known
            repositories = [own, *repository_arns(self.args.images, partition)]
            return pull_policy(repositories, add_ons_outside=account_id if add_ons else None)

        return Output.all(self.repository.arn, account.partition, account.id).apply(render)


class ExternalEcr(ExternalRegistry):
    """Registries of the user. Images in ECR are pulled with the permissions of the platform, others need none."""

    args: RegistryArgs[Network]

    def pull_policy(self) -> Output[str]:
        """Return the policy of the roles that pull the stack's images."""
        images = self.args.images
        return self.args.network.account.partition.apply(
            lambda partition: pull_policy(repository_arns(images, partition))
        )


def lifecycle() -> str:
    """Return the lifecycle policy, which removes untagged images (Amazon ECR, Lifecycle policies)."""
    selection = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": UNTAGGED_DAYS,
    }
    rule = {
        "rulePriority": 1,
        "description": f"Images without a tag go after {UNTAGGED_DAYS} days",
        "selection": selection,
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]})


def repository_arns(images: Iterable[str], partition: str) -> list[str]:
    """Return the ARNs of the ECR repositories in image references. Images in other registries need no AWS permissions."""
    found = [match for image in images if (match := REPOSITORY.fullmatch(image))]
    return sorted(
        {f"arn:{partition}:ecr:{each['region']}:{each['account']}:repository/{each['name']}" for each in found}
    )


def pull_policy(repositories: Sequence[str], add_ons_outside: str | None = None) -> str:
    """Return the policy for pulling images from the given repositories only.

    EKS add-on images are in AWS accounts that differ by region (EKS, Amazon container image registries). So if `add_ons_outside` is
    set to the stack's account id, the policy also allows the registries of other accounts, whose own policies decide.
    """
    token = {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"}
    # IAM rejects a statement without a resource.
    own = [{"Effect": "Allow", "Action": list(PULL_ACTIONS), "Resource": list(repositories)}] if repositories else []
    if add_ons_outside is None:
        return document(token, *own)
    add_ons = {
        "Effect": "Allow",
        "Action": list(PULL_ACTIONS),
        "Resource": "arn:*:ecr:*:*:repository/*",
        "Condition": {"StringNotEquals": {"aws:ResourceAccount": add_ons_outside}},
    }
    return document(token, *own, add_ons)
