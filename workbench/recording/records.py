"""What a recording keeps: resources, calls of provider functions, and messages."""

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
    """URN of the parent; None for the stack itself."""
    custom: bool
    """True for what a provider makes, False for a component and the stack."""
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """camelCase, as sent to the engine; secrets are `[secret]`, unknown values `[unknown]`."""
    revealed: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """The same with the secrets in clear, for tests; never printed."""
    secrets: frozenset[str] = frozenset()
    """Paths of the secret inputs, for example `stringData`."""
    unknowns: frozenset[str] = frozenset()
    """Paths of the inputs that a preview can't know."""
    provider: str | None = None
    """URN of the explicit provider; None when the default one would be used."""
    dependencies: tuple[str, ...] = ()
    """URNs of everything this resource waits for, sorted."""
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Per top-level input, the URNs its value comes from."""
    protect: bool = False
    delete_before_replace: bool | None = None
    """None where the program leaves it to the provider."""
    retain_on_delete: bool = False
    deleted_with: str | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    custom_timeouts: Mapping[str, str] = field(default_factory=dict[str, str])
    """For example `{"create": "120m"}`."""
    aliases: tuple[str, ...] = ()
    """URNs, or `key=value` lists for aliases given in parts."""
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Per event, such as `before_update`, the names of the hooks; `Recording.hook` has them."""
    import_id: str | None = None
    external: bool = False
    """True when the resource is only read (`Vpc.get`), not made by this stack."""
    transformed: bool = False
    """True when the resource carries a transform, which a recording doesn't run."""

    def input(self, path: str) -> Any:
        """The input at a property path such as `spec.template.spec.containers[0].image`.

        Raises:
            KeyError: nothing stands there; the message lists what does.
        """
        return at(self.inputs, path)

    def reveal(self, path: str) -> Any:
        """Like `input`, with secrets in clear: for tests of what a secret holds."""
        return at(self.revealed, path)


@dataclass(frozen=True, kw_only=True)
class RecordedInvoke:
    """One call of a provider's function."""

    token: str
    args: Mapping[str, Any]
    provider: str | None
    """URN of the explicit provider; None when the default one would be used."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something the program logged."""

    severity: str
    """`info`, `warning` or `error`."""
    text: str
    urn: str


def provider_urn(reference: str) -> str | None:
    """The URN in a provider reference, which is `<urn>::<id>`; None for no reference."""
    return reference.rpartition("::")[0] or None


def _alias(alias: alias_pb2.Alias) -> str:
    return alias.urn or str(alias.spec).strip().replace("\n", ", ")


def recorded(urn: str, request: resource_pb2.RegisterResourceRequest, properties: Decoded) -> RecordedResource:
    """A resource as a request registers it."""
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
