"""What the network security groups of a network let in; where they say nothing, Azure's own rules hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_azure_native.network import SecurityRuleArgs

FIRST, STEP, LAST = 100, 10, 4096
"""The priorities that rules can have; the lowest counts first (Azure Virtual Network, Network security groups)."""


@dataclass(frozen=True, kw_only=True)
class _Opening:
    name: str
    why: str
    source: str
    ports: Sequence[str]
    protocol: str = "Tcp"


def endpoint_rules(ports: Sequence[int], callers: Sequence[tuple[str, str]]) -> list[SecurityRuleArgs]:
    """Private endpoints answer the given subnets, each a role and its range, on the ports of their services, and all on HTTPS."""
    return _closed(
        [
            *(
                _Opening(
                    name=f"from-{role}",
                    why=f"Private endpoints answer the subnet of {role}",
                    source=cidr,
                    ports=[str(port) for port in ports],
                )
                for role, cidr in callers
            ),
            _Opening(
                name="https",
                why="Whoever deploys from a connected network pushes images; Entra says who may",
                source="VirtualNetwork",
                ports=["443"],
            ),
        ]
    )


def hdinsight_rules(*, own: str, nodes: str) -> list[SecurityRuleArgs]:
    """Brokers and the gateway answer the nodes, and the machines of the cluster each other.

    Whoever reaches port 9092 reads and writes every topic, so nobody else does. The service needs no way in: clusters call it.
    """
    return _closed(
        [
            _Opening(
                name="from-nodes",
                why="Consumers call the brokers, jobs the gateway, which knows the brokers",
                source=nodes,
                ports=["443", "9092"],
            ),
            _Opening(
                name="rest-proxy", why="Consumers call the REST proxy, which Entra guards", source=nodes, ports=["9400"]
            ),
            _Opening(
                name="from-hdinsight", why="The cluster's own machines", source=own, ports=["0-65535"], protocol="*"
            ),
            _Opening(
                name="load-balancer",
                why="Probes of the gateway's load balancer, which the closing rule would stop too",
                source="AzureLoadBalancer",
                ports=["0-65535"],
                protocol="*",
            ),
        ]
    )


def _closed(openings: Sequence[_Opening]) -> list[SecurityRuleArgs]:
    """The openings, and a last rule that takes back what Azure's own rules let in from the whole network."""
    rules = [
        SecurityRuleArgs(
            name=each.name,
            description=each.why,
            priority=FIRST + STEP * place,
            direction="Inbound",
            access="Allow",
            protocol=each.protocol,
            source_address_prefix=each.source,
            source_port_range="*",
            destination_address_prefix="*",
            destination_port_ranges=list(each.ports),
        )
        for place, each in enumerate(openings)
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
