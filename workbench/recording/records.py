"""Contents of a recording: resources, calls of provider functions, and log messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any, cast

from pulumi.runtime.proto import alias_pb2, resource_pb2

from workbench.values import Decoded, at

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


@dataclass(frozen=True, kw_only=True)
class RecordedResource:
    """One resource as the program registered it."""

    urn: str
    type: str
    name: str
    parent: str | None
    """URN of the parent. None for the stack itself."""
    custom: bool
    """True for a provider's resource, False for a component and the stack."""
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Inputs in camelCase, as sent to the engine. Secrets are `[secret]`, unknown values are `[unknown]`."""
    revealed: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """Inputs with secrets in plain text, for tests. Never print them."""
    secrets: frozenset[str] = frozenset()
    """Paths of the secret inputs, for example `stringData`."""
    unknowns: frozenset[str] = frozenset()
    """Paths of the inputs that are unknown in a preview."""
    provider: str | None = None
    """URN of the explicit provider. None if the default provider would be used."""
    dependencies: tuple[str, ...] = ()
    """URNs of the resource's dependencies, sorted."""
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Top-level input -> URNs of the resources that its value comes from."""
    protect: bool = False
    delete_before_replace: bool | None = None
    """None if the program does not set it. Then the provider decides."""
    retain_on_delete: bool = False
    deleted_with: str | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    custom_timeouts: Mapping[str, str] = field(default_factory=dict[str, str])
    """For example `{"create": "120m"}`."""
    aliases: tuple[str, ...] = ()
    """URNs, or `key=value` lists for aliases that are given in parts."""
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Event, such as `before_update` -> names of the hooks. `Recording.hook` returns a hook."""
    import_id: str | None = None
    external: bool = False
    """True if the resource is only read (`Vpc.get`), not created by this stack."""
    state: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """State of a resource that was there before the stack. Empty for all others."""
    transformed: bool = False
    """True if the resource has a transform. A recording doesn't run it."""

    def input(self, path: str) -> Any:
        """Return the input at a property path such as `spec.template.spec.containers[0].image`.

        Raises:
            KeyError: The path does not exist. The message lists the keys that exist.
        """
        return at(self.inputs, path)

    def reveal(self, path: str) -> Any:
        """Like `input`, but with secrets in plain text, for tests."""
        return at(self.revealed, path)


@dataclass(frozen=True, kw_only=True)
class RecordedInvoke:
    """One call of a provider function."""

    token: str
    args: Mapping[str, Any]
    provider: str | None
    """URN of the explicit provider. None if the default provider would be used."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """Log message of the program."""

    severity: str
    """`info`, `warning` or `error`."""
    text: str
    urn: str


def provider_urn(reference: str) -> str | None:
    """Return the URN in a provider reference (`<urn>::<id>`), or None if the reference is empty."""
    return reference.rpartition("::")[0] or None


def _alias(alias: alias_pb2.Alias) -> str:
    return alias.urn or str(alias.spec).strip().replace("\n", ", ")


def recorded(urn: str, request: resource_pb2.RegisterResourceRequest, properties: Decoded) -> RecordedResource:
    """Return the resource that a request registers."""
    timeouts = request.customTimeouts
    return RecordedResource(
        urn=urn,
        type=request.type,
        name=request.name,
        parent=request.parent or None,
        custom=request.custom,
        inputs=properties.masked,
        revealed=properties.plain,
        secrets=properties.secrets,
        unknowns=properties.unknowns,
        provider=provider_urn(request.provider),
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={key: frozenset(value.urns) for key, value in request.propertyDependencies.items()},
        protect=request.protect,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        retain_on_delete=request.retainOnDelete,
        deleted_with=request.deletedWith or None,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        custom_timeouts={
            action: value for action in ("create", "update", "delete") if (value := getattr(timeouts, action))
        },
        aliases=tuple(_alias(alias) for alias in cast("Iterable[alias_pb2.Alias]", request.aliases)),
        hooks={
            event.name: tuple(getattr(request.hooks, event.name))
            for event in request.hooks.DESCRIPTOR.fields
            if getattr(request.hooks, event.name)
        },
        import_id=request.importId or None,
        transformed=len(cast("Sized", request.transforms)) > 0,
    )
