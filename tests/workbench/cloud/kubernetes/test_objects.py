"""Tests of the simulated Kubernetes provider with responses of a real API server. They need no server."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.cloud.kubernetes.fields import read_back, state, taken_over
from workbench.cloud.kubernetes.live import LiveObjects

TOKEN = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}
"""Return a value in Pulumi's form for secrets."""


def test_only_a_server_on_this_machine_is_accepted(tmp_path: Path):
    kubeconfig = tmp_path / "kubeconfig"
    cluster = {"cluster": {"server": "https://cluster.example.com:6443"}}
    kubeconfig.write_text(json.dumps({"clusters": [cluster], "users": [{"user": {"token": ""}}]}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"must be on this machine, got https://cluster\.example\.com:6443"):
        LiveObjects(kubeconfig)


def test_the_state_is_the_servers_object_and_secrets_remain_secret():
    live = {"data": {"a": "hunter2", "b": "x"}, "items": [{"c": "hunter2", "filled": "in"}], "status": {}}
    inputs = {"data": {"a": TOKEN}, "items": [{"c": TOKEN}]}
    assert state(live, inputs, {"phase": "Active"}) == {
        "data": {"a": TOKEN, "b": "x"},
        "items": [{"c": TOKEN, "filled": "in"}],
        "status": {"phase": "Active"},
    }


def test_inputs_are_read_back_in_the_form_they_were_given_in():
    live = {"data": {"token": base64.b64encode(b"new").decode(), "other": "x"}, "spec": {"replicas": 4, "more": 1}}
    inputs = {"stringData": {"token": TOKEN}, "spec": {"replicas": 3, "egress": []}}
    assert read_back(live, inputs) == {
        "stringData": {"token": {**TOKEN, "value": "new"}},
        "spec": {"replicas": 4, "egress": []},
    }


def test_an_update_takes_over_only_the_fields_of_pulumi_and_kubectl():
    def entry(manager: str, operation: str, *fields: str, **more: str) -> dict[str, Any]:
        return {"manager": manager, "operation": operation, "fieldsV1": {f: {} for f in fields}, **more}

    status = entry("kubectl-edit", "Update", "f:status", subresource="status")
    other = entry("autoscaler", "Update", "f:replicas")
    written = [entry("pulumi-kubernetes", "Update", "f:a"), status, other, entry("kubectl-edit", "Update", "f:b")]
    taken = taken_over(written, "mine")
    assert taken
    assert taken == [status, other, entry("mine", "Apply", "f:a", "f:b")]
    assert taken_over(taken, "mine") is None
