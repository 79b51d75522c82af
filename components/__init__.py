"""Pulumi components of data pipes, built from the settings in a stack file."""
