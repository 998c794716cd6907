"""The apps layer: one app's workload in its own namespace."""
