"""What Kubernetes objects are drawn as."""

from collections.abc import Iterator, Mapping

from workbench.cloud.figure import Figure, Inputs, Right, Role, fill, right, texts, value
from workbench.values import is_list


def _rules(inputs: Inputs) -> Iterator[Right]:
    rules = value(inputs, "rules")
    for each in rules if is_list(rules) else []:
        objects = [*texts(each.get("resources")), *texts(each.get("resourceNames"))]
        yield Right(
            who=fill("holders of the role {metadata.name}", inputs),
            what=texts(each.get("verbs")),
            on=f"{' '.join(objects)} in {fill('{metadata.namespace}', inputs)}",
        )


def _acls(inputs: Inputs) -> Iterator[Right]:
    acls = value(inputs, "spec.authorization.acls")
    for each in acls if is_list(acls) else []:
        yield Right(
            who=fill("Kafka user {metadata.name}", inputs),
            what=texts(each.get("operations")),
            on=fill("{resource.type} {resource.name}", each),
        )


FIGURES: Mapping[str, Figure] = {
    "kubernetes:apps/v1:Deployment": Figure(Role.WORKLOAD, "Deployment"),
    "kubernetes:apps/v1:StatefulSet": Figure(Role.WORKLOAD, "StatefulSet"),
    "kubernetes:azmonitoring.coreos.com/v1:PodMonitor": Figure(Role.DETAIL, "pod monitor"),
    "kubernetes:batch/v1:CronJob": Figure(Role.DETAIL, "CronJob"),
    "kubernetes:batch/v1:Job": Figure(Role.DETAIL, "Job"),
    "kubernetes:core/v1:ConfigMap": Figure(Role.DETAIL, "ConfigMap"),
    "kubernetes:core/v1:Namespace": Figure(Role.DETAIL, "namespace"),
    "kubernetes:core/v1:Secret": Figure(Role.DETAIL, "Secret"),
    "kubernetes:core/v1:ServiceAccount": Figure(Role.DETAIL, "service account"),
    "kubernetes:eks.amazonaws.com/v1:NodeClass": Figure(Role.DETAIL, "node class"),
    "kubernetes:helm.sh/v3:Release": Figure(Role.DETAIL, "Helm release"),
    "kubernetes:kafka.strimzi.io/v1:Kafka": Figure(Role.BROKERS, "Kafka cluster", ("Kafka {spec.kafka.version}",)),
    "kubernetes:kafka.strimzi.io/v1:KafkaNodePool": Figure(
        Role.BROKERS, "Kafka pods", ("{spec.replicas} × {spec.roles[0]}",)
    ),
    "kubernetes:kafka.strimzi.io/v1:KafkaTopic": Figure(
        Role.TOPIC, "topic", ("{spec.replicas} copies of each partition",)
    ),
    "kubernetes:kafka.strimzi.io/v1:KafkaUser": Figure(Role.IDENTITY, "Kafka user", rights=_acls),
    "kubernetes:karpenter.sh/v1:NodePool": Figure(Role.NODES, "node pool"),
    "kubernetes:monitoring.coreos.com/v1:PodMonitor": Figure(Role.DETAIL, "pod monitor"),
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule": Figure(Role.DETAIL, "rules"),
    "kubernetes:monitoring.googleapis.com/v1:PodMonitoring": Figure(Role.DETAIL, "pod monitor"),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": Figure(Role.DETAIL, "network policy"),
    "kubernetes:policy/v1:PodDisruptionBudget": Figure(Role.DETAIL, "disruption budget"),
    "kubernetes:rbac.authorization.k8s.io/v1:Role": Figure(Role.RIGHT, "role", rights=_rules),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": Figure(
        Role.RIGHT,
        "role binding",
        rights=right("pods of {subjects[0].namespace}/{subjects[0].name}", "hold the role", "{roleRef.name}"),
    ),
    "kubernetes:scheduling.k8s.io/v1:PriorityClass": Figure(Role.DETAIL, "priority class"),
    "kubernetes:storage.k8s.io/v1:StorageClass": Figure(Role.DETAIL, "storage class"),
    "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy": Figure(Role.DETAIL, "security group for pods"),
}
