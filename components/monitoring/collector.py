"""Collector: scrapes the consumers' metrics and evaluates rules over them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from pulumi import Input, ResourceOptions

from components.monitoring.rules import Rule


class Collector(ABC):
    """A Prometheus: the cloud's managed one, or the user's own."""

    matchers: Mapping[str, Input[str]]
    """Labels that select the stack's series among those of other clusters. Empty if there are no others."""

    @abstractmethod
    def watch(
        self, name: str, rules: Sequence[Rule], *, runbook: str, targets: Sequence[Input[str]], opts: ResourceOptions
    ) -> None:
        """Create alarms from the rules.

        Args:
            name: Prefix of the names of the resources.
            rules: Rules of all pipes and of the streaming service.
            runbook: Address of the runbook.
            targets: IDs of the cloud's notification targets. Empty if nobody is notified.
            opts: Options with the parent of the resources.
        """
