package main

import (
	"fmt"
	"path/filepath"
)

// The cloud's front answers for logins and permissions as IAM does on GKE: an identity may do what RBAC or IAM allows.
// It may come up later than the API server, and go down: its silence is no opinion. Kubernetes' own identities are
// never asked about, because IAM does not know them.
const webhookConfig = `apiVersion: v1
kind: Config
clusters: [{name: cloud, cluster: {server: "http://127.0.0.1:%d/%s"}}]
users: [{name: apiserver, user: {}}]
contexts: [{name: cloud, context: {cluster: cloud, user: apiserver}}]
current-context: cloud
`

const authorizationConfig = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- {type: Node, name: node}
- {type: RBAC, name: rbac}
- type: Webhook
  name: iam
  webhook:
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    authorizedTTL: 1s
    unauthorizedTTL: 1s
    timeout: 3s
    failurePolicy: NoOpinion
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: %q}
    matchConditions:
    - expression: "!request.user.startsWith('system:')"
`

// webhookFiles are the API server's settings for logins and for permissions.
type webhookFiles struct{ authentication, authorization string }

func writeWebhooks(l layout, p ports) (webhookFiles, error) {
	files := webhookFiles{authentication: l.run("authentication.yaml"), authorization: l.run("authorization.yaml")}
	reviews := l.run("authorization-webhook.yaml")
	for path, content := range map[string]string{
		files.authentication: fmt.Sprintf(webhookConfig, p.Cloud, "authenticate"),
		reviews:              fmt.Sprintf(webhookConfig, p.Cloud, "authorize"),
		files.authorization:  fmt.Sprintf(authorizationConfig, filepath.Clean(reviews)),
	} {
		if err := writeFile(path, []byte(content), privateFile); err != nil {
			return files, err
		}
	}
	return files, nil
}
