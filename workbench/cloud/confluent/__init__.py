"""Simulated Confluent Cloud."""
