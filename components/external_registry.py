"""Registries of the user, for stacks on a platform that was there before."""

from typing import Any

from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import RegistryArgs
from components.contracts import Registry


class ExternalRegistry(Registry):
    """Registries that were there before the stack. The program makes none, and all images have full references."""

    def __init__(self, name: str, args: RegistryArgs[Any], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:index:ExternalRegistry", name, None, opts)
        self.args = args
        self.outputs = {}
        self.register_outputs({})

    @override
    def image(self, reference: str) -> Output[str]:
        """Return the reference unchanged."""
        return Output.from_input(reference)
