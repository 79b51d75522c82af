"""Simulated Azure."""
