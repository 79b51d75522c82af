"""Tests of any Kubernetes cluster that was there before the stack."""

from dataclasses import replace
from typing import Any

import pytest

from components.settings import SettingsError
from tests.combinations import ALLOWED
from tests.stacks import REMOVED, planned, rule, settings, shipped
from workbench.plan import plan
from workbench.stack_file import read_settings

STACK = "kubernetes-any-kafka"


def errors(changes: dict[str, Any]) -> list[str]:
    try:
        settings(changes, STACK)
    except SettingsError as error:
        return [rule(line).split(".yaml: ", 1)[1] for line in str(error).splitlines()]
    return []


def test_every_object_is_made_with_the_context_of_the_kubeconfig():
    recording = shipped(STACK).recording
    [provider] = [each for each in recording.resources if each.type == "pulumi:providers:kubernetes"]
    assert provider.inputs["context"] == "production"
    assert {each.provider for each in recording.resources if each.type.startswith("kubernetes:")} == {provider.urn}


def test_only_namespaces_of_the_stack_and_objects_in_them_are_made():
    recording = shipped(STACK).recording
    own = {each.input("metadata.name") for each in recording.of_type("kubernetes:core/v1:Namespace")}
    assert own == {"orders", "data-pipes-topics", "data-pipes-monitoring"}
    for each in recording.resources:
        if each.type.startswith("kubernetes:") and not each.type.endswith(":Namespace"):
            assert each.input("metadata.namespace") in own, each.urn


def test_the_rules_of_the_operator_have_the_alarms():
    rules = shipped(STACK).recording.of_type("kubernetes:monitoring.coreos.com/v1:PrometheusRule")
    assert [each.name for each in rules] == [f"{STACK}-orders-alarms"]


def test_without_monitoring_nothing_watches_the_pipes():
    off = {"data-pipes:monitoring": {"enabled": False, "collector": REMOVED, "runbook": REMOVED}}
    kinds = {each.type.rsplit(":", 1)[-1] for each in planned(off, stack=STACK).recording.resources}
    assert not kinds & {"PrometheusRule", "PodMonitor", "Monitoring"}


def test_new_brokers_use_the_storage_class_of_the_user():
    [combination] = [each for each in ALLOWED if str(each) == "kubernetes-kafka-kubernetes"]
    pools = plan(combination.stack_file()).recording.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
    assert {volume["class"] for pool in pools for volume in pool.input("spec.storage.volumes")} == {"fast"}


NO_CLASS = (
    "platform.existing.storageClass: is required (the brokers of the streaming service store their records on volumes, and the "
    "program makes no storage class in an existing cluster). Set it to a storage class of the cluster: kubectl get storageclass prints them."
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"data-pipes:platform": {"existing": REMOVED}}, "platform.existing: is required."),
        (
            {"data-pipes:platform": {"existing": {"kubeconfigContext": REMOVED}}},
            "platform.existing.kubeconfigContext: is required.",
        ),
        (
            {"data-pipes:platform": {"nodes": {"min": 3}}},
            "platform.nodes: unknown key. ",
        ),
        ({"data-pipes:network": {"cidr": "10.0.0.0/16"}}, "network.cidr: unknown key. "),
        (
            {"data-pipes:streaming": {"service": "msk"}},
            'streaming.service: must be a streaming service on kubernetes, got "msk" ',
        ),
        (
            {"data-pipes:monitoring": {"collector": "managed"}},
            "monitoring.collector: must be operator or none on any Kubernetes cluster, got managed ",
        ),
        (
            {"data-pipes:monitoring": {"emails": ["a@example.com"]}},
            "monitoring.emails: has no effect on this platform ",
        ),
        (
            {"data-pipes:pipes": {"orders": {"consumer": {"image": ":1.0.0"}}}},
            "pipes.orders.consumer.image: must be a full reference ",
        ),
        (
            {"data-pipes:pipes": {"orders": {"consumer": {"healthCommand": ["true"]}}}},
            "pipes.orders.consumer.healthCommand: has no effect ",
        ),
    ],
)
def test_a_wrong_setting_is_refused_by_key(changes: dict[str, Any], expected: str):
    [line] = errors(changes)
    assert line.startswith(expected), line


def test_new_brokers_without_a_storage_class_are_refused():
    [combination] = [each for each in ALLOWED if str(each) == "kubernetes-kafka-kubernetes"]
    file = combination.stack_file()
    platform = {"service": "kubernetes", "existing": {"kubeconfigContext": "production"}}
    with pytest.raises(SettingsError) as refusal:
        read_settings(replace(file, config={**file.config, "data-pipes:platform": platform}))
    assert str(refusal.value).endswith(NO_CLASS)
