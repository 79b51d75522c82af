"""Lookup of the IP range of an existing subnet."""

from collections.abc import Mapping

import pulumi_azure_native as azure
from pulumi import Input, InvokeOptions, Output, Resource

from components.azure.account import Account
from components.lookup import lookup, unanswered


def subnet_range(subnet_id: Input[str], key: str, account: Account, *, parent: Resource) -> Output[str]:
    """Look up the IPv4 range of a subnet. The lookup fails if it is missing, or in another subscription than the stack.

    `key` is the setting that the subnet depends on.
    """

    def in_stack(known: Mapping[str, str]) -> list[str]:
        _, _, subscription, _, group, *_, vnet, _, name = known["id"].split("/")
        if subscription.lower() != known["own"].lower():
            raise unanswered(
                key,
                rule=f"in {known['own']}, the subscription of the stack",
                got=known["id"],
                reason="the IP range of the subnet cannot be looked up in another subscription",
                fix="Use one in that subscription.",
            )
        return [group, vnet, name]

    names = Output.all(id=subnet_id, own=account.subscription_id).apply(in_stack)
    found = lookup(
        azure.network.get_subnet_output(
            resource_group_name=names[0],
            virtual_network_name=names[1],
            subnet_name=names[2],
            opts=InvokeOptions(parent=parent),
        ),
        key,
        rule="in a subnet that the deployer may read (Microsoft.Network/virtualNetworks/subnets/read)",
        fix="Correct the ID of the subnet (az network vnet subnet list prints the IDs), or give the deployer the role Reader on its virtual network.",
    )
    return found.apply(lambda result: result.address_prefix or (result.address_prefixes or [""])[0])
