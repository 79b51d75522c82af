"""Confluent Cloud on Azure."""
