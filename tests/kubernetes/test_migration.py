"""Tests of the shipped KafkaMirrorMaker2 and its user against Strimzi's definitions."""

from typing import Any

import pytest
import yaml

from components.kubernetes.strimzi.resource import NAMESPACE
from tests.kubernetes.manifests import MANAGER
from tests.stacks import merged
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError
from workbench.servers.kubernetes_server import KubernetesServer
from workbench.stack_file import ROOT


@pytest.fixture(autouse=True)
def _empty(server: KubernetesServer) -> None:
    server.clean()


def shipped() -> dict[str, Any]:
    """Return the shipped objects by kind."""
    text = (ROOT / "migration" / "strimzi" / "mirror-maker.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def test_the_api_server_accepts_mirror_maker_and_its_user_and_refuses_unknown_keys(api: KubernetesApi):
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, manager=MANAGER)
    objects = shipped()
    assert {each["metadata"]["namespace"] for each in objects.values()} == {NAMESPACE}
    for each in objects.values():
        api.apply(each, manager=MANAGER)
    wrong = merged(objects["KafkaMirrorMaker2"], {"spec": {"target": {"topicsPattern": "orders"}}})
    with pytest.raises(KubernetesRefusalError, match=r"\.spec\.target\.topicsPattern: field not declared in schema"):
        api.apply(wrong, manager=MANAGER)
