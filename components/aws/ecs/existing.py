"""An ECS cluster that was there before the stack."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions

from components.arguments import PlatformArgs
from components.aws.ecs.existing_settings import ExistingEcsSettings
from components.aws.ecs.platform import EcsPlatform
from components.aws.ecs.service import EcsPlacement
from components.aws.encryption import account_key_policy, key
from components.aws.network.network import Network
from components.aws.registry import ExternalEcr
from components.lookup import lookup, unanswered

NAME = "platform.existing.name"


class ExistingEcs(EcsPlatform):
    """ECS cluster of another owner. The program makes services and identities in it, and changes nothing else."""

    def __init__(
        self,
        name: str,
        args: PlatformArgs[ExistingEcsSettings, Network, ExternalEcr],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:aws:ExistingEcs", name, None, opts)
        self.name = name
        self.tasks, self.protect = args.settings, args.protect
        settings, network = args.settings, args.network
        cluster, region = settings.existing.name, network.account.region
        child = ResourceOptions(parent=self)
        provider = "FARGATE_SPOT" if settings.spot else "FARGATE"

        found = lookup(
            aws.ecs.get_cluster_output(cluster_name=cluster, opts=InvokeOptions(parent=self)),
            NAME,
            rule=f"the name of an ECS cluster in {region} and in the account of the stack",
            got=cluster,
            fix=f"Correct it, or set aws:region: aws ecs list-clusters --region {region} prints the ARNs.",
        )
        active_name = found.status.apply(lambda status: active(cluster, status=status))
        if args.monitoring.enabled:
            found.settings.apply(
                lambda known: self._warn(
                    insights({each.name: each.value for each in known}, cluster=cluster, region=region)
                )
            )
        capacity = aws.ecs.ClusterCapacityProviders.get(f"{name}-ecs", active_name, opts=child)

        def usable(known: Sequence[Any]) -> str:
            providers, defaults = known
            with_provider(provider, providers, defaults, cluster=cluster, region=region)
            return cluster

        # The id depends on the checks, so no service is made that could not start.
        checked = Output.all(
            capacity.capacity_providers, capacity.default_capacity_provider_strategies.apply(as_arguments)
        ).apply(usable)
        adopted = aws.ecs.Cluster.get(f"{name}-ecs", checked, opts=child)
        self.key_arn = key(
            f"{name}-ecs-key",
            purpose=f"Encrypts the secrets of the pipes of {name}",
            policy=account_key_policy(network.account),
            parent=self,
            protect=args.protect,
        ).arn
        self.pull_policy = args.registry.pull_policy()
        self.placement = EcsPlacement(
            network=network,
            cluster_name=adopted.name,
            cluster_arn=adopted.arn,
            capacity_provider=provider,
            architecture=settings.architecture,
            wait_for_steady_state=settings.wait_for_steady_state,
            ready=network.outbound,
        )
        self.outputs = {"clusterName": adopted.name}
        self.register_outputs(dict(self.outputs))

    def _warn(self, warning: str | None) -> None:
        if warning:
            pulumi.log.warn(warning, self)


def active(cluster: str, *, status: str) -> str:
    """Return the name of the cluster. Raise RunError if it is not active."""
    if status != "ACTIVE":
        raise unanswered(
            NAME,
            rule="the name of an ECS cluster that is active",
            got=cluster,
            reason=f"its status is {status}",
            fix="Use another cluster, or wait until it is active.",
        )
    return cluster


def insights(settings: Mapping[str, str], *, cluster: str, region: str) -> str | None:
    """Return a warning if the cluster has no Container Insights. Their metrics count the tasks of each service."""
    if settings.get("containerInsights", "disabled") != "disabled":
        return None
    return (
        f"{NAME}: {cluster} has no Container Insights, so nothing counts the tasks, and the alarm missing-consumers of each pipe stays on. "
        f"Enable them: aws ecs update-cluster-settings --region {region} --cluster {cluster} --settings name=containerInsights,value=enabled"
    )


def as_arguments(
    strategies: Sequence[aws.ecs.outputs.ClusterCapacityProvidersDefaultCapacityProviderStrategy] | None,
) -> list[str]:
    """Return the default strategy of a cluster as arguments of the AWS CLI."""
    return [
        f"capacityProvider={each.capacity_provider},weight={each.weight or 0},base={each.base or 0}"
        for each in strategies or []
    ]


def with_provider(
    wanted: str, providers: Sequence[str] | None, defaults: Sequence[str], *, cluster: str, region: str
) -> None:
    """Raise RunError if the cluster does not have the capacity provider. The command in the error keeps the others and the defaults."""
    present = list(providers or [])
    if wanted in present:
        return
    spot = wanted == "FARGATE_SPOT"
    raise unanswered(
        "platform.spot" if spot else NAME,
        rule="false for a cluster without the capacity provider FARGATE_SPOT"
        if spot
        else "the name of a cluster with the capacity provider FARGATE",
        got=True if spot else cluster,
        reason=f"the capacity providers of {cluster} are {', '.join(present) or 'none'}",
        fix=(
            f"Add it: aws ecs put-cluster-capacity-providers --region {region} --cluster {cluster} --capacity-providers "
            f"{' '.join([*present, wanted])} --default-capacity-provider-strategy {' '.join(defaults) or '[]'}"
        ),
    )
