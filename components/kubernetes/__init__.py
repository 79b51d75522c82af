"""What every Kubernetes platform shares: the consumers of a pipe and the room that they need."""
