"""GKE's policies for Gateways and their backends: fields, limits and rules of the published definitions.

Source: config/crd of https://github.com/GoogleCloudPlatform/gke-gateway-api at fc40d60 (29 April 2026).
"""

from typing import Any

Schema = dict[str, Any]

_DNS = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DOMAIN = rf"{_DNS}(\.{_DNS})*"
_BYTES = r"[\x00-\xFF]+"
_PATH = r"\/[A-Za-z0-9\/\-._~%!?$&'()*+,;=:]*$"
_TEXT: Schema = {"type": "string"}
_SWITCH: Schema = {"type": "boolean"}


def definitions() -> list[Schema]:
    """Returns the definitions of the kinds."""
    return [
        _definition("GCPBackendPolicy", "gcpbackendpolicies", _backend()),
        _definition("GCPGatewayPolicy", "gcpgatewaypolicies", _gateway()),
        _definition("HealthCheckPolicy", "healthcheckpolicies", _health_check()),
    ]


def _definition(kind: str, plural: str, default: Schema) -> Schema:
    group = "networking.gke.io"
    spec = {**_object(default=default, targetRef=_target()), "required": ["targetRef"]}
    # The controller's own: what it writes is not checked here.
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = _object(apiVersion=_TEXT, kind=_TEXT, metadata={"type": "object"}, spec=spec, status=status)
    version: Schema = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "labels": {"gateway.networking.k8s.io/policy": "Direct"}},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "scope": "Namespaced",
            "versions": [{**version, "schema": {"openAPIV3Schema": {**schema, "required": ["spec"]}}}],
        },
    }


def _target() -> Schema:
    fields = _object(
        group=_text(253, f"^$|^{_DOMAIN}$"),
        kind={**_text(63, "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"), "minLength": 1},
        name={"type": "string", "minLength": 1, "maxLength": 253},
        namespace={**_text(63, f"^{_DNS}$"), "minLength": 1},
    )
    return {**fields, "required": ["group", "kind", "name"]}


def _gateway() -> Schema:
    return _object(allowGlobalAccess=_SWITCH, region=_TEXT, sslPolicy=_TEXT)


def _backend() -> Schema:
    return _object(
        backendPreference=_one_of("DEFAULT", "PREFERRED"),
        connectionDraining=_object(drainingTimeoutSec=_number(0, 3600)),
        iap=_object(clientID=_TEXT, enabled=_SWITCH, oauth2ClientSecret=_object(name=_TEXT)),
        logging=_object(enabled=_SWITCH, sampleRate={**_number(0, 1000000), "format": "int32"}),
        maxRatePerEndpoint=_number(1, 1000000000),
        securityPolicy=_TEXT,
        sessionAffinity=_object(
            cookieTtlSec=_number(0, 1209600),
            type=_one_of(
                *("CLIENT_IP", "CLIENT_IP_PORT_PROTO", "CLIENT_IP_PROTO", "GENERATED_COOKIE"),
                *("HEADER_FIELD", "HTTP_COOKIE", "NONE"),
            ),
        ),
        timeoutSec=_number(1, 2147483647),
    )


def _health_check() -> Schema:
    http = {"host": _text(2048, f"^{_DOMAIN}$"), "requestPath": _text(2048, _PATH), "response": _text(1024, _BYTES)}
    proxied = {"proxyHeader": _one_of("NONE", "PROXY_V1")}
    protocols: dict[str, Schema] = {
        "TCP": {**proxied, "request": _text(1024, _BYTES), "response": _text(1024, _BYTES)},
        "HTTP": {**proxied, **http},
        "HTTPS": {**proxied, **http},
        "HTTP2": {**proxied, **http},
        "GRPC": {"grpcServiceName": _text(1024, _BYTES)},
    }
    checks = {f"{protocol.lower()}HealthCheck": _check(fields) for protocol, fields in protocols.items()}
    rules = [
        (f"type {protocol} has {protocol.lower()}HealthCheck", f"self.type == '{protocol}' ? has({field}) : true")
        for protocol in protocols
        for field in [f"self.{protocol.lower()}HealthCheck"]
    ]
    config = {
        **_ruled(_object(type=_one_of(*protocols), **checks), *rules),
        "minProperties": 2,
        "maxProperties": 2,
    }
    interval, timeout = "self.checkIntervalSec", "self.timeoutSec"
    return _ruled(
        _object(
            checkIntervalSec=_number(1, 300),
            config=config,
            healthyThreshold=_number(1, 10),
            logConfig=_object(enabled=_SWITCH),
            timeoutSec=_number(1, 300),
            unhealthyThreshold=_number(1, 10),
        ),
        (
            "timeoutSec is at most checkIntervalSec",
            f"has({interval}) && has({timeout}) ? {interval} >= {timeout} : true",
        ),
        (
            "timeoutSec is at most 5, the default of checkIntervalSec",
            f"!has({interval}) && has({timeout}) ? 5 >= {timeout} : true",
        ),
        (
            "checkIntervalSec is at least 5, the default of timeoutSec",
            f"has({interval}) && !has({timeout}) ? {interval} >= 5 : true",
        ),
    )


def _check(fields: Schema) -> Schema:
    """Returns the check by one protocol: the port's number, its name, or neither says where it is sent."""
    ways = ("USE_FIXED_PORT", "USE_NAMED_PORT", "USE_SERVING_PORT")
    way, number, name = "self.portSpecification", "has(self.port)", "has(self.portName)"
    port = {
        "port": _number(1, 65535),
        "portName": _text(63, "[a-z]([-a-z0-9]*[a-z0-9])?"),
        "portSpecification": _one_of(*ways),
    }
    return _ruled(
        _object(**port, **fields),
        (f"{ways[0]} has a port and no portName", f"{way} == '{ways[0]}' ? {number} && !{name} : true"),
        (f"{ways[1]} has a portName and no port", f"{way} == '{ways[1]}' ? !{number} && {name} : true"),
        (
            f"{ways[2]}, the default, has neither port nor portName",
            f"{way} == '{ways[2]}' || !has({way}) ? !{number} && !{name} : true",
        ),
    )


def _object(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields}


def _number(least: int, most: int) -> Schema:
    return {"type": "integer", "format": "int64", "minimum": least, "maximum": most}


def _text(most: int, pattern: str) -> Schema:
    return {"type": "string", "maxLength": most, "pattern": pattern}


def _one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _ruled(schema: Schema, *rules: tuple[str, str]) -> Schema:
    """Returns a schema with rules in CEL, each with its message."""
    validations = [{"message": message, "rule": rule} for message, rule in rules]
    return {**schema, "x-kubernetes-validations": validations}
