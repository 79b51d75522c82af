"""The simulated Kubernetes API: times, rules and outputs of the object kinds that the stacks use.

What replaces an object is pulumi-kubernetes' own list (provider/pkg/provider/diff.go): names and namespaces always, the
data of a ConfigMap or Secret unless the provider says that they are mutable, a Deployment's selector, a Job's template.
Custom resources (``apiextensions.CustomResource``) have the type ``kubernetes:<apiVersion>:<kind>``.
"""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.model import MOMENT, Inputs, Kind, at, number, text, uuid_of

QUICK = "common use: the API server answers at once"


def _identifier(name: str, inputs: Inputs) -> str:
    """pulumi-kubernetes' ids: namespace/name, or the name alone of what lives in no namespace."""
    own = text(inputs, "metadata.name", name)
    namespace = text(inputs, "metadata.namespace", "")
    return f"{namespace}/{own}" if namespace else own


def _object(id_: str, name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """The metadata that every object gets from the API server."""
    metadata = {
        "name": id_.rsplit("/", 1)[-1],
        "uid": uuid_of(f"{id_} {name}"),
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": MOMENT,
    }
    return {"metadata": metadata}


def _namespace(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {**_object(id_, name, inputs), "status": {"phase": "Active"}}


def _job(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """The provider waits until a Job is complete."""
    completions = number(inputs, "spec.completions", 1)
    conditions = [{"type": "Complete", "status": "True"}]
    return {**_object(id_, name, inputs), "status": {"succeeded": completions, "conditions": conditions}}


def _ready(replicas: object) -> Mapping[str, Any]:
    """The status of a Deployment whose pods have all started."""
    pods = replicas if isinstance(replicas, int | float) else 1
    return {"status": {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods, "updatedReplicas": pods}}


def _deployment(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {**_object(id_, name, inputs), **_ready(at(inputs, "spec.replicas"))}


def _rolled_out(_state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    return _ready(at(inputs, "spec.replicas"))


def _kind(
    *,
    create_minutes: float = 0.05,
    delete_minutes: float = 0.1,
    update_minutes: float = 0.05,
    source: str = QUICK,
    replace_on: frozenset[str] = frozenset(),
    mutable_if: str | None = None,
    **more: Any,
) -> Kind:
    return Kind(
        create_minutes=create_minutes,
        delete_minutes=delete_minutes,
        update_minutes=update_minutes,
        source=source,
        identifier=_identifier,
        outputs=more.pop("outputs", _object),
        replace_on=replace_on | {"metadata.name", "metadata.namespace"},
        unless_configured=dict.fromkeys(replace_on, mutable_if) if mutable_if else {},
        unique=("metadata.namespace", "metadata.name"),
        name_property="metadata.name",
        **more,
    )


KINDS: Mapping[str, Kind] = {
    "kubernetes:core/v1:Namespace": _kind(
        delete_minutes=0.3, source="common use: a namespace goes once everything in it is gone", outputs=_namespace
    ),
    "kubernetes:core/v1:ServiceAccount": _kind(),
    "kubernetes:core/v1:ConfigMap": _kind(
        replace_on=frozenset({"binaryData", "data", "immutable"}), mutable_if="enableConfigMapMutable"
    ),
    "kubernetes:core/v1:Secret": _kind(
        replace_on=frozenset({"data", "stringData", "type"}), mutable_if="enableSecretMutable"
    ),
    "kubernetes:apps/v1:Deployment": _kind(
        create_minutes=0.7,
        delete_minutes=0.5,
        update_minutes=0.7,
        source="common use: pull the image, start, become ready; stop within the grace period",
        outputs=_deployment,
        updated=_rolled_out,
        replace_on=frozenset({"spec.selector"}),
    ),
    "kubernetes:apps/v1:StatefulSet": _kind(
        create_minutes=1.5,
        delete_minutes=0.5,
        update_minutes=1.5,
        source="common use: as a Deployment, one pod after the other, each with its volume",
        outputs=_deployment,
        updated=_rolled_out,
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
    "kubernetes:batch/v1:Job": _kind(
        create_minutes=1,
        source="common use: pull the image, start, end; the provider waits for the end",
        outputs=_job,
        replace_on=frozenset({"spec.completions", "spec.parallelism", "spec.selector", "spec.template"}),
    ),
    "kubernetes:storage.k8s.io/v1:StorageClass": _kind(replace_on=frozenset({"parameters", "provisioner"})),
    "kubernetes:eks.amazonaws.com/v1:NodeClass": _kind(),
    "kubernetes:karpenter.sh/v1:NodePool": _kind(),
    "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy": _kind(),
    "kubernetes:policy/v1:PodDisruptionBudget": _kind(),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _kind(),
}
