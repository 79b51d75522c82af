"""Replacement of Pulumi's engine in a recording. A test double.

`RecordingMonitor` answers a program's requests as the engine would and records them. It runs no engine, opens no port and contacts
nothing. Ids and computed outputs are the typical values in `workbench.cloud`.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, cast

from google.protobuf import empty_pb2, struct_pb2
from pulumi import ResourceHook
from pulumi.runtime import _callbacks, rpc, settings
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import engine_pb2, resource_pb2

from workbench.recording.records import (
    PROVIDER_PREFIX,
    STACK_TYPE,
    Message,
    RecordedInvoke,
    RecordedResource,
    provider_urn,
    recorded,
)
from workbench.values import Decoded, add_missing, decode, hide, unknown_like


class ExistingObject(Protocol):
    """An object that was there before the stack. `workbench.cloud.model.Existing` implements it."""

    @property
    def type(self) -> str:
        """Resource type."""
        ...

    @property
    def id(self) -> str:
        """Id in the cloud."""
        ...

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What its owner set."""
        ...

    @property
    def state(self) -> Mapping[str, Any]:
        """Inputs and computed outputs."""
        ...


Find = Callable[[str, str, Mapping[str, Any]], Any]
"""(type, id, location) -> the existing object, or None."""


class ResourceModel(Protocol):
    """Properties of a resource type that the recorder needs. `workbench.cloud.kinds.ResourceModel` implements them."""

    @property
    def name_property(self) -> str | None:
        """Path of the name that the provider generates if the program sets none."""
        ...

    @property
    def name_prefix(self) -> str:
        """Prefix of generated names."""
        ...

    def identifier(self, name: str, inputs: Mapping[str, Any], /) -> str:
        """Return the id of a resource with this name and these inputs."""
        ...

    def outputs(self, identifier: str, name: str, inputs: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Return the computed outputs, without the inputs."""
        ...

    def preexisting(
        self, identifier: str, others: Callable[[str], Iterable[Mapping[str, Any]]], /
    ) -> Mapping[str, Any] | None:
        """Return the state of an object that was not created by a program (but by a Job, for example), or None."""
        ...


class Cloud(Protocol):
    """Typical values of clouds. The module `workbench.cloud.kinds` implements it."""

    def kind(self, type_token: str, /) -> ResourceModel:
        """Return the model of a resource type."""
        ...

    def place(self, package: str, settings: Mapping[str, Any], /) -> dict[str, Any]:
        """Return the location of a provider's objects from the provider's settings."""
        ...

    def existing(self, type_token: str, id_: str, location: Mapping[str, Any], /) -> ExistingObject | None:
        """Return an object that was there before the stack, or None."""
        ...

    def is_adopted(self, type_token: str, /) -> bool:
        """Whether a stack may adopt existing objects of this type."""
        ...

    def invoke(self, token: str, args: Mapping[str, Any], find: Find, /) -> Mapping[str, Any]:
        """Return a typical result of a provider function. `find` returns existing objects."""
        ...


class RecordingMonitor(MockMonitor):
    """Resource monitor that records each request and returns typical values."""

    def __init__(self, *, cloud: Cloud, preview: bool) -> None:
        """Return values from `cloud`. With `preview`, ids and computed outputs are unknown."""
        super().__init__(_Unused())
        self._cloud = cloud
        self._preview = preview
        self.recorded: list[RecordedResource] = []
        self._by_type: defaultdict[str, list[RecordedResource]] = defaultdict(list)
        self._providers: dict[str, RecordedResource] = {}
        self.adopted: dict[tuple[str, str], ExistingObject] = {}
        self.invokes: list[RecordedInvoke] = []
        self.registered_outputs: dict[str, Decoded] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return a URN as the engine builds it: with the types of all parents except the stack."""
        parents = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if parents == STACK_TYPE else f"{parents}${type_}"
        return f"urn:pulumi:{settings.get_stack()}::{settings.get_project()}::{qualified}::{name}"

    def RegisterResource(  # noqa: N802  the name is Pulumi's
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Record a resource and return its URN, id and state."""
        urn = self.make_urn(request.parent, request.type, request.name)
        properties = decode(request.object)
        resource = recorded(urn, request, properties)
        self._add(resource)
        if request.type.startswith(PROVIDER_PREFIX):
            self._providers[urn] = resource
        response = resource_pb2.RegisterResourceResponse(urn=urn)
        response.object.CopyFrom(request.object)
        if request.custom:
            response.id = self._complete(request, response.object)
            hide(response.object, request.additionalSecretOutputs)
        return response

    def ReadResource(  # noqa: N802  the name is Pulumi's
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Record a resource that is only read, and return a typical state."""
        urn = self.make_urn(request.parent, request.type, request.name)
        properties = decode(request.properties)
        place = self._place(request.provider)
        found = None if request.id == rpc.UNKNOWN else self._find(request.type, request.id, place)
        if found is None and self._cloud.is_adopted(request.type) and request.id != rpc.UNKNOWN:
            raise LookupError(f"resource '{request.id}' does not exist")
        self._add(
            RecordedResource(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or None,
                custom=True,
                inputs=properties.masked,
                revealed=properties.plain,
                secrets=properties.secrets,
                unknowns=properties.unknowns,
                provider=provider_urn(request.provider),
                dependencies=tuple(sorted(request.dependencies)),
                external=True,
                state=found.state if found else {},
            )
        )
        # Existing resources can be read in a preview. Resources that do not exist yet have an unknown id and cannot be read.
        state = struct_pb2.Struct()
        state.CopyFrom(request.properties)
        kind = self._cloud.kind(request.type)
        inputs = {**place, **properties.plain}
        computed = (
            found.state
            if found
            else kind.preexisting(request.id, self._others) or kind.outputs(request.id, request.name, inputs)
        )
        add_missing(state, unknown_like(computed) if request.id == rpc.UNKNOWN else computed)
        hide(state, request.additionalSecretOutputs)
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=state)

    def RegisterResourceOutputs(  # noqa: N802  the name is Pulumi's
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Record the outputs of a component or of the stack."""
        self.registered_outputs[request.urn] = decode(request.outputs)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802  the name is Pulumi's
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Record a call of a provider function and return a typical result."""
        args = decode(request.args)
        self.invokes.append(
            RecordedInvoke(token=request.tok, args=args.masked, provider=provider_urn(request.provider))
        )
        answer = struct_pb2.Struct()
        place = self._place(request.provider)
        answer.update(dict(self._cloud.invoke(request.tok, {**place, **args.plain}, self._find)))
        # `return` is a Python keyword, so the field can only be given this way.
        return resource_pb2.ResourceInvokeResponse(**cast("dict[str, Any]", {"return": answer}))

    def _add(self, resource: RecordedResource) -> None:
        self.recorded.append(resource)
        self._by_type[resource.type].append(resource)

    def _complete(self, request: resource_pb2.RegisterResourceRequest, state: struct_pb2.Struct) -> str:
        """Add a resource's computed outputs to its state. Return its id, or an empty string if it is unknown."""
        if request.type.startswith(PROVIDER_PREFIX):
            return "" if self._preview else f"{request.name}-id"
        kind = self._cloud.kind(request.type)
        add_missing(state, _generated_name(kind, request.name))
        inputs = {**self._place(request.provider), **decode(state).plain}
        identifier = kind.identifier(request.name, inputs)
        computed = kind.outputs(identifier, request.name, inputs)
        add_missing(state, unknown_like(computed) if self._preview else computed)
        return "" if self._preview else identifier

    def _find(self, type_token: str, id_: str, location: Mapping[str, Any]) -> ExistingObject | None:
        """Return an object that was there before the stack, and record it."""
        found = self._cloud.existing(type_token, id_, location)
        if found:
            self.adopted[type_token, id_] = found
        return found

    def _others(self, type_token: str) -> list[Mapping[str, Any]]:
        """Return the inputs of all resources of a type that are registered so far."""
        return [resource.revealed for resource in self._by_type[type_token]]

    def _place(self, provider: str) -> dict[str, Any]:
        """Return the default location of a provider's resources and function calls."""
        found = self._providers.get(provider_urn(provider) or "")
        return self._cloud.place(found.type.removeprefix(PROVIDER_PREFIX), found.revealed) if found else {}


class HookKeeper(_callbacks._CallbackServicer):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    """Records the hooks that a program registers. The SDK would start a server for the engine.

    The SDK has no public way to prevent that. Without this class each recording opens a port.
    """

    def __init__(self, monitor: RecordingMonitor) -> None:
        """Use `monitor`. No server is started."""
        # The parent's constructor is not called because it starts the server.
        self.hooks: dict[str, ResourceHook] = {}
        self._monitor = cast("Any", monitor)
        self._callbacks = {}
        self._transforms = {}
        self._state_migrations = {}
        self._target = ""

    def register_resource_hook(self, hook: ResourceHook) -> None:
        """Record a hook by name."""
        self.hooks[hook.name] = hook


class RecordingEngine:
    """Receives a program's log messages."""

    def __init__(self) -> None:
        """Start with no messages."""
        self.messages: list[Message] = []

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        """Record messages above debug level."""
        if request.severity != engine_pb2.DEBUG:
            severity = engine_pb2.LogSeverity.Name(request.severity).lower()
            self.messages.append(Message(severity=severity, text=request.message, urn=request.urn))
        return empty_pb2.Empty()


class _Unused(Mocks):
    """Placeholder. `MockMonitor` requires mocks, but `RecordingMonitor` never calls them."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(args.typ)


def _generated_name(kind: ResourceModel, logical_name: str) -> dict[str, Any]:
    """Return a generated name: the logical name and some digits, which are reproducible here."""
    if kind.name_property is None:
        return {}
    generated: Any = f"{kind.name_prefix}{logical_name}-{zlib.crc32(logical_name.encode()):08x}"[:-1]
    for key in reversed(kind.name_property.split(".")):
        generated = {key: generated}
    return generated
