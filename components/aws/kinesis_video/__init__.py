"""Amazon Kinesis Video Streams."""
