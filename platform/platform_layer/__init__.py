"""The platform layer: network, cluster, databases, and the cluster's set-up for every app."""
