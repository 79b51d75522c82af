"""Compare the plans of all stacks with those at a git revision."""
