"""The network of a stack on Azure."""
