"""Plans of stacks whose platform has the user's Prometheus operator as its collector."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.prometheus_operator import OperatorCollector
from tests.stacks import DEFAULT, planned
from workbench.plan import Plan

OPERATOR = {"data-pipes:monitoring": {"collector": "operator"}}


def with_operator(
    monkeypatch: pytest.MonkeyPatch, changes: Mapping[str, Any] | None = None, *, stack: str = DEFAULT
) -> Plan:
    """Return the plan of a stack with the operator, whatever the platform makes of its settings."""

    def collector(platform: KubernetesPlatform) -> OperatorCollector:
        return OperatorCollector(platform.name, platform.provider)

    monkeypatch.setattr(KubernetesPlatform, "metrics", property(collector, lambda _, __: None))
    return planned({**OPERATOR, **(changes or {})}, stack=stack)
