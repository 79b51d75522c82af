"""Reads a topic of Kafka."""
