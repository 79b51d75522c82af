"""Simulated Pulumi provider for all packages in the tables. A test double.

The engine starts it as ``pulumi-resource-<package>``. It implements ``pulumirpc.ResourceProvider`` and behaves like a provider with
a cloud: it generates names, distinguishes updates from replacements, returns computed outputs as unknown in a preview, and reports
the services' refusals.
"""

# ruff: noqa: N802, ARG002  the names and signatures are those of the gRPC service

import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from workbench.cloud import behaviour, kinds
from workbench.cloud.azure import native as azure_native
from workbench.cloud.clock import CancelledError, Clock
from workbench.cloud.gcp import preconditions
from workbench.cloud.inventory import CloudObject, Inventory, Operation, RefusedError
from workbench.cloud.kinds import ResourceModel, UnknownKindError
from workbench.cloud.model import DEFAULT_REGION, Existing, NotFoundError
from workbench.cloud.wire import Values, beyond, decode, encode, merged, plain, replaced, unknown

_KINDS_OF_CHANGE = provider_pb2.PropertyDiff.Kind


class SimulatedProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one package. All simulated clouds of a rehearsal share the inventory."""

    def __init__(self, package: str, inventory: Inventory, clock: Clock, crash_at: str | None = None) -> None:
        """``crash_at`` is the name of a resource whose creation ends this process half-way, for tests of leftovers."""
        self._package = package
        self._inventory = inventory
        self._clock = clock
        self._crash_at = crash_at
        self._settings: Values = {}

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return the version of the installed SDK. The engine warns if the versions differ."""
        return plugin_pb2.PluginInfo(version=version(f"pulumi-{self._package}"))

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Return only the package's name and version. The engine needs no schema to run a program."""
        schema = {"name": self._package, "version": version(f"pulumi-{self._package}")}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Accept any configuration. Checks of credentials are not simulated."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare configurations. The provider and its resources are replaced only if its location changes."""
        old, new = plain(decode(request.olds)), plain(decode(request.news))
        changed = provider_pb2.DiffResponse.DIFF_NONE if old == new else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changed, replaces=self._replaced_by(old, new))

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Store the configuration. Secrets and previews are supported."""
        self._settings = plain(decode(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Generate a name if there is none."""
        kind, name = self._about(request.urn, context)
        inputs = behaviour.with_name(kind, name, request.randomSeed, decode(request.news), decode(request.olds))
        return provider_pb2.CheckResponse(inputs=encode(inputs))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare new inputs with old inputs."""
        kind, _ = self._about(request.urn, context)
        old, new = decode(request.old_inputs), decode(request.news)
        found = behaviour.differences(kind, old, new, self._settings)
        replaces = sorted({difference.path for difference in found if difference.replaces})
        detailed = {
            difference.path: provider_pb2.PropertyDiff(
                kind=_KINDS_OF_CHANGE.Value(difference.kind.upper() + ("_REPLACE" if difference.replaces else "")),
                inputDiff=True,
            )
            for difference in found
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted({difference.path.split(".")[0].split("[")[0] for difference in found}),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and (self._is_azure or behaviour.deletes_first(kind, old, new)),
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Create an object. In a preview, return its known outputs."""
        kind, name = self._about(request.urn, context)
        inputs = decode(request.properties)
        again = self._inventory.times_created(request.urn)
        seed = request.urn if again == 0 else f"{request.urn}#{again}"
        id_ = kind.identifier(seed, {**self._place, **plain(inputs)})
        computed = self._computed(type_of(request.urn), id_, seed, inputs)
        outputs = self._answered(kind, merged(computed, inputs), inputs)
        item = CloudObject(
            type=type_of(request.urn), id=id_, urn=request.urn, status="", inputs=inputs, outputs=outputs
        )
        with reported_refusals(context):
            if request.preview:
                self._check_in_preview(None, item)
                return provider_pb2.CreateResponse(properties=encode(merged(unknown(computed), inputs)))
            item = self._admitted(kind, None, item)
            operation = self._inventory.create(kind, item, self._scope)
            if name == self._crash_at:
                os._exit(9)
            self._wait(operation, item.type, id_)
        return provider_pb2.CreateResponse(id=id_, properties=encode(item.outputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Update an object. In a preview, return its known outputs. Fails if the service would refuse."""
        kind, _ = self._about(request.urn, context)
        state, old, inputs = decode(request.olds), decode(request.old_inputs), decode(request.news)
        changed = kind.updated(plain(state), plain(inputs))
        kept = {
            **beyond(state, old),
            **{key: state[key] for key in state if behaviour.is_left_out(kind, key, old, inputs)},
        }
        if request.preview and self._is_azure:
            kept, changed = azure_native.promised({**kept, **changed})
        outputs = merged(merged(kept, unknown(changed) if request.preview else changed), inputs)
        if not request.preview:
            outputs = self._answered(kind, outputs, inputs)
        item = CloudObject(
            type=type_of(request.urn), id=request.id, urn=request.urn, status="", inputs=inputs, outputs=outputs
        )
        with reported_refusals(context):
            if request.preview:
                self._check_in_preview(old, item)
            else:
                item = self._admitted(kind, old, item)
                self._wait(self._inventory.update(kind, item), item.type, item.id)
        return provider_pb2.UpdateResponse(properties=encode(item.outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete an object. It is no error if the object does not exist."""
        kind, _ = self._about(request.urn, context)
        type_token = type_of(request.urn)
        with reported_refusals(context):
            operation = self._removed(kind, type_token, request.id)
            if operation is not None:
                self._wait(operation, type_token, request.id)
        return empty_pb2.Empty()

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Return the object as its service stores it, or nothing if it does not exist."""
        kind, _ = self._about(request.urn, context)
        item = self._inventory.find(type_of(request.urn), request.id)
        if item is None:
            preexisting = kind.preexisting(request.id, self._inventory.others)
            return provider_pb2.ReadResponse(id=request.id if preexisting else "", properties=encode(preexisting or {}))
        drift = kind.drift(plain(item.inputs), self._inventory.others)
        if self._is_azure:
            inputs, outputs = azure_native.read(item, drift, decode(request.properties), decode(request.inputs))
            return provider_pb2.ReadResponse(id=item.id, inputs=encode(inputs), properties=encode(outputs))
        stored = kind.stored(plain(item.inputs))
        return provider_pb2.ReadResponse(
            id=item.id,
            inputs=encode(replaced(item.inputs, {**stored, **drift})),
            properties=encode({**replaced(item.outputs, stored), **drift}),
        )

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Return the typical result of a function."""
        self._clock.record_activity()
        with reported_refusals(context):
            answer = kinds.invoke(request.tok, {**self._place, **plain(decode(request.args))}, self._find)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """End all waits for the simulated clock now."""
        self._clock.cancel()
        return empty_pb2.Empty()

    def _find(self, type_token: str, id_: str, _location: Mapping[str, Any]) -> Existing | None:
        """Return an object of the cloud."""
        item = self._inventory.find(type_token, id_)
        if item is None:
            return None
        return Existing(type=item.type, id=item.id, inputs=plain(item.inputs), state=plain(item.outputs))

    @property
    def _is_azure(self) -> bool:
        return self._package == "azure-native"

    @property
    def _place(self) -> dict[str, Any]:
        """Location of this provider's objects. AWS always has a region."""
        fallback = {"region": DEFAULT_REGION} if self._package == "aws" else {}
        return {**fallback, **kinds.place(self._package, self._settings)}

    def _about(self, urn: str, context: grpc.ServicerContext) -> tuple[ResourceModel, str]:
        """Return the model and the logical name of a resource."""
        self._clock.record_activity()
        with reported_refusals(context):
            return kinds.kind(type_of(urn)), urn.rsplit("::", 1)[-1]

    def _computed(self, type_token: str, id_: str, seed: str, inputs: Values) -> Values:
        """Return an object's outputs. In AWS they include the region, except for IAM."""
        regional = self._package == "aws" and not type_token.startswith("aws:iam/")
        outputs = kinds.kind(type_token).outputs(id_, seed, {**self._place, **plain(inputs)})
        return {**(self._place if regional else {}), **outputs}

    def _answered(self, kind: ResourceModel, outputs: Values, inputs: Values) -> Values:
        """Return an object's outputs after a creation or an update. azure-native reads the inputs as the service stores them."""
        return merged(outputs, kind.stored(plain(inputs))) if self._is_azure else outputs

    @property
    def _scope(self) -> str:
        """Scope of unique names."""
        return self._place.get("region", "")

    def _replaced_by(self, old: Values, new: Values) -> list[str]:
        """Return the changed provider settings that are a new location."""
        return []

    def _check_in_preview(self, old: Values | None, item: CloudObject) -> None:
        """Check an object in a preview. Here: do nothing. May raise RefusedError."""

    def _admitted(self, kind: ResourceModel, old: Values | None, item: CloudObject) -> CloudObject:
        """Check a creation, or an update if there are old inputs, and return the object. Raises RefusedError."""
        # In Confluent Cloud, a permission has no effect until its creation has ended.
        others = self._inventory.active if self._package == "confluentcloud" else self._inventory.others
        refusal = behaviour.refusal(kind, old, item.inputs, others)
        if self._is_azure and old is None:
            refusal = azure_native.refusal(self._inventory, item.id) or refusal
        if self._package == "gcp" and old is None:
            refusal = preconditions.refusal(self._inventory, item.type, item.inputs, self._place) or refusal
        if refusal:
            raise RefusedError(refusal)
        return item

    def _removed(self, kind: ResourceModel, type_token: str, id_: str) -> Operation | None:
        """Start the deletion of an object. Return None if it does not exist. Raises RefusedError."""
        return self._inventory.delete(kind, type_token, id_)

    def _wait(self, operation: Operation, type_token: str, id_: str) -> None:
        """Wait for an operation's simulated end, and store it."""
        self._clock.wait(operation.ends)
        self._inventory.settle(type_token, id_, operation.operation)


def type_of(urn: str) -> str:
    """Return the type in ``urn:pulumi:stack::project::parent$type::name``."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


@contextmanager
def reported_refusals(context: grpc.ServicerContext) -> Generator[None]:
    """Report errors to the engine."""
    try:
        yield
    except (RefusedError, CancelledError, UnknownKindError, NotFoundError) as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise
