"""The commands that bring an existing topic under management."""
