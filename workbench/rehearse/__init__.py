"""Rehearse a stack: the real Pulumi engine on simulated clouds."""
