"""`make move`: moves resources to the stack that declares them now, after a project was divided further.

It owns the division of two deployments and the order of the steps. Only states change: nothing in the cloud is created,
changed, replaced or deleted. Which stack a type belongs to is in `policies/layers.yaml`.
"""
