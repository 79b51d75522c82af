"""Names of networks and subnets that Google returns as an ID or as an address."""

import re

SUBNET = re.compile(r"projects/(?P<project>[^/]+)/regions/(?P<region>[^/]+)/subnetworks/(?P<name>[^/]+)$")


def subnet_parts(subnet: str, *, project: str, region: str) -> dict[str, str]:
    """Return the project, region and name of a subnet. A name without a path is in the given project and region."""
    path = SUBNET.search(subnet)
    return path.groupdict() if path else {"project": project, "region": region, "name": subnet}


def relative(address: str) -> str:
    """Return the ID of an object without the start of its address: projects/PROJECT/..."""
    return address[max(0, address.find("projects/")) :]
