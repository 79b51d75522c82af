"""Alarms and the dashboard on Azure: Azure Monitor."""
