"""The equation in messages: a real Kafka broker and real consumers on this machine."""
