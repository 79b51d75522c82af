"""The simulated Confluent Cloud."""
