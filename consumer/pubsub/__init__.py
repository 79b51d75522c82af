"""Pub/Sub source."""
