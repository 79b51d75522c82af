"""A serverless MSK cluster that was there before the stack."""

from collections.abc import Sequence
from typing import Any

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, Resource, ResourceOptions
from pulumi_aws.msk.outputs import ServerlessClusterVpcConfig

from components.arguments import StreamingArgs
from components.aws.msk.adopted import KEY, find_brokers, iam_only
from components.aws.msk.reach import Brokers, reach_brokers
from components.aws.msk_serverless.existing_settings import ExistingMskServerlessSettings
from components.aws.msk_serverless.topics import ServerlessCluster, ServerlessTopics
from components.aws.network.network import Network
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform
from components.lookup import lookup, unanswered


class ExistingMskServerless(ServerlessTopics):
    """Serverless MSK cluster of another owner. The program reads it and makes topics on it."""

    cluster: aws.msk.ServerlessCluster
    keep_settings = True

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
        brokers = Brokers(
            subnet_ids=place.apply(lambda found: found["subnets"]),
            security_groups=place.apply(lambda found: known_groups(found["groups"])),
        )
        self.reached = ServerlessCluster(
            arn=self.cluster.arn,
            name=self.cluster.cluster_name,
            bootstrap_servers=found.bootstrap_brokers_sasl_iam.apply(iam_only),
            cidr=reach_brokers(name, network, brokers, opens=existing.open_security_group, parent=self),
        )
        self.topics = TopicNamespace(name, args.platform, child)
        self.outputs = {"bootstrapServers": self.reached.bootstrap_servers}
        self.register_outputs(dict(self.outputs))


def endpoints(configs: Sequence[ServerlessClusterVpcConfig], parent: Resource) -> Output[list[dict[str, Any]]]:
    """Return the VPC, the subnets and the security groups of each of the cluster's endpoints, in up to five VPCs (MSK Serverless, Create a cluster)."""
    options = InvokeOptions(parent=parent)
    return Output.all(
        *(
            {
                "vpc": lookup(
                    aws.ec2.get_subnet_output(id=each.subnet_ids[0], opts=options),
                    KEY,
                    rule="the ARN of a cluster whose subnets the deployer may read (ec2:DescribeSubnets)",
                    fix="Allow it, or deploy as another identity.",
                ).vpc_id,
                "groups": each.security_group_ids,
                "subnets": each.subnet_ids,
            }
            for each in configs
        )
    )


def known_groups(groups: Sequence[str] | None) -> Sequence[str]:
    """Return the security groups of the cluster's endpoints. Raise RunError if the cluster reports none."""
    if not groups:
        raise unanswered(
            KEY,
            rule="the ARN of a cluster with a security group",
            got=None,
            reason="MSK reports none",
            fix="Allow the consumers in the group of its endpoints, and set streaming.existing.openSecurityGroup to false.",
        )
    return groups
