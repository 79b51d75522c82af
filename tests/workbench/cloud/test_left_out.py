"""Tests of omitted inputs: the simulated provider gets the same calls as from the engine."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from workbench.cloud.clock import Clock
from workbench.cloud.inventory import Inventory
from workbench.cloud.provider import SimulatedProvider
from workbench.cloud.wire import Values, decode, encode

URN = "urn:pulumi:test::data-pipes::aws:msk/cluster:Cluster::orders"
BEFORE = {"clusterName": "orders", "storageMode": "TIERED", "numberOfBrokerNodes": 3, "__defaults": []}
CONTEXT = cast("grpc.ServicerContext", SimpleNamespace())


def abort(_code: grpc.StatusCode, message: str) -> None:
    raise AssertionError(message)


CONTEXT.abort = abort  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedProvider:
    inventory = Inventory(tmp_path / "inventory.sqlite")
    clock = Clock(inventory, tmp_path / "activity")
    monkeypatch.setattr(clock, "wait", lambda _end: None)
    return SimulatedProvider("aws", inventory, clock)


def check(aws: SimulatedProvider, old: Values, **inputs: Any) -> Values:
    request = provider_pb2.CheckRequest(urn=URN, olds=encode(old), news=encode(inputs), randomSeed=b"seed")
    return decode(aws.Check(request, CONTEXT).inputs)


def diff(aws: SimulatedProvider, new: Values) -> provider_pb2.DiffResponse:
    return aws.Diff(provider_pb2.DiffRequest(urn=URN, old_inputs=encode(BEFORE), news=encode(new)), CONTEXT)


def test_an_omitted_computed_input_is_no_change(aws: SimulatedProvider):
    answer = diff(aws, check(aws, BEFORE, clusterName="orders", numberOfBrokerNodes=3))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert not answer.detailedDiff


def test_only_another_change_is_reported_and_the_value_remains_an_output(aws: SimulatedProvider):
    made = aws.Create(provider_pb2.CreateRequest(urn=URN, properties=encode(BEFORE)), CONTEXT)
    assert decode(made.properties)["storageMode"] == "TIERED"
    new = check(aws, BEFORE, clusterName="orders", numberOfBrokerNodes=6)
    assert list(diff(aws, new).detailedDiff) == ["numberOfBrokerNodes"]
    request = provider_pb2.UpdateRequest(
        urn=URN, id=made.id, olds=made.properties, old_inputs=encode(BEFORE), news=encode(new)
    )
    outputs = decode(aws.Update(request, CONTEXT).properties)
    assert (outputs["storageMode"], outputs["numberOfBrokerNodes"]) == ("TIERED", 6)


def test_an_omitted_name_is_generated_by_the_provider(aws: SimulatedProvider):
    new = check(aws, BEFORE, storageMode="TIERED", numberOfBrokerNodes=3)
    assert new["clusterName"].startswith("orders-")
    assert list(diff(aws, new).replaces) == ["clusterName"]
