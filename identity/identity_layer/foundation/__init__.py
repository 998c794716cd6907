"""The foundation: what binds identity-deploy itself, and is therefore changed by administrators only.

All resources here are children of one component, so that a plan shows at a glance whether it touches the foundation: an
administrator applies such a plan, and Google refuses it to identity-deploy.
"""
