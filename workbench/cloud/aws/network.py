"""Simulated AWS: the network. Times and rules are explained in kinds.py."""

from collections.abc import Mapping

from workbench.cloud.aws import existing
from workbench.cloud.aws import outputs as shape
from workbench.cloud.model import COMMON, Inputs, ResourceModel, digits, joined, opaque, text


def _paths(*paths: str) -> frozenset[str]:
    return frozenset(paths)


_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def _changed_source_type(old: Inputs, new: Inputs) -> frozenset[str]:
    """Return the source inputs if the type of the source changes, for example from addresses to a group.

    Such a rule is replaced. Other addresses or another group are an update (vpc_security_group_ingress_rule.go, ModifyPlan).
    """
    before, after = ({key for key in _SOURCES if key in inputs} for inputs in (old, new))
    return frozenset(before | after) if before != after else frozenset()


_RULE = ResourceModel(
    create_minutes=0.1,
    delete_minutes=0.1,
    source=COMMON,
    identifier=opaque("sgr"),
    outputs=shape.security_group_rule,
    replace_on=_paths("securityGroupId"),
    replaces_too=_changed_source_type,
)

NETWORK: Mapping[str, ResourceModel] = {
    "aws:ec2/vpc:Vpc": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.1,
        existing=existing.vpc,
        source=COMMON + "; DNS attributes are set one after the other",
        identifier=opaque("vpc"),
        outputs=shape.ec2(
            "vpc",
            defaultSecurityGroupId=shape.part("sg"),
            defaultNetworkAclId=shape.part("acl"),
            defaultRouteTableId=shape.part("rtb"),
            mainRouteTableId=shape.part("rtb"),
            dhcpOptionsId=shape.part("dopt"),
        ),
        replace_on=_paths("cidrBlock", "ipv4IpamPoolId"),
    ),
    "aws:ec2/subnet:Subnet": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.1,
        source=COMMON,
        identifier=opaque("subnet"),
        outputs=shape.ec2("subnet"),
        existing=existing.subnet,
        replace_on=_paths("availabilityZone", "availabilityZoneId", "cidrBlock", "vpcId"),
        unique=("vpcId", "cidrBlock"),
    ),
    "aws:ec2/internetGateway:InternetGateway": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.2,
        source=COMMON,
        identifier=opaque("igw"),
        outputs=shape.ec2("internet-gateway"),
        unique=("vpcId",),
    ),
    "aws:ec2/eip:Eip": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=opaque("eipalloc"),
        outputs=lambda id_, _name, inputs: {
            "arn": shape.arn("ec2", f"elastic-ip/{id_}", inputs),
            "allocationId": id_,
            "publicIp": shape.address(id_),
        },
        replace_on=_paths("domain"),
    ),
    "aws:ec2/natGateway:NatGateway": ResourceModel(
        create_minutes=1.5,
        delete_minutes=0.8,
        source="Terraform log: created in 1m24s; deleted in 0.3 to 1 min",
        identifier=opaque("nat"),
        outputs=lambda id_, _name, _inputs: {
            "publicIp": shape.address(id_),
            "networkInterfaceId": shape.part("eni")(id_),
        },
        replace_on=_paths("allocationId", "connectivityType", "subnetId"),
        unique=("allocationId",),
    ),
    "aws:ec2/routeTable:RouteTable": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=opaque("rtb"),
        outputs=shape.ec2("route-table"),
        replace_on=_paths("vpcId"),
    ),
    "aws:ec2/route:Route": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=lambda name, _inputs: f"r-{shape.part('rtb')(name)}",
        outputs=lambda _id, _name, _inputs: {"origin": "CreateRoute", "state": "active"},
        replace_on=_paths("routeTableId", "destinationCidrBlock"),
        unique=("routeTableId", "destinationCidrBlock"),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=opaque("rtbassoc"),
        replace_on=_paths("subnetId"),
        unique=("subnetId",),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.0,
        source="the provider adopts the VPC's own group and leaves it in place",
        identifier=lambda name, inputs: shape.part("sg")(text(inputs, "vpcId", name)),
        outputs=lambda id_, _name, inputs: {**shape.ec2("security-group")(id_, "", inputs), "name": "default"},
        replace_on=_paths("vpcId"),
        unique=("vpcId",),
    ),
    "aws:ec2/securityGroup:SecurityGroup": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=opaque("sg"),
        outputs=shape.ec2("security-group"),
        replace_on=_paths("description", "name", "namePrefix", "vpcId"),
        unique=("vpcId", "name"),
        name_property="name",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE,
    "aws:ec2/flowLog:FlowLog": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=opaque("fl"),
        outputs=shape.named("ec2", "vpc-flow-log/"),
        replace_on=_paths("iamRoleArn", "logDestination", "logDestinationType", "logFormat", "trafficType", "vpcId"),
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ResourceModel(
        create_minutes=1.0,
        delete_minutes=1.0,
        source="common use, no log found: an interface endpoint takes about a minute",
        identifier=opaque("vpce"),
        outputs=shape.vpc_endpoint,
        replace_on=_paths("serviceName", "vpcEndpointType", "vpcId"),
    ),
    "aws:route53/zone:Zone": ResourceModel(
        create_minutes=0.7,
        delete_minutes=0.5,
        source="common use, no log found: a zone and its records are known everywhere within a minute",
        identifier=lambda name, _inputs: f"Z0{digits(name, 17).upper()}",
        outputs=lambda id_, _name, _inputs: {
            "arn": f"arn:aws:route53:::hostedzone/{id_}",
            "zoneId": id_,
            "nameServers": [f"ns-{n}.awsdns-00.com" for n in range(4)],
            "primaryNameServer": "ns-0.awsdns-00.com",
        },
        replace_on=_paths("delegationSetId", "name"),
        unique=("name", "vpcs"),
    ),
    "aws:route53/record:Record": ResourceModel(
        create_minutes=0.5,
        delete_minutes=0.5,
        source="common use, no log found: a zone and its records are known everywhere within a minute",
        identifier=joined("_", "zoneId", "name", "type"),
        outputs=lambda _id, _name, inputs: {"fqdn": text(inputs, "name", "name")},
        replace_on=_paths("name", "setIdentifier", "type", "zoneId"),
        unique=("zoneId", "name", "type"),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=opaque("lt"),
        outputs=shape.named("ec2", "launch-template/", latestVersion=1, defaultVersion=1),
        updated=lambda state, _inputs: {"latestVersion": int(state.get("latestVersion", 1)) + 1},
        replace_on=_paths("name", "namePrefix"),
        unique=("name",),
        name_property="name",
    ),
}
