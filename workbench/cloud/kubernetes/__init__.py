"""Simulated Kubernetes."""
