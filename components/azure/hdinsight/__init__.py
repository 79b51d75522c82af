"""Kafka on Azure HDInsight."""
