package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	probeInterval = 100 * time.Millisecond
	watchInterval = time.Second
	statusReady   = "ready"
	shownLines    = 8
)

// statusFile tells others how far the start has come: the part that is awaited, or "ready".
type statusFile struct{ path string }

func (s statusFile) set(phase string) error {
	return writeFile(s.path, []byte(phase+"\n"), privateFile)
}
func (s statusFile) clear() { _ = os.Remove(s.path) }

// watch closes the channel when somebody removed the file, and with it the sandbox, from under its servers: without this
// they would run on and hold their ports.
func (s statusFile) watch(ctx context.Context) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(s.path); errors.Is(err, os.ErrNotExist) {
				close(gone)
				return
			}
			time.Sleep(watchInterval)
		}
	}()
	return gone
}

// probe asks the API server, as its administrator, how far the control plane has come.
type probe struct {
	client *clientset.Clientset
	since  time.Time
}

func newProbe(l layout) (*probe, error) {
	config, err := clientcmd.BuildConfigFromFlags("", l.config("admin"))
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &probe{client: client, since: time.Now().Truncate(time.Second)}, nil
}

// untilServing waits for the API server to be ready. There is no limit here: its own end would be noticed, and how long
// a slow machine may take is for whoever waits to decide.
func (p *probe) untilServing(ctx context.Context) error {
	return p.until(ctx, func(ctx context.Context) bool {
		_, err := p.client.RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil
	})
}

// untilUsable waits for the effects of all other parts: the node is ready, the roles that
// aggregate others are filled, and namespaces get their service account.
func (p *probe) untilUsable(ctx context.Context) error {
	for _, check := range []func(context.Context) bool{p.nodeReady, p.rolesFilled, p.accountMade} {
		if err := p.until(ctx, check); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) until(ctx context.Context, check func(context.Context) bool) error {
	err := wait.PollUntilContextCancel(ctx, probeInterval, true, func(ctx context.Context) (bool, error) {
		return check(ctx), nil
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (p *probe) nodeReady(ctx context.Context) bool {
	node, err := p.client.CoreV1().Nodes().Get(ctx, nodeName, metav1.GetOptions{})
	if err != nil {
		return false
	}
	for _, taint := range node.Spec.Taints {
		if taint.Effect == v1.TaintEffectNoSchedule {
			return false
		}
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == v1.NodeReady {
			// An older heartbeat is from an earlier run of this sandbox.
			return condition.Status == v1.ConditionTrue && !condition.LastHeartbeatTime.Time.Before(p.since)
		}
	}
	return false
}

func (p *probe) rolesFilled(ctx context.Context) bool {
	role, err := p.client.RbacV1().ClusterRoles().Get(ctx, "edit", metav1.GetOptions{})
	return err == nil && len(role.Rules) > 0
}

func (p *probe) accountMade(ctx context.Context) bool {
	_, err := p.client.CoreV1().ServiceAccounts(v1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	return err == nil
}

// lastLines is the end of a log, for the message about its writer's end.
func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	if len(lines) > shownLines {
		lines = lines[len(lines)-shownLines:]
	}
	return "\n  " + strings.Join(lines, "\n  ")
}
