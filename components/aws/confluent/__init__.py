"""Confluent Cloud on AWS."""
