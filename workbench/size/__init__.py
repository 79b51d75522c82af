"""Sizes of a service and a platform for a load."""
