"""New projects for handlers."""
