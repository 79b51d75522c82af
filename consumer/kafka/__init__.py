"""Kafka source."""
