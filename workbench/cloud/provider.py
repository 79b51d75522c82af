"""A simulated Pulumi provider: one program that serves any package of the tables. A test double, never a cloud.

The engine starts it as ``pulumi-resource-<package>``; it speaks ``pulumirpc.ResourceProvider`` and behaves as a provider
before a cloud does: it names what has no name, tells updates from replacements, knows no computed output in a preview, and
passes on what the services refuse.
"""

# ruff: noqa: N802, ARG002  the names and signatures are those of the gRPC service

import argparse
import json
import os
import sys
from collections.abc import Callable
from concurrent import futures
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from workbench.cloud import azure_native, behaviour, cluster, gcp_native, kinds
from workbench.cloud.clock import CancelledError, Clock
from workbench.cloud.inventory import Inventory, Operation, RefusedError, Thing
from workbench.cloud.kinds import Kind, UnknownKindError
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
        self._server: str | None = None

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
        """A provider is replaced, with all that it made, only when it turns to another Kubernetes cluster."""
        old, new = plain(decode(request.olds)), plain(decode(request.news))
        if self._package != "kubernetes":
            replaces = False
        elif "clusterIdentifier" in old and "clusterIdentifier" in new:
            replaces = old["clusterIdentifier"] != new["clusterIdentifier"]
        else:
            replaces = cluster.server_of(old) != cluster.server_of(new)
        changed = provider_pb2.DiffResponse.DIFF_NONE if old == new else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changed, replaces=["kubeconfig"] if replaces else [])

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Keep the configuration; secrets are passed on, previews are answered."""
        self._settings = plain(decode(request.args))
        self._server = cluster.server_of(self._settings)
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
        computed = self._computed(_type(request.urn), id_, seed, inputs)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(merged(unknown(computed), inputs)))
        outputs = self._answered(kind, merged(computed, inputs), inputs)
        thing = Thing(type=_type(request.urn), id=id_, urn=request.urn, status="", inputs=inputs, outputs=outputs)

        def begin() -> Operation:
            self._admit(kind, None, thing)
            return self._inventory.create(kind, thing, self._server or self._place.get("region", ""))

        self._perform(begin, thing.type, id_, context, crash=name == self._crash_at)
        return provider_pb2.CreateResponse(id=id_, properties=encode(outputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change an object in place; in a preview, say what would be known of it. Fails where the service would."""
        kind, _ = self._about(request.urn, context)
        state, old, inputs = decode(request.olds), decode(request.old_inputs), decode(request.news)
        changed = kind.updated(plain(state), plain(inputs))
        kept = beyond(state, old)
        if request.preview and self._is_azure:
            kept, changed = azure_native.promised({**kept, **changed})
        outputs = merged(merged(kept, unknown(changed) if request.preview else changed), inputs)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(outputs))
        outputs = self._answered(kind, outputs, inputs)
        thing = Thing(
            type=_type(request.urn), id=request.id, urn=request.urn, status="", inputs=inputs, outputs=outputs
        )

        def begin() -> Operation:
            self._admit(kind, old, thing)
            return self._inventory.update(kind, thing)

        self._perform(begin, thing.type, request.id, context)
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Remove an object; one that is gone already is no error."""
        kind, _ = self._about(request.urn, context)

        def begin() -> Operation | None:
            gone = self._package == "kubernetes" and not cluster.is_up(self._inventory, self._server)
            if gone and self._settings.get("deleteUnreachable") not in (True, "true"):
                raise RefusedError(
                    f"configured Kubernetes cluster is unreachable: no cluster answers at {self._server}"
                )
            return self._inventory.delete(kind, _type(request.urn), request.id)

        self._perform(begin, _type(request.urn), request.id, context)
        return empty_pb2.Empty()

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """The object as its service stores it; nothing when it is not there any more."""
        kind, _ = self._about(request.urn, context)
        thing = self._inventory.find(_type(request.urn), request.id)
        if thing is None:
            stands = kind.stands(request.id, self._inventory.others)
            return provider_pb2.ReadResponse(id=request.id if stands else "", properties=encode(stands or {}))
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
        try:
            answer = kinds.invoke(request.tok, {**self._place, **plain(decode(request.args))})
        except UnknownKindError as error:
            _abort(context, error)
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

    def _about(self, urn: str, context: grpc.ServicerContext) -> tuple[Kind, str]:
        """The kind and the logical name of a resource."""
        self._clock.hear()
        try:
            return kinds.kind(_type(urn)), urn.rsplit("::", 1)[-1]
        except UnknownKindError as error:
            _abort(context, error)

    def _computed(self, type_token: str, id_: str, seed: str, inputs: Values) -> Values:
        """An object's outputs; all but IAM's are in the provider's region and say so."""
        regional = self._package == "aws" and not type_token.startswith("aws:iam/")
        outputs = kinds.kind(type_token).outputs(id_, seed, {**self._place, **plain(inputs)})
        return {**(self._place if regional else {}), **outputs}

    def _answered(self, kind: Kind, outputs: Values, inputs: Values) -> Values:
        """An object's outputs after it was made or changed; azure-native reads what the service has made of the inputs."""
        return merged(outputs, kind.stored(plain(inputs))) if self._is_azure else outputs

    def _admit(self, kind: Kind, old: Values | None, thing: Thing) -> None:
        # A right that Confluent Cloud does not know everywhere yet is none.
        others = self._inventory.made if self._package == "confluentcloud" else self._inventory.others
        refusal = behaviour.refusal(kind, old, thing.inputs, others)
        if self._package == "kubernetes":
            refusal = cluster.refusal(self._inventory, self._server, thing.inputs) or refusal
        if self._is_azure and old is None:
            refusal = azure_native.refusal(self._inventory, thing.id) or refusal
        if self._package == "gcp" and old is None:
            refusal = gcp_native.refusal(self._inventory, thing.type, thing.inputs, self._place) or refusal
        if refusal:
            raise RefusedError(refusal)

    def _perform(
        self,
        begin: Callable[[], Operation | None],
        type_token: str,
        id_: str,
        context: grpc.ServicerContext,
        *,
        crash: bool = False,
    ) -> None:
        """Begin an operation, let its simulated time pass, and write down its end."""
        try:
            operation = begin()
            if crash:
                os._exit(9)
            if operation is not None:
                self._clock.wait(operation.ends)
                self._inventory.settle(type_token, id_, operation.operation)
        except (RefusedError, CancelledError) as error:
            _abort(context, error)


def _type(urn: str) -> str:
    """``urn:pulumi:stack::project::parent$type::name`` -> type."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _abort(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise error


def serve(package: str, directory: Path, crash_at: str | None) -> None:
    """Serve one package on a free port of this machine until the engine that started this process ends."""
    inventory = Inventory(directory / "inventory.sqlite")
    clock = Clock(inventory, directory / "heard")
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=256))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        SimulatedProvider(package, inventory, clock, crash_at), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    clock.started()
    print(port, flush=True)  # noqa: T201  this is how a plugin tells the engine its port
    clock.keep()
    os._exit(0)


def main() -> None:
    """The entry point of ``pulumi-resource-<package>``; the engine adds its own address, which is not needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", required=True)
    parser.add_argument("--directory", required=True, type=Path)
    parser.add_argument("--crash-at")
    options, _ = parser.parse_known_args(sys.argv[1:])
    serve(options.package, options.directory, options.crash_at)


if __name__ == "__main__":
    main()
