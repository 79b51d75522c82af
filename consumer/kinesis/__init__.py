"""Kinesis Data Streams source."""
