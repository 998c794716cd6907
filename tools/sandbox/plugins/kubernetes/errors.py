"""Errors between this plugin and a cluster."""


class ApiError(Exception):
    """Refusal of the API server: its message, the HTTP status and the reason."""

    def __init__(self, message: str, status: int, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class UnreachableError(Exception):
    """No response: the kubeconfig is unusable, its credential plugin failed, or no server listens at the address."""


class NoSuchKindError(Exception):
    """A kind that the cluster does not serve, perhaps not yet: its definition may be about to be created."""
