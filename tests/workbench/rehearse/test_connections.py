"""Connections between an inline program and its engine."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto.engine_pb2 import LogRequest
from pulumi.runtime.proto.engine_pb2_grpc import EngineServicer, add_EngineServicer_to_server
from pulumi.runtime.settings import Settings

from workbench.rehearse.sandbox import own_connections


class _Engine(EngineServicer):
    def Log(self, request: LogRequest, context: grpc.ServicerContext) -> Empty:  # noqa: N802  gRPC's names
        return Empty()


def _log(address: str) -> Empty:
    settings: Any = Settings("lab", "test", engine=address)
    return settings.engine.Log(LogRequest())


def test_a_program_reaches_its_engine_on_the_port_where_an_earlier_engine_has_ended() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with own_connections():
        with pytest.raises(grpc.RpcError, match="Connection refused"):
            _log(address)
        server = grpc.server(ThreadPoolExecutor(1))
        add_EngineServicer_to_server(_Engine(), server)
        server.add_insecure_port(address)
        server.start()
        try:
            assert _log(address) == Empty()
        finally:
            server.stop(None).wait()
