"""Tests of versions: retired ones are refused, and newer ones are accepted with a warning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.eks import settings as eks_settings
from components.aws.msk import brokers as msk_brokers
from components.azure.aks import settings as aks_settings
from components.gcp.managed_kafka import settings as managed_kafka_settings
from components.settings import SettingsError
from components.versions import KnownVersions, release
from tests.stacks import planned, settings

MSK, SERVERLESS, AKS, GOOGLE = "aws-msk-eks", "aws-msk-serverless-eks", "azure-eventhubs-aks", "gcp-managed-kafka-gke"

EVERY = [
    (SERVERLESS, "data-pipes:platform", "1.{}", eks_settings.VERSIONS),
    (AKS, "data-pipes:platform", "1.{}", aks_settings.VERSIONS),
    (MSK, "data-pipes:streaming", "{}.x.kraft", msk_brokers.VERSIONS),
    (GOOGLE, "data-pipes:streaming", "{}.x", managed_kafka_settings.VERSIONS),
]
"""Each setting that accepts unknown versions: a stack with it, its section, its pattern, its list."""

LISTED = KnownVersions(service="Kafka", versions=("3.8", "3.10", "4.1"), default="4.1", source="a page")
EXAMPLES = KnownVersions(service="Kafka", versions=("3.8", "4.1"), default="4.1", source="a page", complete=False)


def warnings(stack, section, version):
    """Return the warnings of a plan with the version."""
    recording = planned({section: {"version": version}}, stack=stack).recording
    key = f"{section.removeprefix('data-pipes:')}.version: "
    return [each.text for each in recording.messages if each.severity == "warning" and each.text.startswith(key)]


@pytest.mark.parametrize(("stack", "section", "version"), [
    (SERVERLESS, "data-pipes:platform", "1.99"),
    (AKS, "data-pipes:platform", "1.99"),
    (MSK, "data-pipes:streaming", "9.10.x.kraft"),
    (GOOGLE, "data-pipes:streaming", "9.9.x"),
])  # fmt: skip
def test_a_version_newer_than_all_known_ones_gets_a_warning(stack, section, version):
    [message] = warnings(stack, section, version)
    assert f".version: {version} is newer than " in message
    assert "that this program knows (" in message
    assert "It is deployed unchecked. If " in message


@pytest.mark.parametrize(("stack", "section", "_form", "known"), EVERY)
def test_a_known_version_gets_no_warning(stack, section, _form, known):
    assert warnings(stack, section, known.default) == []
    assert known.default in known.versions


@pytest.mark.parametrize(("stack", "section", "form", "known"), EVERY)
def test_a_retired_version_is_refused_with_the_oldest_one_and_the_fix(stack, section, form, known):
    old = form.format("10" if form.startswith("1.") else "2.8")
    with pytest.raises(SettingsError) as error:
        settings({section: {"version": old}}, stack=stack)
    key = section.removeprefix("data-pipes:")
    assert (
        f"{key}.version: must be {known.versions[0]} or newer, got '{old}', which {known.service} no longer offers ("
        in str(error.value)
    )
    assert str(error.value).endswith(f"read {known.source[-10:].split()[-1]}). Use {known.default}.")


@pytest.mark.parametrize(("_stack", "_section", "_form", "known"), EVERY)
def test_every_list_is_in_order_and_has_its_page_and_date(_stack, _section, _form, known):
    assert sorted(known.versions, key=release) == list(known.versions)
    assert " read 2026-" in known.source


@given(st.integers(0, 20), st.integers(0, 20))
def test_versions_are_compared_by_their_numbers(major, minor):
    version, number = f"{major}.{minor}", (major, minor)
    if number < (3, 8):
        message = "must be 3.8 or newer, got .*, which Kafka no longer offers"
    elif number in ((3, 8), (3, 10), (4, 1)) or number > (4, 1):
        assert LISTED.check(version) == version
        assert bool(LISTED.warnings("streaming.version", version)) is (number > (4, 1))
        return
    else:
        message = "must be one of 3.8, 3.10, 4.1, or newer, got"
        assert EXAMPLES.check(version) == version
        [warning] = EXAMPLES.warnings("streaming.version", version)
        assert warning.startswith(
            f"streaming.version: {version} is not a version of Kafka that this program knows (a page)."
        )
    with pytest.raises(ValueError, match=message):
        LISTED.check(version)
