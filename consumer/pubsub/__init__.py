"""Reads a subscription of Pub/Sub."""
