"""Ports for what this machine serves to itself."""

import random
import socket
from contextlib import ExitStack, closing

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Where ports are looked for: below those that systems take for connections, so that a server finds its own free again."""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, all different."""
    found: list[int] = []
    with ExitStack() as stack:
        for port in random.sample(PORTS, len(PORTS)):
            held = stack.enter_context(closing(socket.socket()))
            try:
                held.bind((HOST, port))
            except OSError:
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise OSError(f"there are no {count} free ports between {PORTS[0]} and {PORTS[-1]}")
