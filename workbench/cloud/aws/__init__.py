"""Simulated AWS."""
