"""Finds the inputs that a Terraform provider fills if a program leaves them out, from the SDK's types."""

import inspect
import typing
from functools import cache
from importlib import import_module

from pulumi import _types  # pyright: ignore[reportPrivateUsage]  as in workbench/recording/input_types.py

from workbench.recording.input_types import args_type, resource_class


@cache
def computed_inputs(type_token: str) -> frozenset[str]:
    """Return the top-level inputs that are optional but always present as outputs: Optional and Computed in Terraform's terms.

    Pulumi's bridge generates the SDKs this way (pkg/tfgen/generate.go, ``optional``). Terraform keeps the value of such an input if a
    program leaves it out. Inputs that the SDK fills with a constant, such as ``Managed by Pulumi``, are not included, because the
    provider gets that constant. The SDKs have no such information about nested inputs.
    """
    import_module(f"pulumi_{type_token.split(':', 1)[0]}")
    resource, args = resource_class(type_token), args_type(type_token)
    if resource is None or args is None:
        return frozenset()
    parameters = inspect.signature(args).parameters
    nothing_given = args(**{name: None for name, each in parameters.items() if each.default is each.empty})
    filled = typing.cast("dict[str, object]", vars(nothing_given))
    always_present = _always_present(resource)
    return frozenset(
        pulumi_name
        for name, pulumi_name in _types.input_type_py_to_pulumi_names(args).items()
        if parameters[name].default is None and filled.get(name) is None and pulumi_name in always_present
    )


def _always_present(resource: type) -> set[str]:
    """Return the outputs whose type is not optional."""
    types = {
        name: typing.get_args(getter.fget.__annotations__["return"])[0]
        for _, name, getter in _types._py_properties(resource)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if getter.fget
    }
    return {name for name, each in types.items() if type(None) not in typing.get_args(each)}
