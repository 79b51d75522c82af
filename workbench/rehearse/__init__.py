"""A stack on the real Pulumi engine and simulated clouds."""
