"""What stands in for Pulumi's engine while a program is recorded.

`RecordingMonitor` answers a program as the engine would and keeps every request whole. It runs no
engine, opens no port and contacts nothing: ids and computed outputs come from the table of typical
values in `workbench.cloud`. It is a test double.
"""

from __future__ import annotations

import zlib
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


class ResourceModel(Protocol):
    """What the recorder needs to know of a resource type; `workbench.cloud.kinds.ResourceModel` has it."""

    @property
    def name_property(self) -> str | None:
        """The path of the name that the provider makes up when the program gives none."""
        ...

    @property
    def name_prefix(self) -> str:
        """What such a name begins with."""
        ...

    def identifier(self, name: str, inputs: Mapping[str, Any], /) -> str:
        """The id that the provider gives a resource with this name and these inputs."""
        ...

    def outputs(self, identifier: str, name: str, inputs: Mapping[str, Any], /) -> Mapping[str, Any]:
        """The computed outputs, beyond the inputs."""
        ...

    def preexisting(
        self, identifier: str, others: Callable[[str], Iterable[Mapping[str, Any]]], /
    ) -> Mapping[str, Any] | None:
        """The state of an object that something else made than a program, such as a Job, or None."""
        ...


class Cloud(Protocol):
    """A table of typical answers; the module `workbench.cloud.kinds` is one."""

    def kind(self, type_token: str, /) -> ResourceModel:
        """What is typical of a resource type."""
        ...

    def place(self, package: str, settings: Mapping[str, Any], /) -> dict[str, Any]:
        """Where a provider's objects are, out of its settings."""
        ...

    def invoke(self, token: str, args: Mapping[str, Any], /) -> Mapping[str, Any]:
        """What a provider's function typically answers."""
        ...


class RecordingMonitor(MockMonitor):
    """A resource monitor that keeps each request whole and answers from a table."""

    def __init__(self, *, cloud: Cloud, preview: bool) -> None:
        """Answer from `cloud`; with `preview`, ids and computed outputs stay unknown."""
        super().__init__(_Unused())
        self._cloud = cloud
        self._preview = preview
        self.recorded: list[RecordedResource] = []
        self.invokes: list[RecordedInvoke] = []
        self.registered_outputs: dict[str, Decoded] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it: with the types of all parents but the stack."""
        parents = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if parents == STACK_TYPE else f"{parents}${type_}"
        return f"urn:pulumi:{settings.get_stack()}::{settings.get_project()}::{qualified}::{name}"

    def RegisterResource(  # noqa: N802  the name is Pulumi's
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Record a resource and answer with its urn, id and state."""
        urn = self.make_urn(request.parent, request.type, request.name)
        properties = decode(request.object)
        self.recorded.append(recorded(urn, request, properties))
        response = resource_pb2.RegisterResourceResponse(urn=urn)
        response.object.CopyFrom(request.object)
        if request.custom:
            response.id = self._complete(request, response.object)
            hide(response.object, request.additionalSecretOutputs)
        return response

    def ReadResource(  # noqa: N802  the name is Pulumi's
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Record a resource that is only looked up, and answer with a typical state."""
        urn = self.make_urn(request.parent, request.type, request.name)
        properties = decode(request.properties)
        self.recorded.append(
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
            )
        )
        # What exists can be read in a preview too; only what something is yet to make, whose id is not known, cannot.
        state = struct_pb2.Struct()
        state.CopyFrom(request.properties)
        kind = self._cloud.kind(request.type)
        inputs = {**self._place(request.provider), **properties.plain}
        computed = kind.preexisting(request.id, self._others) or kind.outputs(request.id, request.name, inputs)
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
        """Record a call of a provider's function and answer from the table."""
        args = decode(request.args)
        self.invokes.append(
            RecordedInvoke(token=request.tok, args=args.masked, provider=provider_urn(request.provider))
        )
        answer = struct_pb2.Struct()
        answer.update(dict(self._cloud.invoke(request.tok, {**self._place(request.provider), **args.plain})))
        # `return` is a Python keyword, so the field can only be given this way.
        return resource_pb2.ResourceInvokeResponse(**cast("dict[str, Any]", {"return": answer}))

    def _complete(self, request: resource_pb2.RegisterResourceRequest, state: struct_pb2.Struct) -> str:
        """Add a resource's computed outputs to its state; return its id, empty while unknown."""
        if request.type.startswith(PROVIDER_PREFIX):
            return "" if self._preview else f"{request.name}-id"
        kind = self._cloud.kind(request.type)
        add_missing(state, _made_up_name(kind, request.name))
        inputs = {**self._place(request.provider), **decode(state).plain}
        identifier = kind.identifier(request.name, inputs)
        computed = kind.outputs(identifier, request.name, inputs)
        add_missing(state, unknown_like(computed) if self._preview else computed)
        return "" if self._preview else identifier

    def _others(self, type_token: str) -> list[Mapping[str, Any]]:
        """The inputs of the resources of a type so far."""
        return [resource.revealed for resource in self.recorded if resource.type == type_token]

    def _place(self, provider: str) -> dict[str, Any]:
        """Where a provider's resources and calls are unless they say otherwise."""
        urn = provider_urn(provider)
        for resource in self.recorded:
            if resource.urn == urn:
                return self._cloud.place(resource.type.removeprefix(PROVIDER_PREFIX), resource.revealed)
        return {}


class HookKeeper(_callbacks._CallbackServicer):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    """Keeps the hooks a program registers, where the SDK would start a server for the engine.

    The SDK has no public way to say so; without it each recording opens a port.
    """

    def __init__(self, monitor: RecordingMonitor) -> None:
        """Register with `monitor`; nothing is served."""
        # The parent's constructor makes the server, so it is left out on purpose.
        self.hooks: dict[str, ResourceHook] = {}
        self._monitor = cast("Any", monitor)
        self._callbacks = {}
        self._transforms = {}
        self._state_migrations = {}
        self._target = ""

    def register_resource_hook(self, hook: ResourceHook) -> None:
        """Keep a hook under its name."""
        self.hooks[hook.name] = hook


class RecordingEngine:
    """Receives what a program logs."""

    def __init__(self) -> None:
        """Start with no messages."""
        self.messages: list[Message] = []

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        """Keep everything above debug."""
        if request.severity != engine_pb2.DEBUG:
            severity = engine_pb2.LogSeverity.Name(request.severity).lower()
            self.messages.append(Message(severity=severity, text=request.message, urn=request.urn))
        return empty_pb2.Empty()


class _Unused(Mocks):
    """`MockMonitor` asks for mocks; `RecordingMonitor` answers everything itself."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(args.typ)


def _made_up_name(kind: ResourceModel, logical_name: str) -> dict[str, Any]:
    """The name a provider makes up: the logical name and some digits, here always the same ones."""
    if kind.name_property is None:
        return {}
    made_up: Any = f"{kind.name_prefix}{logical_name}-{zlib.crc32(logical_name.encode()):08x}"[:-1]
    for key in reversed(kind.name_property.split(".")):
        made_up = {key: made_up}
    return made_up
