"""Network between the consumers and an existing MSK cluster: rules of the stack, and what its preview says about the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Input, InvokeOptions, Output, Resource, ResourceOptions

from components.aws.msk.access import METHODS, consumers_rule
from components.aws.network.network import Network
from components.lookup import lookup

KEY = "streaming.existing.openSecurityGroup"
PORT = METHODS["iam"].port


@dataclass(frozen=True, kw_only=True)
class Brokers:
    """Network of an existing cluster."""

    subnet_ids: Output[Sequence[str]]
    security_groups: Output[Sequence[str]]
    """Security groups of the brokers. Their rules are added up (EC2, Security groups), so a rule in the first one is enough."""


def reach_brokers(
    name: str, network: Network, brokers: Brokers, *, opens: bool | None, parent: Resource
) -> Output[str]:
    """Connect the consumers with the brokers, and return the IPv4 range of the brokers' subnets.

    `opens` is the setting openSecurityGroup. By default, the security group of the brokers gets a rule if the consumers have a group of
    the stack. A group that others use may have such a rule, and AWS refuses a second one. Then the preview warns if there is none.
    """
    options = InvokeOptions(parent=parent)
    vpc_id = _subnet(brokers.subnet_ids[0], options).vpc_id
    # Not the range of the VPC, which may have several.
    ranges = brokers.subnet_ids.apply(lambda ids: Output.all(*(_subnet(each, options).cidr_block for each in ids)))
    cidr = ranges.apply(covering)
    child = ResourceOptions(parent=parent)
    # The stack's security group allows only its own VPC. Whether the brokers are in another one is known after the lookup.
    own = network.egress(f"{name}-msk-brokers", description="To the brokers", port=PORT, cidr=cidr, opts=child)
    if opens or (opens is None and own):
        consumers_rule(f"{name}-msk-iam", brokers.security_groups[0], network, method="iam", parent=parent)
    elif opens is None:
        _warn_if_closed(network, brokers.security_groups, parent)
    Output.all(own=network.vpc_id, theirs=vpc_id, consumers=network.cidr, brokers=cidr).apply(
        lambda known: _warn_if_elsewhere(known, parent)
    )
    return cidr


def _subnet(subnet_id: Input[str], options: InvokeOptions) -> Output[aws.ec2.GetSubnetResult]:
    """Look up a subnet of the brokers."""
    return lookup(
        aws.ec2.get_subnet_output(id=subnet_id, opts=options),
        "streaming.existing.clusterArn",
        rule="the ARN of a cluster whose subnets the deployer may read (ec2:DescribeSubnets)",
        fix="Allow it, or deploy as another identity.",
    )


def covering(ranges: Sequence[str]) -> str:
    """Return the smallest IPv4 range that contains all of the ranges."""
    first, *others = map(IPv4Network, ranges)
    while not all(each.subnet_of(first) for each in others):
        first = first.supernet()
    return str(first)


def _warn_if_elsewhere(vpcs: Mapping[str, str], parent: Resource) -> None:
    if vpcs["own"] != vpcs["theirs"]:
        pulumi.log.warn(
            f"streaming.existing.clusterArn: the cluster is in {vpcs['theirs']}, the consumers are in {vpcs['own']}. Connect the two VPCs, and "
            f"check that the consumers in {vpcs['consumers']} can reach TCP port {PORT} of the brokers in {vpcs['brokers']}. If the VPCs are "
            f"not peered, set {KEY} to false (docs/existing.md).",
            parent,
        )


def _warn_if_closed(network: Network, groups: Output[Sequence[str]], parent: Resource) -> None:
    """Warn in the preview if no rule of the brokers' security groups allows the consumers."""
    options = InvokeOptions(parent=parent)
    rule, fix = (
        "true or false if the rules of the brokers cannot be read",
        "Allow ec2:DescribeSecurityGroupRules, or set it.",
    )

    def found(known: Mapping[str, Any]) -> Output[list[bool]]:
        rules = lookup(
            aws.vpc.get_security_group_rules_output(
                filters=[aws.vpc.GetSecurityGroupRulesFilterArgs(name="group-id", values=known["groups"])], opts=options
            ),
            KEY,
            rule=rule,
            fix=fix,
        )
        return rules.ids.apply(
            lambda ids: Output.all(
                *(
                    lookup(
                        aws.vpc.get_security_group_rule_output(security_group_rule_id=each, opts=options),
                        KEY,
                        rule=rule,
                        fix=fix,
                    ).apply(lambda rule: admits(rule, group=known["consumers"], cidr=known["cidr"]))
                    for each in ids
                )
            )
        )

    def warn(known: Mapping[str, Any]) -> None:
        if not any(known["open"]):
            pulumi.log.warn(
                f"{KEY}: no rule of the security groups of the brokers allows the consumers' group {known['consumers']}. Set it to true, or run: "
                f"aws ec2 authorize-security-group-ingress --group-id {known['groups'][0]} --protocol tcp --port {PORT} --source-group "
                f"{known['consumers']}",
                parent,
            )

    place = {"groups": groups, "consumers": network.consumers_security_group_id, "cidr": network.cidr}
    Output.all(**place, open=Output.all(**place).apply(found)).apply(warn)


def admits(rule: aws.vpc.GetSecurityGroupRuleResult, *, group: str, cidr: str) -> bool:
    """Return whether a rule allows the clients in a security group, whose addresses are in a range, to reach the brokers."""
    on_port = rule.ip_protocol == "-1" or (rule.ip_protocol == "tcp" and rule.from_port <= PORT <= rule.to_port)
    by_range = bool(rule.cidr_ipv4) and IPv4Network(cidr).subnet_of(IPv4Network(rule.cidr_ipv4))
    return not rule.is_egress and on_port and (rule.referenced_security_group_id == group or by_range)
