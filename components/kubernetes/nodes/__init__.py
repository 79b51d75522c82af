"""Nodes: their capacity, their groups and their labels."""
