"""What Autopilot makes of the room that pods ask for: arithmetic and messages only."""

from collections.abc import Iterator, Mapping
from math import ceil

from components.kubernetes.nodes.capacity import Resources, replica_resources
from components.section import ConfigError
from components.settings_bases import PipeSettings, SystemWorkloads

LEAST, MOST = Resources(cpu=50, memory=52), Resources(cpu=30_000, memory=110 * 1024)
"""The room of a pod of the default kind (GKE, Resource requests in Autopilot)."""

LEAST_GIB, MOST_GIB = 1, 6.5
"""How much memory comes with each vCPU (GKE, Resource requests in Autopilot)."""


def adjusted(pod: Resources) -> Resources:
    """What Autopilot makes of a request: it raises what is too little, or too little beside the other."""
    cpu, memory = max(pod.cpu, LEAST.cpu), max(pod.memory, LEAST.memory)
    cpu = max(cpu, ceil(memory * 1000 / (MOST_GIB * 1024)))
    return Resources(cpu=cpu, memory=max(memory, ceil(cpu * LEAST_GIB * 1024 / 1000)))


def autopilot_errors(pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> Iterator[ConfigError]:
    """Yield pods that are too large for Autopilot, and those that it would give, and charge, more than they ask for.

    What it changes would differ from what the stack says, at each deployment anew.
    """
    for name, pipe in pipes.items():
        consumer = pipe.consumer
        text = refusal(replica_resources(consumer.cpu, consumer.memory))
        if text:
            asked = f"asks for {consumer.cpu} CPU and {consumer.memory}"
            yield ConfigError(
                path=("pipes", name, "consumer"), text=f"{asked}, and {text}, or set platform.mode to standard"
            )
    for pod, _ in system_workloads.pods:
        text = refusal(pod)
        if text:
            asked = f"asks for pods of {pod.cpu}m and {pod.memory}Mi"
            yield ConfigError(path=("streaming",), text=f"{asked}, and {text}, or set platform.mode to standard")


def refusal(pod: Resources) -> str | None:
    """Why Autopilot does not run a pod as it is, and which room it would; None where it does."""
    given = adjusted(pod)
    if not MOST.fits(given):
        return f"the largest pod on Autopilot has {MOST.cpu}m and {MOST.memory}Mi, {MOST_GIB} GiB for each vCPU at most; lower cpu or memory"
    if given == pod:
        return None
    return (
        f"Autopilot gives each pod {LEAST.cpu}m and {LEAST.memory}Mi at least, and {LEAST_GIB} to {MOST_GIB} GiB for each vCPU, so it would make "
        f"that {given.cpu}m and {given.memory}Mi; ask for these"
    )
