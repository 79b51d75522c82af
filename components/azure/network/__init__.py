"""Network of a stack on Azure."""
