"""Jobs that run the programs of topic/ in the cluster."""
