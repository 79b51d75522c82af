"""Container registry of a stack: one Artifact Registry repository and its pull permissions."""

from collections.abc import Sequence

import pulumi_gcp as gcp
from pulumi import Input, Output, Resource, ResourceOptions
from typing_extensions import override

from components.arguments import RegistryArgs
from components.contracts import Registry
from components.gcp.network.vpc_network import VpcNetwork

UNTAGGED_DAYS = 14
"""Days that untagged images are kept. Tagged images are kept forever, because a stack may run any of them."""


def cleanup_policies(images: Sequence[str]) -> list[gcp.artifactregistry.RepositoryCleanupPolicyArgs]:
    """Return the cleanup policies: delete untagged images, except those that the stack references by digest.

    A keep policy overrides delete policies (Artifact Registry, Configure cleanup policies).
    """
    digests = sorted({image.rsplit("@", 1)[1] for image in images if "@" in image})
    kept = [
        gcp.artifactregistry.RepositoryCleanupPolicyArgs(
            id="keep-tagged",
            action="KEEP",
            condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(tag_state="TAGGED"),
        )
    ]
    if digests:
        kept.append(
            gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                id="keep-named",
                action="KEEP",
                condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(version_name_prefixes=digests),
            )
        )
    untagged = gcp.artifactregistry.RepositoryCleanupPolicyArgs(
        id="delete-untagged",
        action="DELETE",
        condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
            tag_state="UNTAGGED", older_than=f"{UNTAGGED_DAYS * 24 * 60 * 60}s"
        ),
    )
    return [*kept, untagged]


class ArtifactRegistry(Registry):
    """Private regional repository for the stack's images, with immutable tags and a vulnerability scan on push."""

    url: Output[str]

    def __init__(self, name: str, args: RegistryArgs[VpcNetwork], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:Registry", name, None, opts)
        network = args.network
        self.network = network
        key = None
        if network.registry_customer_managed_key:
            key = network.keys.key(
                f"{name}-images-key",
                users=[network.agent("artifactregistry")],
                parent=self,
                protect=args.protect,
            )
        self.repository = gcp.artifactregistry.Repository(
            f"{name}-images",
            repository_id=name,
            location=network.account.region,
            format="DOCKER",
            description=f"Container images of {name}",
            docker_config=gcp.artifactregistry.RepositoryDockerConfigArgs(immutable_tags=True),
            vulnerability_scanning_config=gcp.artifactregistry.RepositoryVulnerabilityScanningConfigArgs(
                enablement_config="INHERITED"
            ),
            cleanup_policies=cleanup_policies(args.images),
            cleanup_policy_dry_run=False,
            kms_key_name=key.id if key else None,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[
                    network.apis["artifactregistry"],
                    network.apis["containerscanning"],
                    *(key.ready if key else []),
                ],
            ),
        )
        self.url = Output.concat(
            network.account.region,
            "-docker.pkg.dev/",
            network.account.project,
            "/",
            self.repository.repository_id,
            f"/{name}",
        )
        self.outputs = {"registry": self.url}
        self.register_outputs(dict(self.outputs))

    @override
    def image(self, reference: str) -> Output[str]:
        """Return the full image reference. A reference that begins with a tag or digest (`:1.0.0`) is in this repository."""
        return Output.concat(self.url, reference) if reference[0] in ":@" else Output.from_input(reference)

    def pulls(self, name: str, member: Input[str], parent: Resource) -> Resource:
        """Grant a member permission to pull images from only this repository."""
        return gcp.artifactregistry.RepositoryIamMember(
            f"{name}-pulls",
            repository=self.repository.name,
            location=self.network.account.region,
            role="roles/artifactregistry.reader",
            member=member,
            opts=ResourceOptions(parent=parent),
        )
