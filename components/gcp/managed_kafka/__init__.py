"""Google Cloud Managed Service for Apache Kafka."""
