"""Check a stack before deploying it. No cloud account is needed."""
