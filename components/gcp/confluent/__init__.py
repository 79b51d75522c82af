"""Confluent Cloud on Google Cloud."""
