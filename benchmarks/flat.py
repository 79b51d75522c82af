"""Flat program: the same resources as a stack, written as a list of SDK calls without components, settings or checks.

It is the yardstick of the benchmarks: the least that a Pulumi program with these resources can cost.
`python -m benchmarks.flat STACK FILE` writes it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi._types import resource_py_to_pulumi_names

from workbench.plan import plan
from workbench.recording.records import PROVIDER_PREFIX, RecordedResource
from workbench.stack_file import StackFile, find_stack_file

Classes = Mapping[str, type[pulumi.Resource]]

HEAD = '''"""{number} resources of the stack {stack}, registered one by one."""

{imports}

from pulumi import CustomResource, Output, Resource, ResourceOptions


def after(value: object, *resources: Resource) -> Output[object]:
    return Output.all(*(resource.urn for resource in resources)).apply(lambda _: value)

'''


def flat_program(stack_file: StackFile) -> str:
    """Return the source of a flat program with the resources of a stack."""
    classes: dict[str, type[pulumi.Resource]] = {}
    construct = pulumi.CustomResource.__init__

    def noting(self: pulumi.CustomResource, t: str, *args: Any, **options: Any) -> None:
        classes[t] = type(self)
        construct(self, t, *args, **options)

    with patch.object(pulumi.CustomResource, "__init__", noting):
        resources = [each for each in plan(stack_file).recording.resources if each.custom and not each.external]
    variables = {each.urn: f"resource_{number}" for number, each in enumerate(resources)}
    packages = sorted({classes[each.type].__module__.partition(".")[0] for each in resources})
    imports = "\n".join(f"import {package}" for package in packages)
    head = HEAD.format(number=len(resources), stack=stack_file.stack, imports=imports)
    return head + "".join(f"{variables[each.urn]} = {_call(each, classes, variables)}\n" for each in resources)


def _call(resource: RecordedResource, classes: Classes, variables: Mapping[str, str]) -> str:
    found = classes[resource.type]
    module, name = found.__module__, found.__name__
    if name == "CustomResource":  # a custom resource of Kubernetes
        arguments = [f"api_version={resource.inputs['apiVersion']!r}", f"kind={resource.inputs['kind']!r}"]
        names = {"metadata": "metadata", "spec": "spec", "others": "others"}
    else:
        arguments = []
        names = {pulumi_name: python for python, pulumi_name in resource_py_to_pulumi_names(found).items()}
    arguments += _arguments(resource, names, variables)
    options = [f"protect={resource.protect}"]
    if resource.provider and resource.provider in variables:
        options.append(f"provider={variables[resource.provider]}")
    direct = set(resource.dependencies).difference(*resource.property_dependencies.values())
    if direct & variables.keys():
        options.append(f"depends_on=[{', '.join(sorted(variables[urn] for urn in direct & variables.keys()))}]")
    shown = ", ".join([repr(resource.name), *arguments, f"opts=ResourceOptions({', '.join(options)})"])
    return f"{_public(module)}.{name}({shown})"


def _arguments(resource: RecordedResource, names: Mapping[str, str], variables: Mapping[str, str]) -> Iterator[str]:
    for key, value in resource.revealed.items():
        if key in ("apiVersion", "kind") and resource.type.startswith("kubernetes:"):  # constants of the SDK's classes
            continue
        # Inputs that are no outputs, such as azure-native's resourceGroupName, are missing in the SDK's table of names.
        name = names.get(key) or re.sub("([A-Z])", r"_\1", key).lower()
        name = "resource_name_" if name == "resource_name" else name  # the first argument has this name
        opened = _opened(value) if resource.type.startswith(PROVIDER_PREFIX) and key != "kubeconfig" else value
        needed = sorted(resource.property_dependencies.get(key, frozenset()) & variables.keys())
        if needed:
            yield f"{name}=after({opened!r}, {', '.join(variables[urn] for urn in needed)})"
        else:
            yield f"{name}={opened!r}"
    if resource.type == "azure-native:authorization:RoleAssignment" and "principalType" not in resource.revealed:
        yield "principal_type=Output.from_input(None)"  # without it, the SDK sends User


def _opened(value: Any) -> Any:
    """Return a provider's setting as the program gave it. The SDK sends all but strings as JSON."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _public(module: str) -> str:
    """Return the package that exports a class: `pulumi_aws.ec2` for `pulumi_aws.ec2.vpc`."""
    return module.rpartition(".")[0]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(flat_program(find_stack_file(sys.argv[1])), encoding="utf-8")
