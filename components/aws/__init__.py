"""Amazon Web Services: network, streaming services and container platforms."""
