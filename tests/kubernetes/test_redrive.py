"""The job that replays dead letters, on a real API server: as `kubectl create job --from=cronjob/...` makes it."""

import copy

import pytest

from tests.kubernetes.manifests import deploy, object_of, of_kind, of_plan, pod
from tests.kubernetes.test_objects import named
from tests.stacks import planned
from workbench.servers.kubernetes_api import KubernetesApi
from workbench.servers.kubernetes_server import KubernetesServer

REPLAY = ["replay", "--reason", "KeyError", "--yes"]


@pytest.mark.parametrize("stack", ["aws-msk-eks", "azure-kafka-aks", "gcp-confluent-gke"])
def test_a_job_from_it_is_admitted_with_other_arguments_and_its_own_account(
    server: KubernetesServer, api: KubernetesApi, stack: str
):
    server.clean()
    made = tuple(
        of_plan(planned({"data-pipes:pipes": {"orders": {"topic": {"deadLetter": {"redrive": True}}}}}, stack=stack))
    )
    versions = [each["metadata"]["resourceVersion"] for each in deploy(api, made)]
    assert [each["metadata"]["resourceVersion"] for each in deploy(api, made)] == versions
    [waiting] = of_kind(made, "CronJob")
    template = copy.deepcopy(waiting["spec"]["jobTemplate"])
    template["spec"]["template"]["spec"]["containers"][0]["args"] = REPLAY
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {**template["metadata"], "name": "orders-replay", "namespace": "orders"},
        "spec": template["spec"],
    }
    started = api.create(job)
    assert started["spec"]["template"]["spec"]["containers"][0]["args"] == REPLAY
    admitted = pod(started)
    assert api.create(admitted)["spec"]["serviceAccountName"].endswith("consumer-redrive")
    for kind, name in named(admitted["spec"]):
        api.read(object_of("v1", kind, name, "orders"))
    consumers = of_kind(made, "Deployment")[0]["spec"]["selector"]["matchLabels"]
    assert not consumers.items() <= admitted["metadata"]["labels"].items(), (
        "the service does not count it as a consumer"
    )
