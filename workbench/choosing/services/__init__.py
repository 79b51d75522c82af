"""One module for each streaming service of the catalog, with the constant GUIDE."""
