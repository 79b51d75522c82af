"""Simulated clouds: what AWS and Kubernetes typically answer, without an account. A test double, never a cloud."""
