"""What sets the simulated provider for Kubernetes apart: it reaches one cluster, and where there is a real API server, that decides.

Half of it is real then. Each object goes to the server, whose answer is the state; what its controllers would do is simulated as
ever: pods that become ready, Jobs that end, Strimzi's operators, and the Helm releases, which the server knows nothing of.
"""

import json
from dataclasses import replace

import grpc
from pulumi.runtime.proto import provider_pb2
from typing_extensions import override

from workbench.cloud.clock import Clock
from workbench.cloud.inventory import CloudObject, Inventory, Operation, RefusedError
from workbench.cloud.kinds import ResourceModel
from workbench.cloud.kubernetes import cluster
from workbench.cloud.kubernetes.fields import read_back, state
from workbench.cloud.kubernetes.live import ApiRefusedError, LiveObjects
from workbench.cloud.model import digits
from workbench.cloud.provider import SimulatedProvider, refusals_told, type_of
from workbench.cloud.wire import UNKNOWN, Values, decode, encode, plain

_NOT_YET = frozenset({"AlreadyExists", "Forbidden", "NotFound"})
"""What a dry run may meet in a preview and the deployment need not: a namesake that goes first, or a namespace that comes."""


class KubernetesProvider(SimulatedProvider):
    """Serves the package ``kubernetes``."""

    def __init__(
        self, inventory: Inventory, clock: Clock, crash_at: str | None = None, live: LiveObjects | None = None
    ) -> None:
        """``live`` are those of a real server. It takes the place of one cluster: two at once would find each other's objects."""
        super().__init__("kubernetes", inventory, clock, crash_at)
        self._live = live
        self._server: str | None = None

    @override
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Keep the configuration, and where it leads."""
        answer = super().Configure(request, context)
        self._server = cluster.server_of(self._settings)
        return answer

    @override
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """The object as the server has it; one that it has no longer is forgotten."""
        kind, _ = self._about(request.urn, context)
        type_token = type_of(request.urn)
        real, thing = self._real(type_token), self._inventory.find(type_token, request.id)
        with refusals_told(context):
            live = real.get(type_token, request.id) if real else None
        if live is None:
            if real and thing:
                self._inventory.settle(type_token, request.id, "delete")
            return super().Read(request, context)
        if thing:
            live.update(kind.drift(plain(thing.inputs), self._inventory.others))
        inputs = decode(request.inputs) or (thing.inputs if thing else {})
        return provider_pb2.ReadResponse(
            id=request.id,
            inputs=encode(read_back(live, inputs)),
            properties=encode(state(live, inputs, thing.outputs.get("status") if thing else None)),
        )

    @property
    @override
    def _scope(self) -> str:
        return self._server or ""

    def _real(self, type_token: str) -> LiveObjects | None:
        """The real server, where there is one that knows the kind."""
        return self._live if self._live and self._live.serves(type_token) else None

    @override
    def _replaced_by(self, old: Values, new: Values) -> list[str]:
        """Another cluster is one of another identifier, or where one of the two has none, at another address."""
        if "clusterIdentifier" in old and "clusterIdentifier" in new:
            moved = old["clusterIdentifier"] != new["clusterIdentifier"]
        else:
            moved = cluster.server_of(old) != cluster.server_of(new)
        return ["kubeconfig"] if moved else []

    @override
    def _foresee(self, old: Values | None, thing: CloudObject) -> None:
        """A dry run, as pulumi-kubernetes does where all is known, the cluster's address too."""
        real = self._real(thing.type)
        known = UNKNOWN not in json.dumps([thing.inputs, self._settings.get("kubeconfig")])
        if real and known and cluster.is_up(self._inventory, self._server):
            try:
                self._sent(real, old, thing, dry_run=True)
            except ApiRefusedError as error:
                if error.reason not in _NOT_YET:
                    raise

    @override
    def _admitted(self, kind: ResourceModel, old: Values | None, thing: CloudObject) -> CloudObject:
        if refusal := cluster.refusal(self._inventory, self._server, thing.inputs):
            raise RefusedError(refusal)
        admitted, real = super()._admitted(kind, old, thing), self._real(thing.type)
        return self._sent(real, old, admitted) if real else admitted

    def _sent(self, real: LiveObjects, old: Values | None, thing: CloudObject, *, dry_run: bool = False) -> CloudObject:
        """The object as the server has it now, or would; what it refuses is told as pulumi-kubernetes does."""
        content = plain(thing.inputs)
        told = f'update of resource "{thing.urn}" failed'
        try:
            if old is None:
                told = f'resource "{thing.urn}" was not successfully created by the Kubernetes API server'
                live = real.create(thing.type, thing.id, content, dry_run=dry_run)
            else:
                manager = f"pulumi-kubernetes-{digits(thing.urn, 8)}"
                live = real.update(thing.type, thing.id, content, manager=manager, dry_run=dry_run)
        except ApiRefusedError as error:
            raise ApiRefusedError(f"{told}: {error}", error.reason) from None
        self._clock.hear()
        return replace(thing, outputs=state(live, thing.inputs, thing.outputs.get("status")))

    @override
    def _removed(self, kind: ResourceModel, type_token: str, id_: str) -> Operation | None:
        reached = cluster.is_up(self._inventory, self._server)
        if not reached and self._settings.get("deleteUnreachable") not in (True, "true"):
            raise RefusedError(f"configured Kubernetes cluster is unreachable: no cluster answers at {self._server}")
        operation = super()._removed(kind, type_token, id_)
        if real := self._real(type_token):
            real.delete(type_token, id_)
        return operation
