"""Tests of custom resources against their published definitions, except those without one."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.kubernetes.strimzi.service import VERSION
from tests.kubernetes.manifests import MANAGER, deploy, manifests, of_kind
from tests.stacks import merged
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError
from workbench.servers.kubernetes_kinds import PUBLISHED, definitions, strimzi_version
from workbench.servers.kubernetes_server import KubernetesServer


def test_strimzi_s_definitions_have_the_version_that_stacks_install():
    assert strimzi_version() == VERSION


@pytest.fixture(autouse=True)
def _empty(server: KubernetesServer) -> None:
    server.clean()


WRONG: Mapping[str, tuple[str, str, Mapping[str, Any], str]] = {
    "a setting of Kafka that Strimzi does not have": (
        *("aws-kafka-eks", "Kafka"),
        {"spec": {"kafka": {"brokers": 3}}},
        r"\.spec\.kafka\.brokers: field not declared in schema",
    ),
    "a listener of an unknown type": (
        *("aws-kafka-eks", "Kafka"),
        {"spec": {"kafka": {"listeners": [{"name": "tls", "port": 9093, "type": "secret", "tls": True}]}}},
        "Unsupported value",
    ),
    "a pool without roles": (
        *("aws-kafka-eks", "KafkaNodePool"),
        {"spec": {"roles": None}},
        r"spec\.roles in body must be of type array",
    ),
    "a topic without partitions": (
        *("aws-kafka-eks", "KafkaTopic"),
        {"spec": {"partitions": 0}},
        "should be greater than or equal to 1",
    ),
    "a user of an unknown kind of authentication": (
        *("aws-kafka-eks", "KafkaUser"),
        {"spec": {"authentication": {"type": "plain"}}},
        "Unsupported value",
    ),
    "a node pool whose requirement has an unknown operator": (
        *("aws-msk-eks-auto", "NodePool"),
        {"spec": {"template": {"spec": {"requirements": [{"key": "a", "operator": "Like", "values": ["b"]}]}}}},
        "Unsupported value",
    ),
    "a security group policy without groups": (
        *("aws-msk-eks-fargate", "SecurityGroupPolicy"),
        {"spec": {"securityGroups": {"groupIds": []}}},
        "should have at least 1 items",
    ),
}


@pytest.mark.parametrize(("stack", "kind", "change", "message"), WRONG.values(), ids=WRONG)
def test_invalid_custom_resources_are_refused(
    api: KubernetesApi, stack: str, kind: str, change: Mapping[str, Any], message: str
):
    objects = manifests(stack)
    deploy(api, of_kind(objects, "Namespace"))
    right = of_kind(objects, kind)[0]
    api.apply(right, manager=MANAGER)
    with pytest.raises(KubernetesRefusalError, match=message):
        api.apply(merged(right, change), manager=MANAGER)


def test_eks_s_node_class_alone_is_not_checked_as_its_definition_is_not_public(api: KubernetesApi):
    installed = api.call("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
    schemas = {
        each["metadata"]["name"]: version["schema"]["openAPIV3Schema"]
        for each in installed
        for version in each["spec"]["versions"]
    }
    unchecked = [name for name, schema in schemas.items() if schema.get("x-kubernetes-preserve-unknown-fields")]
    assert unchecked == ["nodeclasses.eks.amazonaws.com"]
    assert len(schemas) == len(definitions(PUBLISHED, print))
