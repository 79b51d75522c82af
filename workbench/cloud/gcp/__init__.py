"""Simulated Google Cloud."""
