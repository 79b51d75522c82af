"""Components that EKS, AKS and GKE share: consumers, nodes, jobs and Strimzi."""
