"""Simulated Kubernetes provider. It uses one cluster, and a real API server if there is one.

With a real API server, each object is sent to the server, and its response is the state. The work of controllers is always simulated:
ready pods, completed Jobs, Strimzi's operators, and Helm releases.
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
from workbench.cloud.provider import SimulatedProvider, reported_refusals, type_of
from workbench.cloud.wire import UNKNOWN, Values, decode, encode, plain

_NOT_YET = frozenset({"AlreadyExists", "Forbidden", "NotFound"})
"""Reasons of a failed dry run that may not occur in the deployment: an object to be replaced exists, or a namespace does not yet."""


class KubernetesProvider(SimulatedProvider):
    """Serves the package ``kubernetes``."""

    def __init__(
        self, inventory: Inventory, clock: Clock, crash_at: str | None = None, live: LiveObjects | None = None
    ) -> None:
        """``live`` is a real server. It can replace only one cluster, because two clusters would share their objects."""
        super().__init__("kubernetes", inventory, clock, crash_at)
        self._live = live
        self._server: str | None = None

    @override
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Store the configuration and the server's address."""
        answer = super().Configure(request, context)
        self._server = cluster.server_of(self._settings)
        return answer

    @override
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Return the server's object. An object that the server does not have is removed from the inventory."""
        kind, _ = self._about(request.urn, context)
        type_token = type_of(request.urn)
        real, item = self._real(type_token), self._inventory.find(type_token, request.id)
        with reported_refusals(context):
            live = real.get(type_token, request.id) if real else None
        if live is None:
            if real and item:
                self._inventory.settle(type_token, request.id, "delete")
            return super().Read(request, context)
        if item:
            live.update(kind.drift(plain(item.inputs), self._inventory.others))
        inputs = decode(request.inputs) or (item.inputs if item else {})
        return provider_pb2.ReadResponse(
            id=request.id,
            inputs=encode(read_back(live, inputs)),
            properties=encode(state(live, inputs, item.outputs.get("status") if item else None)),
        )

    @property
    @override
    def _scope(self) -> str:
        return self._server or ""

    def _real(self, type_token: str) -> LiveObjects | None:
        """Return the real server if there is one that has the kind."""
        return self._live if self._live and self._live.serves(type_token) else None

    @override
    def _replaced_by(self, old: Values, new: Values) -> list[str]:
        """Return the kubeconfig if the cluster changes: its identifier, or its address if an identifier is missing."""
        if "clusterIdentifier" in old and "clusterIdentifier" in new:
            moved = old["clusterIdentifier"] != new["clusterIdentifier"]
        else:
            moved = cluster.server_of(old) != cluster.server_of(new)
        return ["kubeconfig"] if moved else []

    @override
    def _check_in_preview(self, old: Values | None, item: CloudObject) -> None:
        """Do a dry run if all values and the cluster's address are known, as pulumi-kubernetes does."""
        real = self._real(item.type)
        known = UNKNOWN not in json.dumps([item.inputs, self._settings.get("kubeconfig")])
        if real and known and cluster.is_up(self._inventory, self._server):
            try:
                self._sent(real, old, item, dry_run=True)
            except ApiRefusedError as error:
                if error.reason not in _NOT_YET:
                    raise

    @override
    def _admitted(self, kind: ResourceModel, old: Values | None, item: CloudObject) -> CloudObject:
        if refusal := cluster.refusal(self._inventory, self._server, item.inputs):
            raise RefusedError(refusal)
        admitted, real = super()._admitted(kind, old, item), self._real(item.type)
        return self._sent(real, old, admitted) if real else admitted

    def _sent(self, real: LiveObjects, old: Values | None, item: CloudObject, *, dry_run: bool = False) -> CloudObject:
        """Send an object to the server and return its response. Errors have pulumi-kubernetes' format."""
        content = plain(item.inputs)
        failure = f'update of resource "{item.urn}" failed'
        try:
            if old is None:
                failure = f'resource "{item.urn}" was not successfully created by the Kubernetes API server'
                live = real.create(item.type, item.id, content, dry_run=dry_run)
            else:
                manager = f"pulumi-kubernetes-{digits(item.urn, 8)}"
                live = real.update(item.type, item.id, content, manager=manager, dry_run=dry_run)
        except ApiRefusedError as error:
            raise ApiRefusedError(f"{failure}: {error}", error.reason) from None
        self._clock.record_activity()
        return replace(item, outputs=state(live, item.inputs, item.outputs.get("status")))

    @override
    def _removed(self, kind: ResourceModel, type_token: str, id_: str) -> Operation | None:
        reached = cluster.is_up(self._inventory, self._server)
        if not reached and self._settings.get("deleteUnreachable") not in (True, "true"):
            raise RefusedError(f"configured Kubernetes cluster is unreachable: no cluster answers at {self._server}")
        operation = super()._removed(kind, type_token, id_)
        if real := self._real(type_token):
            real.delete(type_token, id_)
        return operation
