"""Alarms and the dashboard on GCP: Cloud Monitoring."""
