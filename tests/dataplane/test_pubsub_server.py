"""Google's Pub/Sub test server ends with its parent process."""

import os
import socket
import subprocess
import sys
from contextlib import suppress

from workbench.stack_file import ROOT

USER = """
import sys, time
from workbench.servers.pubsub_server import pubsub_server

with pubsub_server(lambda _: None) as address:
    print(address, flush=True)
    time.sleep(600)
"""


def test_the_server_ends_when_its_parent_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", USER], cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True
    ) as user:
        try:
            assert user.stdout is not None
            host, port = user.stdout.readline().strip().split(":")
            connection = socket.create_connection((host, int(port)), timeout=60)
        finally:
            user.kill()
    with connection, suppress(ConnectionResetError):
        while connection.recv(1024):  # until the server closes or resets the connection
            pass
