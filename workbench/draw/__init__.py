"""Draw the architecture of a stack from its planned resources."""
