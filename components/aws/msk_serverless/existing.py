"""A serverless MSK cluster that was there before the stack."""

from collections.abc import Sequence
from typing import Any

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, Resource, ResourceOptions
from pulumi_aws.msk.outputs import ServerlessClusterVpcConfig

from components.arguments import StreamingArgs
from components.aws.msk.access import consumers_rule
from components.aws.msk.adopted import KEY, find_brokers, iam_only, reach_brokers
from components.aws.msk_serverless.existing_settings import ExistingMskServerlessSettings
from components.aws.msk_serverless.topics import ServerlessCluster, ServerlessTopics
from components.aws.network.network import Network
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform
from components.lookup import unanswered


class ExistingMskServerless(ServerlessTopics):
    """Serverless MSK cluster of another owner. The program reads it and makes topics on it."""

    cluster: aws.msk.ServerlessCluster

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ExistingMskServerlessSettings, Network, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:aws:ExistingMskServerless", name, None, opts)
        self.name = name
        self.args = args
        network, existing = args.network, args.settings.existing
        found = find_brokers(existing.cluster_arn, network, self)
        child = ResourceOptions(parent=self)
        self.cluster = aws.msk.ServerlessCluster.get(f"{name}-msk", found.cluster_arn, opts=child)
        places = self.cluster.vpc_configs.apply(lambda configs: endpoints(configs, self))
        place = Output.all(places=places, own=network.vpc_id).apply(
            lambda known: next((each for each in known["places"] if each["vpc"] == known["own"]), known["places"][0])
        )
        if existing.open_security_group:
            group = place.apply(lambda found: first_group(found["groups"]))
            # The rules of all groups of an endpoint are added up (EC2, Security groups), so one rule is enough.
            consumers_rule(f"{name}-msk-iam", group, network, method="iam", parent=self)
        self.reached = ServerlessCluster(
            arn=self.cluster.arn,
            name=self.cluster.cluster_name,
            bootstrap_servers=found.bootstrap_brokers_sasl_iam.apply(iam_only),
            cidr=reach_brokers(name, network, place.apply(lambda found: found["vpc"]), self),
        )
        self.topics = TopicNamespace(name, args.platform, child)
        self.outputs = {"bootstrapServers": self.reached.bootstrap_servers}
        self.register_outputs(dict(self.outputs))


def endpoints(configs: Sequence[ServerlessClusterVpcConfig], parent: Resource) -> Output[list[dict[str, Any]]]:
    """Return the VPC and the security groups of each of the cluster's endpoints, in up to five VPCs (MSK Serverless, Create a cluster)."""
    options = InvokeOptions(parent=parent)
    return Output.all(
        *(
            {
                "vpc": aws.ec2.get_subnet_output(id=each.subnet_ids[0], opts=options).vpc_id,
                "groups": each.security_group_ids,
            }
            for each in configs
        )
    )


def first_group(groups: Sequence[str] | None) -> str:
    """Return the first security group of the cluster's endpoints. Raise RunError if the cluster reports none."""
    if not groups:
        raise unanswered(
            KEY,
            rule="the ARN of a cluster with a security group",
            got=None,
            reason="MSK reports none",
            fix="Allow the consumers in the group of its endpoints, and set streaming.existing.openSecurityGroup to false.",
        )
    return groups[0]
