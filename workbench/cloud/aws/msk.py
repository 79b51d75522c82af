"""Simulated AWS: MSK and the autoscaling of its storage. Times and rules are explained in kinds.py."""

import json
import re
from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws import existing
from workbench.cloud.aws.outputs import arn, region_of
from workbench.cloud.model import COMMON, Inputs, ResourceModel, at, digits, joined, mapping, number, text, uuid_of

_CONNECTIVITY = "brokerNodeGroupInfo.connectivityInfo"


def _cluster_id(name: str, inputs: Inputs) -> str:
    """Return an MSK cluster's id: its ARN."""
    return arn("kafka", f"cluster/{text(inputs, 'clusterName', name)}/{uuid_of(name)}-2", inputs)


def _express(inputs: Inputs) -> bool:
    return text(inputs, "brokerNodeGroupInfo.instanceType", "").startswith("express.")


def _bootstrap(id_: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return a bootstrap string for each enabled authentication method and access path. The others are empty.

    Ports are those in "Port information" of the MSK developer guide.
    """
    _, cluster, _ = id_.split(":", 5)[-1].split("/")
    host = f"{cluster}.{digits(id_, 6)}.c2.kafka.{region_of(inputs)}.amazonaws.com"
    brokers = range(1, min(number(inputs, "numberOfBrokerNodes", 3), 3) + 1)

    def hosts(port: int, *switched_on: object, suffix: str = "") -> str:
        return ",".join(f"b-{n}{suffix}.{host}:{port}" for n in brokers) if any(switched_on) else ""

    methods = at(inputs, "clientAuthentication")
    in_transit = text(inputs, "encryptionInfo.encryptionInTransit.clientBroker", "TLS")
    anonymous = methods is None or at(methods, "unauthenticated")
    certificates = at(methods, "tls.certificateAuthorityArns")
    scram, iam = at(methods, "sasl.scram"), at(methods, "sasl.iam")
    public = at(inputs, f"{_CONNECTIVITY}.publicAccess.type") == "SERVICE_PROVIDED_EIPS"
    private = at(inputs, f"{_CONNECTIVITY}.vpcConnectivity.clientAuthentication")
    return {
        "bootstrapBrokers": hosts(9092, anonymous and in_transit != "TLS"),
        "bootstrapBrokersTls": hosts(9094, certificates, anonymous and in_transit != "PLAINTEXT"),
        "bootstrapBrokersSaslScram": hosts(9096, scram),
        "bootstrapBrokersSaslIam": hosts(9098, iam),
        "bootstrapBrokersPublicTls": hosts(9194, public and certificates, suffix="-public"),
        "bootstrapBrokersPublicSaslScram": hosts(9196, public and scram, suffix="-public"),
        "bootstrapBrokersPublicSaslIam": hosts(9198, public and iam, suffix="-public"),
        "bootstrapBrokersVpcConnectivityTls": hosts(14001, at(private, "tls"), suffix=".tls"),
        "bootstrapBrokersVpcConnectivitySaslScram": hosts(14001, at(private, "sasl.scram"), suffix=".scram"),
        "bootstrapBrokersVpcConnectivitySaslIam": hosts(14001, at(private, "sasl.iam"), suffix=".iam"),
    }


def _cluster(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {
        "arn": id_,
        "clusterUuid": id_.rsplit("/", 1)[-1],
        "currentVersion": "K" + digits(id_, 13).upper(),
        **_bootstrap(id_, inputs),
        "zookeeperConnectString": "",
        "zookeeperConnectStringTls": "",
        "storageMode": "" if _express(inputs) else "LOCAL",
    }


def _other_bootstrap(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    """Return the bootstrap strings that an update changes, for example because a method was enabled."""
    settings = {"region": region_of(state), **inputs}
    return {
        key: value for key, value in _bootstrap(text(state, "arn", ""), settings).items() if value != state.get(key)
    }


def _version(inputs: Inputs) -> tuple[int, ...]:
    """Return the numbers of a version: `3.9.x.kraft` -> (3, 9)."""
    return tuple(int(part) for part in re.findall(r"\d+", text(inputs, "kafkaVersion", ""))[:2])


def _cluster_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Return the refusals of CreateCluster and of updates. The first two messages are quotes of MSK."""
    if old is None and at(new, f"{_CONNECTIVITY}.publicAccess.type") == "SERVICE_PROVIDED_EIPS":
        return (
            "BadRequestException: When creating a cluster, the only valid value for the Type parameter in PublicAccess "
            "is DISABLED."
        )
    private = at(new, f"{_CONNECTIVITY}.vpcConnectivity.clientAuthentication")
    if old is None and any(at(private, method) is True for method in ("sasl.iam", "sasl.scram", "tls")):
        return (
            "BadRequestException: When creating a cluster, all vpcConnectivity auth schemes must be disabled "
            "('enabled' : false). You can enable auth schemes after the cluster is created."
        )
    if _express(new) and at(new, "brokerNodeGroupInfo.storageInfo") is not None:
        return "BadRequestException: storageInfo is not supported for Express brokers, which manage their own storage"
    return None if old is None else _update_refusal(old, new)


def _update_refusal(old: Inputs, new: Inputs) -> str | None:
    """Return the refusals of updates. If a program leaves tls out, the provider leaves it out of the request and never disables it.

    The first message is a quote of MSK (terraform-provider-aws #24914). The wording of the others is not known. Versions cannot be
    lowered: the provider would replace the cluster, but cannot compare versions such as 3.9.x.kraft. All brokers have partitions here,
    because the simulation does not move partitions.
    """
    before, after = (dict(mapping(inputs, "clientAuthentication")) for inputs in (old, new))
    if before.pop("tls", None) and not after.pop("tls", None) and before == after:
        return (
            "BadRequestException: The request does not include any updates to the security setting of the cluster. Verify the "
            "request, then try again."
        )
    if _version(new) and _version(new) < _version(old):
        return f"BadRequestException: Kafka cannot be taken from {old['kafkaVersion']} to {new['kafkaVersion']}"
    if at(old, "storageMode") == "TIERED" and at(new, "storageMode") == "LOCAL":
        return "BadRequestException: the storage mode of a cluster cannot go from TIERED to LOCAL"
    present, wanted = (number(inputs, "numberOfBrokerNodes", 0) for inputs in (old, new))
    if 0 < wanted < present:
        return (
            f"BadRequestException: the brokers to remove hold partitions: there are {present}, {wanted} were asked for"
        )
    return None


def _remote_storage(topic: Inputs) -> bool:
    configs = text(topic, "configs", "")
    return configs.startswith("{") and json.loads(configs).get("remote.storage.enable") == "true"


def _topic_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Return Kafka's refusal of UpdateTopic, as a quote (Apache Kafka, LogConfig)."""
    before, after = (_remote_storage(inputs or {}) for inputs in (old, new))
    if after or not before:
        return None
    return (
        "BadRequestException: It is invalid to disable remote storage without deleting remote data. If you want to keep the remote data and "
        "turn to read only, please set `remote.storage.enable=true,remote.log.copy.disable=true`. If you want to disable remote storage and "
        "delete all remote data, please set `remote.storage.enable=false,remote.log.delete.on.disable=true`."
    )


def _topic(_id: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    cluster = text(inputs, "clusterArn", arn("kafka", f"cluster/unknown/{uuid_of(name)}-2", inputs))
    return {
        "arn": f"{cluster.replace(':cluster/', ':topic/', 1)}/{text(inputs, 'name', name)}",
        "configsActual": text(inputs, "configs", "{}"),
    }


def _next_revision(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    """Return the revision of an MSK configuration. A change creates a new revision."""
    same = all(at(state, key) == at(inputs, key) for key in ("serverProperties", "description"))
    return {} if same else {"latestRevision": number(state, "latestRevision", 1) + 1}


def _scram_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    secret = text(new, "secretArn", "")
    if ":secret:" in secret and ":secret:AmazonMSK_" not in secret:
        return f"BadRequestException: the name of a secret for SASL/SCRAM must begin with AmazonMSK_: {secret}"
    return None


MSK: Mapping[str, ResourceModel] = {
    "aws:msk/configuration:Configuration": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=lambda name, inputs: arn(
            "kafka", f"configuration/{text(inputs, 'name', name)}/{uuid_of(name)}-2", inputs
        ),
        outputs=lambda id_, _name, _inputs: {"arn": id_, "latestRevision": 1},
        updated=_next_revision,
        replace_on=frozenset({"kafkaVersions", "name"}),
        unique=("name",),
        name_property="name",
    ),
    "aws:msk/cluster:Cluster": ResourceModel(
        holds_data=True,
        create_minutes=28,
        delete_minutes=6,
        update_minutes=36,
        source="created in 23m15s (Terraform log), 15 to 40 min (READMEs of AWS samples), 28 taken; deleted in 3 to 10 min "
        "(no log found); updated in 10 to 15 min a broker (AWS documentation), three brokers taken",
        identifier=_cluster_id,
        outputs=_cluster,
        updated=_other_bootstrap,
        replace_on=frozenset(
            {
                "brokerNodeGroupInfo.azDistribution",
                "brokerNodeGroupInfo.clientSubnets",
                "brokerNodeGroupInfo.securityGroups",
                "clusterName",
                "encryptionInfo.encryptionAtRestKmsKeyArn",
                "encryptionInfo.encryptionInTransit.inCluster",
            }
        ),
        refusal=_cluster_refusal,
        unique=("clusterName",),
        name_property="clusterName",
        grow_only=frozenset({"brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"}),
        existing=existing.msk_cluster,
    ),
    "aws:msk/topic:Topic": ResourceModel(
        holds_data=True,
        create_minutes=1,
        delete_minutes=1,
        update_minutes=1,
        source="AWS documentation of MSK's topic operations: seconds to about 2 min, reads lag by about 1 min",
        identifier=joined(",", "clusterArn", "name"),
        outputs=_topic,
        updated=lambda _state, inputs: {"configsActual": text(inputs, "configs", "{}")},
        replace_on=frozenset({"clusterArn", "name", "replicationFactor"}),
        refusal=_topic_refusal,
        unique=("clusterArn", "name"),
        name_property="name",
        grow_only=frozenset({"partitionCount"}),
        existing=existing.msk_topic,
    ),
    "aws:msk/singleScramSecretAssociation:SingleScramSecretAssociation": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.2,
        source=COMMON,
        identifier=joined(",", "clusterArn", "secretArn"),
        replace_on=frozenset({"clusterArn", "secretArn"}),
        refusal=_scram_refusal,
        unique=("clusterArn", "secretArn"),
    ),
    "aws:msk/clusterPolicy:ClusterPolicy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "clusterArn"),
        outputs=lambda id_, _name, _inputs: {"currentVersion": "K" + digits(f"policy {id_}", 13).upper()},
        replace_on=frozenset({"clusterArn"}),
        unique=("clusterArn",),
    ),
}

AUTOSCALING: Mapping[str, ResourceModel] = {
    "aws:appautoscaling/target:Target": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "resourceId"),
        outputs=lambda id_, _name, inputs: {
            "arn": arn("application-autoscaling", f"scalable-target/{digits(f'target {id_}', 26)}", inputs)
        },
        replace_on=frozenset({"resourceId", "scalableDimension", "serviceNamespace"}),
        unique=("serviceNamespace", "resourceId", "scalableDimension"),
    ),
    "aws:appautoscaling/policy:Policy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "name"),
        outputs=lambda id_, name, inputs: {
            "arn": arn("autoscaling", f"scalingPolicy:{uuid_of(name)}:policyName/{id_}", inputs),
            "alarmArns": [],
        },
        replace_on=frozenset({"name", "resourceId", "scalableDimension", "serviceNamespace"}),
        unique=("serviceNamespace", "resourceId", "scalableDimension", "name"),
        name_property="name",
    ),
}
