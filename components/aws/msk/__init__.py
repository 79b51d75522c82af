"""Amazon MSK."""
