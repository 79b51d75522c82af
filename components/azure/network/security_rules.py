"""Inbound rules of the network security groups. Azure's default rules apply to all other traffic."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_azure_native.network import SecurityRuleArgs

FIRST, STEP, LAST = 100, 10, 4096
"""Rule priorities. The lowest number is evaluated first (Azure Virtual Network, Network security groups)."""


@dataclass(frozen=True, kw_only=True)
class _AllowRule:
    name: str
    description: str
    source: str
    ports: Sequence[str]
    protocol: str = "Tcp"


def endpoint_rules(ports: Sequence[int], callers: Sequence[tuple[str, str]]) -> list[SecurityRuleArgs]:
    """Return rules that allow the given subnets (role, range) on the services' ports, and the whole network on HTTPS."""
    return _with_deny_rule(
        [
            *(
                _AllowRule(
                    name=f"from-{role}",
                    description=f"Private endpoints answer the subnet of {role}",
                    source=cidr,
                    ports=[str(port) for port in ports],
                )
                for role, cidr in callers
            ),
            _AllowRule(
                name="https",
                description="Whoever deploys from a connected network pushes images; Entra says who may",
                source="VirtualNetwork",
                ports=["443"],
            ),
        ]
    )


def hdinsight_rules(*, own: str, nodes: str) -> list[SecurityRuleArgs]:
    """Return rules that allow traffic from the platform's nodes to the brokers and the gateway, and inside the cluster.

    Brokers do not authenticate clients, so access to port 9092 means access to every topic. HDInsight needs no inbound access because
    clusters connect to it.
    """
    return _with_deny_rule(
        [
            _AllowRule(
                name="from-nodes",
                description="Consumers call the brokers, jobs the gateway, which knows the brokers",
                source=nodes,
                ports=["443", "9092"],
            ),
            _AllowRule(
                name="rest-proxy",
                description="Consumers call the REST proxy, which Entra guards",
                source=nodes,
                ports=["9400"],
            ),
            _AllowRule(
                name="from-hdinsight",
                description="The cluster's own machines",
                source=own,
                ports=["0-65535"],
                protocol="*",
            ),
            _AllowRule(
                name="load-balancer",
                description="Probes of the gateway's load balancer, which the closing rule would stop too",
                source="AzureLoadBalancer",
                ports=["0-65535"],
                protocol="*",
            ),
        ]
    )


def _with_deny_rule(allowed: Sequence[_AllowRule]) -> list[SecurityRuleArgs]:
    """Return the allow rules and a last rule that denies other traffic, which Azure's default rules allow within the network."""
    rules = [
        SecurityRuleArgs(
            name=each.name,
            description=each.description,
            priority=FIRST + STEP * index,
            direction="Inbound",
            access="Allow",
            protocol=each.protocol,
            source_address_prefix=each.source,
            source_port_range="*",
            destination_address_prefix="*",
            destination_port_ranges=list(each.ports),
        )
        for index, each in enumerate(allowed)
    ]
    last = SecurityRuleArgs(
        name="nothing-else",
        description="Nothing else of the network",
        priority=LAST,
        direction="Inbound",
        access="Deny",
        protocol="*",
        source_address_prefix="VirtualNetwork",
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_range="*",
    )
    return [*rules, last]
