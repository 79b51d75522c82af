"""Runs a program with no engine and records all that it asks for: what `plan` shows and what the unit tests look at."""
