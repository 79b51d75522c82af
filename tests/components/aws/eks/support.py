"""Stacks on an EKS cluster that was there before."""

from typing import Any

from tests.adopted import IMAGE

CLUSTER = "aws:eks/cluster:Cluster"


def config(
    streaming: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
    platform: dict[str, Any] | None = None,
    **existing: Any,
) -> dict[str, Any]:
    return {
        "aws:region": "eu-west-1",
        "data-pipes:name": "test",
        "data-pipes:network": network or {},
        "data-pipes:streaming": streaming or {"service": "kinesis"},
        "data-pipes:platform": {"service": "eks", "existing": {"name": "production", **existing}, **(platform or {})},
        "data-pipes:pipes": {"orders": {"parallelism": 3, "consumer": {"image": IMAGE}}},
    }
