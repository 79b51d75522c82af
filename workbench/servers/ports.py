"""Free ports for servers on this machine."""

import random
import socket
from contextlib import ExitStack, closing

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Range of ports: below the ephemeral ports, so that a restarted server finds its port free."""


def free_ports(count: int) -> list[int]:
    """Return different ports that are free."""
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
    raise OSError(f"fewer than {count} ports are free between {PORTS[0]} and {PORTS[-1]}")
