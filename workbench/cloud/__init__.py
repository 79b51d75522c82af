"""Simulated clouds with typical responses of AWS, Azure, Google Cloud, Confluent Cloud and Kubernetes. Test doubles."""
