"""Settings of the apps' namespaces.

The apps and their owners are not configured here: they come from the identity layer (upstream.py).
"""

from typing import Self

from pydantic import Field, model_validator

from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import Reason
from platform_layer.values import BytesQuota, CpuQuota


class Quota(Section):
    """Quota of an app's namespace, for everything in it together."""

    cpu: CpuQuota = "4"
    memory: BytesQuota = "8Gi"
    pods: int = Field(default=20, ge=0, le=1000)
    deployments: int = Field(default=10, ge=0, le=200)
    jobs: int = Field(default=50, ge=0, le=1000)
    cron_jobs: int = Field(default=10, ge=0, le=200)
    services: int = Field(default=10, ge=0, le=200)
    # Every version of an app's settings is one more, until its team removes it.
    config_maps: int = Field(default=50, ge=1, le=1000)
    volumes: int = Field(default=0, ge=0, le=200)
    storage: BytesQuota | None = None

    @model_validator(mode="after")
    def _volumes_and_storage_together(self) -> Self:
        if (self.volumes > 0) != (self.storage is not None):
            raise ValueError(
                "volumes and storage go together: without the one, the other allows nothing; set both, as in "
                "{volumes: 2, storage: 20Gi}, or neither."
            )
        return self


class AppNamespace(Section):
    """Overrides for an app's namespace."""

    quota: Quota = Field(default_factory=Quota)
    public: bool = False
    retire: Reason | None = None

    def quota_over(self, default: Quota) -> Quota:
        """The namespace's quota: the environment's default with the values that are set here."""
        return default.model_copy(update={name: getattr(self.quota, name) for name in self.quota.model_fields_set})
