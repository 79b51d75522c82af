"""Prove partitions = replicas with messages: a real Kafka broker and real consumers on this machine."""
