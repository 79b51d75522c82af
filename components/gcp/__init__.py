"""Google Cloud: the network, the streaming services and the container platforms of a pipeline."""
