"""Tests of changes on a real API server: in-place changes are accepted, and changes that need a replacement are refused."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.kubernetes.jobs.topic import LONGEST_NAMES
from tests.kubernetes.manifests import MANAGER, deploy, grown, manifests, of_kind, of_plan
from tests.stacks import merged
from workbench.plan import plan
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError, Manifest
from workbench.servers.kubernetes_server import KubernetesServer

GROWTH = {
    "aws-kafka-eks": {"Deployment": "replicas", "KafkaTopic": "partitions"},
    "azure-eventhubs-aks": {"Deployment": "replicas"},
    "gcp-pubsub-partitioned-gke": {"StatefulSet": "replicas"},
}
"""One stack per form of workload: the kinds and fields with a pipe's parallelism."""


@pytest.fixture(autouse=True)
def _empty(server: KubernetesServer) -> None:
    server.clean()


@pytest.mark.parametrize("stack", GROWTH)
def test_growth_from_three_to_six_is_a_change_in_place(api: KubernetesApi, stack: str):
    before = deploy(api, manifests(stack))
    after = deploy(api, of_plan(plan(grown(stack, 6))))
    assert [uid(each) for each in after] == [uid(each) for each in before]
    for kind, key in GROWTH[stack].items():
        was, now = (of_kind(answers, kind)[0 if kind != "KafkaTopic" else -1] for answers in (before, after))
        assert (was["spec"][key], now["spec"][key]) == (3, 6)


REFUSED: Mapping[str, tuple[str, str, Mapping[str, Any], str]] = {
    "the pods that a Deployment selects": (
        *("aws-msk-eks", "Deployment"),
        {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}}}},
        "field is immutable",
    ),
    "the pods that a StatefulSet selects": (
        *("gcp-pubsub-partitioned-gke", "StatefulSet"),
        {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}}}},
        "updates to statefulset spec for fields other than",
    ),
    "what a Job runs": (
        *("azure-hdinsight-aks", "Job"),
        {"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}},
        "field is immutable",
    ),
    "the rights that a RoleBinding gives": (
        *("azure-hdinsight-aks", "RoleBinding"),
        {"roleRef": {"name": "other"}},
        "cannot change roleRef",
    ),
    "the disks of a StorageClass": (
        *("aws-kafka-eks", "StorageClass"),
        {"parameters": {"type": "io2"}},
        "field is immutable",
    ),
    "the value of a PriorityClass": (
        *("aws-kafka-eks", "PriorityClass"),
        {"value": 7},
        "may not be changed in an update",
    ),
}


@pytest.mark.parametrize(("stack", "kind", "change", "message"), REFUSED.values(), ids=REFUSED)
def test_the_server_refuses_to_change(
    api: KubernetesApi, stack: str, kind: str, change: Mapping[str, Any], message: str
):
    objects = manifests(stack)
    deploy(api, objects)
    with pytest.raises(KubernetesRefusalError, match=message):
        api.apply(merged(of_kind(objects, kind)[0], change), manager=MANAGER)


def test_the_longest_accepted_names_are_the_longest_valid_for_a_job(api: KubernetesApi):
    """The provider adds a hyphen and eight digits to a generated name."""
    objects = manifests("azure-hdinsight-aks")
    deploy(api, of_kind(objects, "Namespace"))
    [job] = [each for each in of_kind(objects, "Job") if "-orders-topic-" in each["metadata"]["name"]]
    added = job["metadata"]["name"].removeprefix("azure-hdinsight-aks-orders")[:-7] + 8 * "0"
    for length in (LONGEST_NAMES, LONGEST_NAMES + 1):
        # plus a hyphen between the two
        named: Manifest = merged(job, {"metadata": {"name": (length + 1) * "x" + added}})
        if length == LONGEST_NAMES:
            api.apply(named, manager=MANAGER)
        else:
            with pytest.raises(KubernetesRefusalError, match="must be no more than 63"):
                api.apply(named, manager=MANAGER)


def uid(answer: Manifest) -> str:
    return answer["metadata"]["uid"]
