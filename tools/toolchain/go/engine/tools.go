//go:build tools

// Package engine pins the Pulumi CLI and the Python language host that the sandbox builds where the vendor's download
// cannot be reached.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
