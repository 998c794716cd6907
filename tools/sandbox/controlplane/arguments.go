package main

import "fmt"

const (
	serviceRange   = "10.96.0.0/16"
	firstServiceIP = "10.96.0.1"
)

// apiServerArguments are what differs from the defaults of kube-apiserver.
func apiServerArguments(l layout, p ports, webhooks webhookFiles) []string {
	return []string{
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", p.APIServer),
		// An endpoint must not be a loopback address, so none is published; the address is set lest it be searched for.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		"--etcd-servers=unix://" + etcdSocket,
		"--service-cluster-ip-range=" + serviceRange,
		"--client-ca-file=" + l.pki("ca.crt"),
		"--tls-cert-file=" + l.pki("apiserver.crt"),
		"--tls-private-key-file=" + l.pki("apiserver.key"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + l.pki("service-accounts.key"),
		"--service-account-signing-key-file=" + l.pki("service-accounts.key"),
		"--anonymous-auth=false",
		"--authentication-token-webhook-config-file=" + webhooks.authentication,
		"--authentication-token-webhook-version=v1",
		"--authentication-token-webhook-cache-ttl=1s",
		"--authorization-config=" + webhooks.authorization,
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true", // as on GKE: it is Pod Security that refuses privileged pods
		"--profiling=false",
		"--shutdown-delay-duration=0s",
		"--v=1",
	}
}

// controllerArguments leave out the controllers of nodes' addresses and of volumes, which a hollow node does not have.
func controllerArguments(l layout) []string {
	return []string{
		"--kubeconfig=" + l.config("kube-controller-manager"),
		"--secure-port=0",
		"--leader-elect=false",
		"--profiling=false",
		"--use-service-account-credentials=true", // a role of its own each: only one of them may fill aggregated roles
		"--root-ca-file=" + l.pki("ca.crt"),
		"--service-account-private-key-file=" + l.pki("service-accounts.key"),
		"--controllers=*,-node-ipam-controller,-node-route-controller,-cloud-node-lifecycle-controller," +
			"-service-lb-controller,-ttl-controller",
		"--node-monitor-grace-period=10m", // a late heartbeat is a busy machine: this node never fails alone
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		"--v=1",
	}
}

func schedulerArguments(l layout) []string {
	return []string{
		"--kubeconfig=" + l.config("kube-scheduler"),
		"--secure-port=0",
		"--leader-elect=false",
		"--profiling=false",
		"--v=1",
	}
}

func kubeletArguments(l layout, zone string) []string {
	return []string{"--kubeconfig=" + l.config("kubelet"), "--dir=" + l.kubelet(), "--zone=" + zone}
}
