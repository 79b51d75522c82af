"""What every Kafka shares: the settings of a topic, and its dead letters."""
