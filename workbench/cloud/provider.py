"""A simulated Pulumi provider: one program that serves any package of the tables. A test double, never a cloud.

The engine starts it as ``pulumi-resource-<package>``; it speaks ``pulumirpc.ResourceProvider`` and behaves as a provider
before a cloud does: it names what has no name, tells updates from replacements, knows no computed output in a preview, and
passes on what the services refuse.
"""

# ruff: noqa: N802, ARG002  the names and signatures are those of the gRPC service

import json
import os
from collections.abc import Generator
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
from workbench.cloud.model import DEFAULT_REGION
from workbench.cloud.wire import Values, beyond, decode, encode, merged, plain, replaced, unknown

_KINDS_OF_CHANGE = provider_pb2.PropertyDiff.Kind


class SimulatedProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one package, before the inventory that all simulated clouds of a rehearsal share."""

    def __init__(self, package: str, inventory: Inventory, clock: Clock, crash_at: str | None = None) -> None:
        """``crash_at`` names a resource whose creation ends this process half-way, for tests of what is left behind."""
        self._package = package
        self._inventory = inventory
        self._clock = clock
        self._crash_at = crash_at
        self._settings: Values = {}

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The version of the installed SDK, as the engine compares the two and warns."""
        return plugin_pb2.PluginInfo(version=version(f"pulumi-{self._package}"))

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """No more than the package's name: the engine needs no schema to run a program."""
        schema = {"name": self._package, "version": version(f"pulumi-{self._package}")}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Any configuration will do; a cloud's own check of credentials is not simulated."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """A provider is replaced, with all that it made, only when it turns to another place of such things."""
        old, new = plain(decode(request.olds)), plain(decode(request.news))
        changed = provider_pb2.DiffResponse.DIFF_NONE if old == new else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changed, replaces=self._replaced_by(old, new))

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Keep the configuration; secrets are passed on, previews are answered."""
        self._settings = plain(decode(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Give a name to what has none."""
        kind, name = self._about(request.urn, context)
        inputs = behaviour.with_name(kind, name, request.randomSeed, decode(request.news), decode(request.olds))
        return provider_pb2.CheckResponse(inputs=encode(inputs))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare new inputs with old ones."""
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
        """Make an object; in a preview, say what would be known of it."""
        kind, name = self._about(request.urn, context)
        inputs = decode(request.properties)
        again = self._inventory.times_created(request.urn)
        seed = request.urn if again == 0 else f"{request.urn}#{again}"
        id_ = kind.identifier(seed, {**self._place, **plain(inputs)})
        computed = self._computed(type_of(request.urn), id_, seed, inputs)
        outputs = self._answered(kind, merged(computed, inputs), inputs)
        thing = CloudObject(
            type=type_of(request.urn), id=id_, urn=request.urn, status="", inputs=inputs, outputs=outputs
        )
        with refusals_told(context):
            if request.preview:
                self._foresee(None, thing)
                return provider_pb2.CreateResponse(properties=encode(merged(unknown(computed), inputs)))
            thing = self._admitted(kind, None, thing)
            operation = self._inventory.create(kind, thing, self._scope)
            if name == self._crash_at:
                os._exit(9)
            self._wait(operation, thing.type, id_)
        return provider_pb2.CreateResponse(id=id_, properties=encode(thing.outputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change an object in place; in a preview, say what would be known of it. Fails where the service would."""
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
        thing = CloudObject(
            type=type_of(request.urn), id=request.id, urn=request.urn, status="", inputs=inputs, outputs=outputs
        )
        with refusals_told(context):
            if request.preview:
                self._foresee(old, thing)
            else:
                thing = self._admitted(kind, old, thing)
                self._wait(self._inventory.update(kind, thing), thing.type, thing.id)
        return provider_pb2.UpdateResponse(properties=encode(thing.outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Remove an object; one that is gone already is no error."""
        kind, _ = self._about(request.urn, context)
        type_token = type_of(request.urn)
        with refusals_told(context):
            operation = self._removed(kind, type_token, request.id)
            if operation is not None:
                self._wait(operation, type_token, request.id)
        return empty_pb2.Empty()

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """The object as its service stores it; nothing when it is not there any more."""
        kind, _ = self._about(request.urn, context)
        thing = self._inventory.find(type_of(request.urn), request.id)
        if thing is None:
            preexisting = kind.preexisting(request.id, self._inventory.others)
            return provider_pb2.ReadResponse(id=request.id if preexisting else "", properties=encode(preexisting or {}))
        drift = kind.drift(plain(thing.inputs), self._inventory.others)
        if self._is_azure:
            inputs, outputs = azure_native.read(thing, drift, decode(request.properties), decode(request.inputs))
            return provider_pb2.ReadResponse(id=thing.id, inputs=encode(inputs), properties=encode(outputs))
        stored = kind.stored(plain(thing.inputs))
        return provider_pb2.ReadResponse(
            id=thing.id,
            inputs=encode(replaced(thing.inputs, {**stored, **drift})),
            properties=encode({**replaced(thing.outputs, stored), **drift}),
        )

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Answer a function from the table."""
        self._clock.hear()
        with refusals_told(context):
            answer = kinds.invoke(request.tok, {**self._place, **plain(decode(request.args))})
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Let whatever waits for the simulated clock end now."""
        self._clock.cancel()
        return empty_pb2.Empty()

    @property
    def _is_azure(self) -> bool:
        return self._package == "azure-native"

    @property
    def _place(self) -> dict[str, Any]:
        """Where this provider's objects are; AWS has a region in any case."""
        fallback = {"region": DEFAULT_REGION} if self._package == "aws" else {}
        return {**fallback, **kinds.place(self._package, self._settings)}

    def _about(self, urn: str, context: grpc.ServicerContext) -> tuple[ResourceModel, str]:
        """The kind and the logical name of a resource."""
        self._clock.hear()
        with refusals_told(context):
            return kinds.kind(type_of(urn)), urn.rsplit("::", 1)[-1]

    def _computed(self, type_token: str, id_: str, seed: str, inputs: Values) -> Values:
        """An object's outputs; all but IAM's are in the provider's region and say so."""
        regional = self._package == "aws" and not type_token.startswith("aws:iam/")
        outputs = kinds.kind(type_token).outputs(id_, seed, {**self._place, **plain(inputs)})
        return {**(self._place if regional else {}), **outputs}

    def _answered(self, kind: ResourceModel, outputs: Values, inputs: Values) -> Values:
        """An object's outputs after it was made or changed; azure-native reads what the service has made of the inputs."""
        return merged(outputs, kind.stored(plain(inputs))) if self._is_azure else outputs

    @property
    def _scope(self) -> str:
        """Where a name that there may be once is taken."""
        return self._place.get("region", "")

    def _replaced_by(self, old: Values, new: Values) -> list[str]:
        """The settings of the provider whose change means another place."""
        return []

    def _foresee(self, old: Values | None, thing: CloudObject) -> None:
        """Say in a preview what the service says by then: nothing. Raises RefusedError."""

    def _admitted(self, kind: ResourceModel, old: Values | None, thing: CloudObject) -> CloudObject:
        """What the service makes of an object that is to be made, or changed where there are old inputs. Raises RefusedError."""
        # A right that Confluent Cloud does not know everywhere yet is none.
        others = self._inventory.made if self._package == "confluentcloud" else self._inventory.others
        refusal = behaviour.refusal(kind, old, thing.inputs, others)
        if self._is_azure and old is None:
            refusal = azure_native.refusal(self._inventory, thing.id) or refusal
        if self._package == "gcp" and old is None:
            refusal = preconditions.refusal(self._inventory, thing.type, thing.inputs, self._place) or refusal
        if refusal:
            raise RefusedError(refusal)
        return thing

    def _removed(self, kind: ResourceModel, type_token: str, id_: str) -> Operation | None:
        """The deletion of an object, which has begun; None where it is gone already. Raises RefusedError."""
        return self._inventory.delete(kind, type_token, id_)

    def _wait(self, operation: Operation, type_token: str, id_: str) -> None:
        """Let an operation's simulated time pass, and write down its end."""
        self._clock.wait(operation.ends)
        self._inventory.settle(type_token, id_, operation.operation)


def type_of(urn: str) -> str:
    """``urn:pulumi:stack::project::parent$type::name`` -> type."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


@contextmanager
def refusals_told(context: grpc.ServicerContext) -> Generator[None]:
    """Tell the engine why something was not done."""
    try:
        yield
    except (RefusedError, CancelledError, UnknownKindError) as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise
