"""Code that all Kafka services share: topic settings and dead letters."""
