"""Report of a stack as one HTML file that needs no network."""
