"""Google Cloud: network, streaming services and container platforms."""
