"""Program behind ``pulumi-resource-<package>``: serves a simulated provider until the engine ends."""

import argparse
import os
import sys
from concurrent import futures
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from workbench.cloud.clock import Clock
from workbench.cloud.inventory import Inventory
from workbench.cloud.kubernetes.live import LiveObjects
from workbench.cloud.kubernetes.provider import KubernetesProvider
from workbench.cloud.provider import SimulatedProvider


def main() -> None:
    """Serve on a free port of this machine. The engine's address in the arguments is not needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", required=True)
    parser.add_argument("--directory", required=True, type=Path)
    parser.add_argument("--crash-at")
    parser.add_argument("--kubeconfig", type=Path)
    options, _ = parser.parse_known_args(sys.argv[1:])
    inventory = Inventory(options.directory / "inventory.sqlite")
    clock = Clock(inventory, options.directory / "activity")
    if options.package == "kubernetes":
        live = LiveObjects(options.kubeconfig) if options.kubeconfig else None
        provider = KubernetesProvider(inventory, clock, options.crash_at, live)
    else:
        provider = SimulatedProvider(options.package, inventory, clock, options.crash_at)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=256))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    clock.started()
    print(port, flush=True)  # noqa: T201  the engine reads the plugin's port from standard output
    clock.keep()
    os._exit(0)


if __name__ == "__main__":
    main()
