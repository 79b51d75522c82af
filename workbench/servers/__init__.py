"""Programs of others that run on this machine: Kafka, Kubernetes' API server, Pub/Sub's test server."""
