"""Confluent Cloud on AWS, Azure or Google Cloud."""
