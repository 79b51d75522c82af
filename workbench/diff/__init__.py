"""What every stack would become since a revision."""
