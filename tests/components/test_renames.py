"""Tests of old names and forms of settings: accepted with a warning that gives the new one."""

import json

import pytest

from components.settings import SettingsError, load
from tests.stacks import changed

CURRENT = ("brokers", "diskSize", "memory")


def loaded(stack, streaming):
    stack_file = changed(stack=stack)
    config = dict(stack_file.program_config())
    present = json.loads(config["data-pipes:streaming"])
    others = {key: value for key, value in present.items() if key not in CURRENT}
    config["data-pipes:streaming"] = json.dumps({**others, **streaming})
    return load(config, source="x", stack=stack, secret_keys=stack_file.secret_keys)


@pytest.mark.parametrize(
    ("stack", "old", "new", "warning"),
    [
        ("aws-msk-eks", {"volumeSize": 200}, {"diskSize": 200}, "volumeSize: is now called diskSize. Rename the key."),
        (
            "aws-kafka-eks",
            {"volumeSize": 200},
            {"diskSize": 200},
            "volumeSize: is now called diskSize. Rename the key.",
        ),
        ("azure-hdinsight-aks", {"workers": 5}, {"brokers": 5}, "workers: is now called brokers. Rename the key."),
        ("gcp-managed-kafka-gke", {"memory": 6}, {"memory": "6Gi"}, "memory: 6 is now written 6Gi. Change the value."),
    ],
)
def test_an_old_name_is_accepted_with_a_warning(stack, old, new, warning):
    before, after = loaded(stack, old), loaded(stack, new)
    assert before.streaming == after.streaming
    assert (before.renames, after.renames) == ([f"streaming.{warning}"], [])


def test_an_old_and_a_new_name_together_are_refused():
    with pytest.raises(SettingsError, match=r"streaming\.volumeSize: must not be set together with diskSize"):
        loaded("aws-msk-eks", {"volumeSize": 200, "diskSize": 300})


def test_publishers_is_an_old_name_of_producers():
    member = ["serviceAccount:shop@example.iam.gserviceaccount.com"]
    stack_file = changed({"data-pipes:pipes": {"orders": {"topic": {"publishers": member}}}}, "gcp-pubsub-gke")
    read = load(stack_file.program_config(), source="x", stack="x", secret_keys=stack_file.secret_keys)
    assert read.renames == ["pipes.orders.topic.publishers: is now called producers. Rename the key."]
