"""Confluent Cloud, on whichever cloud the stack lives in."""
