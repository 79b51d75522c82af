"""Components of a data pipe: settings in, a topic and as many consumers as it has partitions out."""
