"""Alarms and dashboards: what services measure, when it is an alarm, and who is told."""
