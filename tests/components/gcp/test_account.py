"""What Google Cloud would refuse, minutes later, of a stack's name, labels and account is refused in the stack file."""

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
def test_a_name_that_google_keeps_for_itself_is_refused(name: str):
    line = message({"data-pipes:name": name})
    assert "name: must be a name that does not begin with goog" in line
    assert line.endswith("Choose another name, and never change it.")


@pytest.mark.parametrize("name", ["default-events", "not-google"])
def test_the_words_stand_where_google_cloud_takes_them(name: str):
    assert settings({"data-pipes:name": name}, stack=STACK).name == name


@pytest.mark.parametrize("label", ["Team", "1st", "team/data", "goog-team", "data-pipes", "data-pipes-team", "t" * 64])
def test_a_label_whose_name_google_cloud_does_not_take_is_refused(label: str):
    assert f"tags.{label}: must be the name of a label" in message({"data-pipes:tags": {label: "x"}})


@pytest.mark.parametrize("value", ["Orders", "two words", "a.b", "x" * 64])
def test_a_label_whose_value_google_cloud_does_not_take_is_refused(value: str):
    assert "tags.team: must be the value of a label" in message({"data-pipes:tags": {"team": value}})


def test_more_labels_than_a_machine_of_gke_takes_are_refused():
    tags = {f"label{number}": "x" for number in range(51)}
    assert "tags: must have at most 50 entries, got 51 (some resources accept no more). Remove some." in message(
        {"data-pipes:tags": tags}
    )


WRONG = [
    ("gcp:project", REMOVED, "gcp:project: is required. Meaning of project: "),
    ("gcp:region", REMOVED, "gcp:region: is required. Meaning of region: "),
    ("gcp:project", "123456789012", "gcp:project: must be the id of a project, not its name or number, such as"),
    ("gcp:project", "My project", "gcp:project: must be the id of a project, not its name or number, such as"),
    ("gcp:project", "example.com:pipes", "gcp:project: must be the id of a project, not its name or number, such as"),
    ("gcp:region", "europe-west1-b", "gcp:region: must be a Google Cloud region without a zone, such as europe-west1"),
    ("gcp:region", "eu-west-1", "gcp:region: must be a Google Cloud region without a zone, such as europe-west1"),
    ("gcp:zone", "europe-west1-b", "gcp:zone: unknown key"),
]


@pytest.mark.parametrize(("key", "value", "told"), WRONG)
def test_a_mistake_in_the_account_is_refused_with_its_reason_and_a_way_out(key: str, value: Any, told: str):
    assert message({key: value}).split(".yaml: ", 1)[1].startswith(told)


@pytest.mark.parametrize("region", ["us-central1", "northamerica-northeast2", "europe-west12", "me-central2"])
def test_every_form_of_a_region_is_taken(region: str):
    settings({"gcp:region": region}, stack=STACK)


def test_one_provider_gives_everything_its_project_its_region_and_its_labels():
    recording = planned({"data-pipes:tags": {"team": "orders"}}, stack=STACK).recording
    provider = recording.one("pulumi:providers:gcp")
    config = shipped(STACK).stack_file.config
    assert (provider.inputs["project"], provider.inputs["region"]) == (config["gcp:project"], config["gcp:region"])
    assert provider.inputs["defaultLabels"] == f'{{"data-pipes": "{STACK}", "team": "orders"}}'
    assert provider.inputs["addPulumiAttributionLabel"] == "false"
    made = [each for each in recording.resources if each.type.startswith("gcp:")]
    assert {each.provider for each in made} == {provider.urn}
