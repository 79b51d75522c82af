"""Kinesis Video Streams source."""
