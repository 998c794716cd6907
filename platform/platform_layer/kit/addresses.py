"""Forms of the addresses in contracts: a producer publishes no others, and a consumer accepts no others.

An address decides where a consumer sends its token, which account it binds, and whose image it runs. So each form is
closed: a scheme, a host of Google's, a place in a project. A message about a contract names the field, not its value.
"""

from typing import Annotated

from pydantic import Field

_ID = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
HOST = rf"{_NAME}(\.{_NAME})+"
_BYTE = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IP = rf"{_BYTE}(\.{_BYTE}){{3}}"

# DNS endpoint of a cluster: https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation. The other form
# is a cluster on this machine, which the policies admit in no real environment.
CLUSTER_SERVER = rf"https://(gke-{_NAME}\.{_NAME}\.gke\.goog|localhost:[1-9][0-9]{{3,4}})"

AccountAddress = Annotated[str, Field(pattern=rf"^{_ID}@{_ID}\.iam\.gserviceaccount\.com$")]
CloudRange = Annotated[str, Field(pattern=rf"^{_IP}/([0-9]|[12][0-9]|3[0-2])$")]
ClusterServer = Annotated[str, Field(pattern=f"^{CLUSTER_SERVER}$")]
ConnectionName = Annotated[str, Field(pattern=rf"^{_ID}:{_NAME}:{_NAME}$")]
DatabaseUser = Annotated[str, Field(pattern=rf"^{_ID}@{_ID}\.iam$")]
GroupAddress = Annotated[str, Field(pattern=rf"^[a-z0-9]([a-z0-9._+-]*[a-z0-9])?@{HOST}$")]
HostName = Annotated[str, Field(pattern=rf"^{HOST}$")]
KeyName = Annotated[str, Field(pattern=rf"^projects/{_ID}/locations/{_NAME}/keyRings/data/cryptoKeys/{_NAME}$")]
NetworkName = Annotated[str, Field(pattern=rf"^projects/{_ID}/global/networks/{_NAME}$")]
# RFC 1918 and RFC 6598.
_PRIVATE = rf"10\.{_BYTE}|172\.(1[6-9]|2[0-9]|3[01])|192\.168|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])"
PrivateAddress = Annotated[str, Field(pattern=rf"^({_PRIVATE})\.{_BYTE}\.{_BYTE}$")]
# Google's, or a copy in a registry of Artifact Registry.
_PROXY = rf"gcr\.io/cloud-sql-connectors/cloud-sql-proxy|{_NAME}-docker\.pkg\.dev/{_ID}(/[a-z0-9._-]+)+"
PROXY_IMAGE = rf"({_PROXY})@sha256:[0-9a-f]{{64}}"
ProxyImage = Annotated[str, Field(pattern=f"^{PROXY_IMAGE}$")]
RegistryAddress = Annotated[str, Field(pattern=rf"^{_NAME}-docker\.pkg\.dev/{_ID}$")]
