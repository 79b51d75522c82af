"""Tests of account settings, stack names and labels: validated before deployment."""

from typing import Any

import pytest

from components.settings import SettingsError
from tests.stacks import REMOVED, planned, settings, shipped

STACK = "gcp-pubsub-gke"


def message(changes: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as refusal:
        settings(changes, stack=STACK)
    [line] = str(refusal.value).splitlines()
    return line


@pytest.mark.parametrize("name", ["google-pipes", "goog", "default"])
def test_reserved_stack_names_are_rejected(name: str):
    line = message({"data-pipes:name": name})
    assert (
        "name: must be a name other than default (the name of a project's first network) that does not begin with goog"
        in line
    )
    assert line.endswith("Choose another name, and never change it.")


@pytest.mark.parametrize("name", ["default-events", "not-google"])
def test_stack_names_may_contain_reserved_words_elsewhere(name: str):
    assert settings({"data-pipes:name": name}, stack=STACK).name == name


@pytest.mark.parametrize("label", ["Team", "1st", "team/data", "goog-team", "data-pipes", "data-pipes-team", "t" * 64])
def test_invalid_label_names_are_rejected(label: str):
    assert f"tags.{label}: must be a label name" in message({"data-pipes:tags": {label: "x"}})


@pytest.mark.parametrize("value", ["Orders", "two words", "a.b", "x" * 64])
def test_invalid_label_values_are_rejected(value: str):
    assert "tags.team: must be a label value" in message({"data-pipes:tags": {"team": value}})


def test_too_many_labels_are_rejected():
    tags = {f"label{number}": "x" for number in range(51)}
    assert "tags: must have at most 50 entries, got 51 (some resources accept no more). Remove some." in message(
        {"data-pipes:tags": tags}
    )


WRONG = [
    ("gcp:project", REMOVED, "gcp:project: is required. Meaning of project: The ID of the Google Cloud project"),
    ("gcp:region", REMOVED, "gcp:region: is required. Meaning of region: The Google Cloud region"),
    ("gcp:project", "123456789012", "gcp:project: must be a project ID (not its name or number) such as"),
    ("gcp:project", "My project", "gcp:project: must be a project ID (not its name or number) such as"),
    ("gcp:project", "example.com:pipes", "gcp:project: must be a project ID (not its name or number) such as"),
    ("gcp:region", "europe-west1-b", "gcp:region: must be a Google Cloud region without a zone, such as europe-west1"),
    ("gcp:region", "eu-west-1", "gcp:region: must be a Google Cloud region without a zone, such as europe-west1"),
    ("gcp:zone", "europe-west1-b", "gcp:zone: unknown key"),
]


@pytest.mark.parametrize(("key", "value", "expected"), WRONG)
def test_invalid_account_settings_are_rejected(key: str, value: Any, expected: str):
    assert message({key: value}).split(".yaml: ", 1)[1].startswith(expected)


@pytest.mark.parametrize("region", ["us-central1", "northamerica-northeast2", "europe-west12", "me-central2"])
def test_all_region_name_formats_are_accepted(region: str):
    settings({"gcp:region": region}, stack=STACK)


def test_all_resources_use_one_provider_with_project_region_and_labels():
    recording = planned({"data-pipes:tags": {"team": "orders"}}, stack=STACK).recording
    provider = recording.one("pulumi:providers:gcp")
    config = shipped(STACK).stack_file.config
    assert (provider.inputs["project"], provider.inputs["region"]) == (config["gcp:project"], config["gcp:region"])
    assert provider.inputs["defaultLabels"] == f'{{"data-pipes": "{STACK}", "team": "orders"}}'
    assert provider.inputs["addPulumiAttributionLabel"] == "false"
    made = [each for each in recording.resources if each.type.startswith("gcp:")]
    assert {each.provider for each in made} == {provider.urn}
