"""Adjustment and validation of pod resource requests in GKE Autopilot."""

from collections.abc import Iterator, Mapping
from math import ceil

from components.kubernetes.nodes.capacity import Resources, replica_resources
from components.section import ConfigError
from components.settings_bases import PipeSettings, SystemWorkloads

LEAST, MOST = Resources(cpu=50, memory=52), Resources(cpu=30_000, memory=110 * 1024)
"""Smallest and largest pod of the default compute class (GKE, Resource requests in Autopilot)."""

LEAST_GIB, MOST_GIB = 1, 6.5
"""Allowed GiB per vCPU (GKE, Resource requests in Autopilot)."""


def adjusted(pod: Resources) -> Resources:
    """Return the request after Autopilot raises it to the minimum and to the allowed CPU-to-memory ratio."""
    cpu, memory = max(pod.cpu, LEAST.cpu), max(pod.memory, LEAST.memory)
    cpu = max(cpu, ceil(memory * 1000 / (MOST_GIB * 1024)))
    return Resources(cpu=cpu, memory=max(memory, ceil(cpu * LEAST_GIB * 1024 / 1000)))


def autopilot_errors(pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> Iterator[ConfigError]:
    """Yield errors for pods that are too large for Autopilot, or whose requests it would raise and bill.

    Autopilot's change would show up as a difference in each deployment.
    """
    for name, pipe in pipes.items():
        consumer = pipe.consumer
        text = refusal(replica_resources(consumer.cpu, consumer.memory))
        if text:
            requested = f"requests {consumer.cpu} CPU and {consumer.memory}"
            yield ConfigError(path=("pipes", name, "consumer"), text=f"{requested}, but {text}")
    for pod, _ in system_workloads.pods:
        text = refusal(pod)
        if text:
            requested = f"has pods that request {pod.cpu}m and {pod.memory}Mi"
            yield ConfigError(path=("streaming",), text=f"{requested}, but {text}")


def refusal(pod: Resources) -> str | None:
    """Return why Autopilot does not accept a request unchanged, with the fix, or None if it does."""
    given = adjusted(pod)
    if not MOST.fits(given):
        return (
            f"a pod on Autopilot can have at most {MOST.cpu}m and {MOST.memory}Mi, and at most {MOST_GIB} GiB per vCPU. "
            "Lower cpu or memory, or set platform.mode to standard."
        )
    if given == pod:
        return None
    return (
        f"Autopilot would raise that to {given.cpu}m and {given.memory}Mi (at least {LEAST.cpu}m and {LEAST.memory}Mi, {LEAST_GIB} to {MOST_GIB} GiB "
        f"per vCPU). Set cpu to {given.cpu}m and memory to {given.memory}Mi, or set platform.mode to standard."
    )
