"""Alarms and the dashboard on AWS: CloudWatch."""
