"""Microsoft Azure: network, streaming services and container platforms."""
