"""What can go wrong between this plugin and a cluster."""


class ApiError(Exception):
    """The API server's refusal: its own sentence, the HTTP status and the reason."""

    def __init__(self, message: str, status: int, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class UnreachableError(Exception):
    """No answer: the kubeconfig is unusable, its credential plugin failed, or nothing listens there."""


class NoSuchKindError(Exception):
    """The cluster does not serve this kind, perhaps not yet: its definition may be about to be created."""
