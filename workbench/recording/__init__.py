"""Runs a program without the Pulumi engine and records its resources, for `plan` and for unit tests."""
