"""The `kubernetes` provider plugin: Pulumi's operations as server-side apply on a real API server.

It stands in for the vendor's plugin where that cannot be downloaded, and behaves like it as far as the projects here
use it: any kind by its type token, but no charts, no manifests from files, no patches and no functions; those are
refused by name. The API server itself decides on permissions, validation and admission.
"""
