"""Least permissions of the identity that deploys or previews a stack, from its planned resources."""
