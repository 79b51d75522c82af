"""Network logs: VPC flows, denied connections and NAT errors."""

from dataclasses import dataclass

import pulumi_gcp as gcp
import pulumi_random as random
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.gcp.account import Account
from components.gcp.names import SUFFIX


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """Arguments of FlowLogs."""

    days: int
    account: Account
    api: Resource
    """The Cloud Logging API."""


class FlowLogs(ComponentResource):
    """Regional log bucket for the stack's network, with the configured retention.

    The name has a random suffix because the name of a deleted bucket is reusable only after a week (Cloud Logging, Delete a bucket).
    The project's default bucket receives the logs too, with the project's retention.
    """

    def __init__(self, name: str, args: FlowLogsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:FlowLogs", name, None, opts)
        account = args.account
        suffix = random.RandomString(
            f"{name}-network-logs",
            length=SUFFIX,
            special=False,
            upper=False,
            opts=ResourceOptions(
                parent=self, provider=random.Provider(f"{name}-random", opts=ResourceOptions(parent=self))
            ),
        )
        bucket = gcp.logging.ProjectBucketConfig(
            f"{name}-network-logs",
            project=account.project,
            location=account.region,
            bucket_id=Output.concat(name, "-network-", suffix.result),
            retention_days=args.days,
            description=f"What flows in the network {name}, and what it refuses",
            opts=ResourceOptions(parent=self, depends_on=[args.api]),
        )
        gcp.logging.ProjectSink(
            f"{name}-network-logs",
            name=f"{name}-network",
            destination=Output.concat("logging.googleapis.com/", bucket.id),
            filter=network_filter(name),
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({"bucketId": bucket.id})


def network_filter(network: str) -> str:
    """Return the Cloud Logging filter for one network (VPC Flow Logs; Firewall Rules Logging; Cloud NAT, Logs)."""
    return (
        f'(log_id("compute.googleapis.com/vpc_flows") AND resource.labels.subnetwork_name="{network}")'
        f' OR (log_id("compute.googleapis.com/firewall") AND jsonPayload.vpc.vpc_name="{network}")'
        f' OR (log_id("compute.googleapis.com/nat_flows") AND resource.labels.gateway_name="{network}")'
    )
