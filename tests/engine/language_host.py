"""Stand-in for the CLI's Python language host: runs a program in a separate process and ends it with SIGINT, like the real one.

The real one (pulumi-language-python) is part of the CLI's release and of no Go module, so it cannot be built here like the engine.
The script that runs the program, pulumi-language-python-exec, is the real one from the engine's Go module.
"""

import json
import os
import signal
import subprocess
import sys
from concurrent import futures
from typing import Any

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

SHOWN = 32
"""Exit status of a program that has printed its error itself."""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """The requests of the engine's language protocol that running a program needs."""

    def __init__(self, executor: str, engine: str) -> None:
        self.executor = executor
        self.engine = engine

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802  the names are Pulumi's
        return plugin_pb2.PluginInfo(version="3.0.0")

    def GetRequiredPackages(  # noqa: N802
        self, request: Any, context: Any
    ) -> language_pb2.GetRequiredPackagesResponse:
        return language_pb2.GetRequiredPackagesResponse()

    def Run(self, request: Any, context: grpc.ServicerContext) -> language_pb2.RunResponse:  # noqa: N802
        arguments = {
            "monitor": request.monitor_address,
            "engine": self.engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": str(request.dryRun).lower(),
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        given = [part for name, value in arguments.items() if value for part in (f"--{name}", value)]
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [sys.executable, self.executor, *given, request.info.entry_point]
        with subprocess.Popen(command, cwd=request.info.program_directory, env=environment) as process:
            context.add_callback(lambda: process.send_signal(signal.SIGINT))  # no effect after the program has ended
            status = process.wait()
        if status == SHOWN:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {status}" if status else "")


def main() -> None:
    executor, engine = sys.argv[1], sys.argv[-1]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(executor, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    signal.signal(signal.SIGINT, lambda _number, _frame: server.stop(grace=5))
    print(port, flush=True)  # noqa: T201  this is how a plugin tells the engine its port
    parent = os.getppid()
    # True: still running after the timeout. A killed CLI ends no plugin, so this one ends when it has another parent.
    while server.wait_for_termination(timeout=1) and os.getppid() == parent:
        pass


if __name__ == "__main__":
    main()
