"""Simulated Kubernetes API: times, rules and outputs of the object kinds that the stacks use.

Inputs that replace an object are those in pulumi-kubernetes' list (provider/pkg/provider/diff.go): names and namespaces, the data of a
ConfigMap or Secret (unless the provider's settings make them mutable), a Deployment's selector, a Job's template, and the fields of a
StatefulSet that the API server does not change.
Custom resources (``apiextensions.CustomResource``) have the type ``kubernetes:<apiVersion>:<kind>``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from workbench.cloud.kubernetes import existing
from workbench.cloud.kubernetes.object import metadata, row
from workbench.cloud.kubernetes.strimzi import STRIMZI, made_secret
from workbench.cloud.model import Inputs, Others, ResourceModel, at, digits, number, text


def _namespace(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {**metadata(id_, name, inputs), "status": {"phase": "Active"}}


def _job(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a completed Job. The provider waits for the completion."""
    completions = number(inputs, "spec.completions", 1)
    conditions = [{"type": "Complete", "status": "True"}]
    return {**metadata(id_, name, inputs), "status": {"succeeded": completions, "conditions": conditions}}


def _ready(replicas: object) -> Mapping[str, Any]:
    """Return the status of a Deployment whose pods are all ready."""
    pods = replicas if isinstance(replicas, int | float) else 1
    return {"status": {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods, "updatedReplicas": pods}}


def _deployment(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {**metadata(id_, name, inputs), **_ready(at(inputs, "spec.replicas"))}


def _rolled_out(_state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    return _ready(at(inputs, "spec.replicas"))


def _in_step(id_: str, replicas: object) -> Mapping[str, Any]:
    """Return the status of a StatefulSet whose pods all have one revision. The provider waits for this (await/statefulset.go)."""
    ready, revision = _ready(replicas)["status"], f"{id_.rsplit('/', 1)[-1]}-{digits(id_, 8)}"
    return {
        "status": {
            **ready,
            "currentReplicas": ready["replicas"],
            "currentRevision": revision,
            "updateRevision": revision,
        }
    }


def _stateful_set(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {**metadata(id_, name, inputs), **_in_step(id_, at(inputs, "spec.replicas"))}


def _stepped(_state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    return _in_step(text(inputs, "metadata.name", ""), at(inputs, "spec.replicas"))


def _filled_config_map(id_: str, others: Others) -> Mapping[str, Any] | None:
    """Return a ConfigMap with the data of `_filled`, or None if there is none."""
    namespace, _, name = id_.rpartition("/")
    data = _filled({"metadata": {"name": name, "namespace": namespace}}, others)
    return {**metadata(id_, "", {}), "apiVersion": "v1", "kind": "ConfigMap", **data} if data else None


def _filled(inputs: Inputs, others: Others) -> Mapping[str, Any]:
    """Return the data that the Job of components/kubernetes/jobs/brokers.py writes to the ConfigMap in its variable CONFIG_MAP."""
    name, namespace = text(inputs, "metadata.name", ""), text(inputs, "metadata.namespace", "")
    for job in others("kubernetes:batch/v1:Job"):
        variables = {text(each, "name", ""): text(each, "value", "") for each in _variables(job)}
        if variables.get("CONFIG_MAP") == name and text(job, "metadata.namespace", "") == namespace:
            hosts = [
                f"wn{each}-brokers.simulated.ax.internal.cloudapp.net" for each in range(int(variables["BROKERS"]))
            ]
            return {"data": {"bootstrapServers": ",".join(f"{host}:9092" for host in hosts)}}
    return {}


def _variables(job: Inputs) -> Iterable[Inputs]:
    """Return the environment variables of a Job's containers."""
    for container in cast("list[dict[str, Any]]", at(job, "spec.template.spec.containers") or []):
        yield from cast("list[Inputs]", container.get("env", []))


KINDS: Mapping[str, ResourceModel] = {
    **STRIMZI,
    "kubernetes:core/v1:Namespace": row(
        holds_data=True,
        delete_minutes=0.3,
        source="common use: a namespace goes once everything in it is gone",
        outputs=_namespace,
        existing=existing.namespace,
    ),
    "kubernetes:core/v1:ServiceAccount": row(),
    "kubernetes:core/v1:ConfigMap": row(
        replace_on=frozenset({"binaryData", "data", "immutable"}),
        mutable_if="enableConfigMapMutable",
        drift=_filled,
        preexisting=_filled_config_map,
    ),
    "kubernetes:core/v1:Secret": row(
        replace_on=frozenset({"data", "stringData", "type"}),
        mutable_if="enableSecretMutable",
        preexisting=made_secret,
        existing=existing.authority,
    ),
    "kubernetes:apps/v1:Deployment": row(
        create_minutes=0.7,
        delete_minutes=0.5,
        update_minutes=0.7,
        source="common use: pull the image, start, become ready; stop within the grace period",
        outputs=_deployment,
        updated=_rolled_out,
        replace_on=frozenset({"spec.selector"}),
    ),
    "kubernetes:apps/v1:StatefulSet": row(
        create_minutes=1.5,
        delete_minutes=0.5,
        update_minutes=1.5,
        source="common use: as a Deployment, but one pod after the other",
        outputs=_stateful_set,
        updated=_stepped,
        replace_on=frozenset(
            {
                "spec.podManagementPolicy",
                "spec.revisionHistoryLimit",
                "spec.selector",
                "spec.serviceName",
                "spec.volumeClaimTemplates",
            }
        ),
    ),
    "kubernetes:batch/v1:CronJob": row(),
    "kubernetes:batch/v1:Job": row(
        create_minutes=1,
        source="common use: pull the image, start, end; the provider waits for the end",
        outputs=_job,
        replace_on=frozenset({"spec.completions", "spec.parallelism", "spec.selector", "spec.template"}),
    ),
    "kubernetes:storage.k8s.io/v1:StorageClass": row(replace_on=frozenset({"parameters", "provisioner"})),
    "kubernetes:eks.amazonaws.com/v1:NodeClass": row(),
    "kubernetes:karpenter.sh/v1:NodePool": row(),
    "kubernetes:azmonitoring.coreos.com/v1:PodMonitor": row(),
    "kubernetes:monitoring.coreos.com/v1:PodMonitor": row(),
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule": row(),
    "kubernetes:monitoring.googleapis.com/v1:PodMonitoring": row(),
    "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy": row(),
    "kubernetes:policy/v1:PodDisruptionBudget": row(),
    "kubernetes:rbac.authorization.k8s.io/v1:Role": row(),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": row(replace_on=frozenset({"roleRef"})),
    "kubernetes:scheduling.k8s.io/v1:PriorityClass": row(replace_on=frozenset({"value"})),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": row(),
}
