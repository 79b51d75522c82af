"""Kafka in containers, run by Strimzi in the cluster of the platform."""
