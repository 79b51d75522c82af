"""Sizing of services and platforms that were there before the stack: the program does not size them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import override

from components.load import Need
from components.settings_bases import PipeSettings, SystemWorkloads
from components.sizing import Limit, PlatformSizing, StreamingSizing


class ExistingServiceSizing(StreamingSizing[Any, Any]):
    """Sizing of an existing streaming service. Only the number of consumers is checked; its owner knows its size."""

    @override
    def largest_message(self, settings: Any) -> Limit | None:
        """Return None: the limits of the existing service are not known."""
        return None


class ExistingPlatformSizing(PlatformSizing[Any]):
    """Sizing of an existing platform. Its owner knows its nodes."""

    @override
    def sections(
        self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Sequence[Mapping[str, object]]:
        """Return no section: an existing platform is not proposed."""
        return []

    @override
    def needs(
        self, settings: Any, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Iterator[Need]:
        """Yield nothing."""
        yield from ()
