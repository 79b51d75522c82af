"""Third-party servers on this machine: Kafka, the Kubernetes API server, and Google's Pub/Sub test server."""
