"""Reads a stream of Kinesis Data Streams."""
