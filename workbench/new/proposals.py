"""Proposals of `new`: the services that carry a load, the best first, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from components.load import number
from workbench.size import report
from workbench.size.size import Request, Sized, best_first, choices, size


def proposals(cloud: str, request: Request, *, kafka: bool) -> tuple[Sequence[Sized], Sequence[Sized]]:
    """Return the sizes of the services that fit, the best first, and those that do not fit.

    `kafka` is whether an existing Kafka moves to the cloud. Then services are ordered for it, otherwise by the work to run them. Both
    ranks are judgements, as in docs/choosing.md.
    """
    found = [size(choice, request) for choice in choices(cloud)]
    fitting = [sized for sized in found if sized.config is not None]
    return best_first(fitting, kafka=kafka), [sized for sized in found if sized.config is None]


def line(sized: Sized) -> str:
    """Return a proposal in one line: name, size and reason."""
    choice = sized.choice
    tier = f" {choice.variant.name}" if choice.variant and choice.variant.name else ""
    name = f"{choice.service}{tier}"
    if sized.config is None:
        return f"{name}: {report.refusal(sized)}"
    reason = choice.variant.reason if choice.variant else ""
    return f"{name}: {reason}. {number(sized.parallelism or 0)} partitions and replicas; {report.service_size(sized)}; {report.nodes(sized)}."
