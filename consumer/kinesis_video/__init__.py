"""Reads a stream of Kinesis Video Streams."""
