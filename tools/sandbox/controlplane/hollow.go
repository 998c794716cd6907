package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	cadvisorapi "github.com/google/cadvisor/info/v1"
	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace/noop"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	remote "k8s.io/cri-client/pkg"
	fakeremote "k8s.io/cri-client/pkg/fake"
	"k8s.io/klog/v2"
	cadvisortest "k8s.io/kubernetes/pkg/kubelet/cadvisor/testing"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubemark"
)

// One node stands for all that a cluster would add under load: room for 500 apps with two pods each.
const (
	nodeCores  = 256
	nodeMemory = 1 << 40
	nodeDisk   = 1 << 40
	nodePods   = 1100
)

// roomyMachine is the hardware that the hollow node claims to have.
type roomyMachine struct{ cadvisortest.Fake }

func (m *roomyMachine) MachineInfo() (*cadvisorapi.MachineInfo, error) {
	return &cadvisorapi.MachineInfo{NumCores: nodeCores, MemoryCapacity: nodeMemory, InstanceID: nodeName}, nil
}

// roomyDisk has room for what pods write, which they reserve like memory; the stub has none.
type roomyDisk struct{ cm.ContainerManager }

func (roomyDisk) GetCapacity(bool) v1.ResourceList {
	return v1.ResourceList{v1.ResourceEphemeralStorage: *resource.NewQuantity(nodeDisk, resource.BinarySI)}
}

func newKubeletCommand() *cobra.Command {
	var kubeconfig, dir, zone string
	command := &cobra.Command{
		Use:   "kubelet",
		Short: "a node that reports pods as running without starting a container",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return runHollowNode(command.Context(), kubeconfig, dir, zone)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	command.Flags().StringVar(&dir, "dir", "", "where the node keeps its files; short, since it holds sockets")
	command.Flags().StringVar(&zone, "zone", "", "the node's zone, such as europe-west4-a")
	return command
}

// runHollowNode is the real kubelet over a container runtime that only remembers what it was told. It follows kubemark's
// own command, which would listen on every address of the machine and leave folders behind in /tmp.
func runHollowNode(ctx context.Context, kubeconfig, dir, zone string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}
	heartbeats, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}

	flags, settings := kubemark.GetHollowKubeletConfig(&kubemark.HollowKubeletOptions{
		NodeName: nodeName, MaxPods: nodePods, NodeLabels: map[string]string{
			v1.LabelTopologyZone: zone, v1.LabelTopologyRegion: regionOf(zone),
		},
	})
	if err := os.RemoveAll(flags.RootDirectory); err != nil { // made in /tmp by the call above
		return err
	}
	flags.RootDirectory, settings.PodLogsDir = dir, filepath.Join(dir, "pod-logs")
	settings.StaticPodPath = ""
	settings.EnableServer, settings.ReadOnlyPort = false, 0
	settings.SyncFrequency.Duration = time.Second
	settings.NodeStatusUpdateFrequency.Duration = time.Second

	endpoint, err := runtimeEndpoint(dir)
	if err != nil {
		return err
	}
	runtime := fakeremote.NewFakeRemoteRuntime()
	if err := runtime.Start(endpoint); err != nil {
		return fmt.Errorf("the node's container runtime does not start on %s: %w", endpoint, err)
	}
	logger := klog.Background()
	service, err := remote.NewRemoteRuntimeService(endpoint, 15*time.Second, noop.NewTracerProvider(), &logger)
	if err != nil {
		return err
	}
	node := kubemark.NewHollowKubelet(flags, settings, client, heartbeats, &roomyMachine{},
		runtime.ImageService, service, roomyDisk{cm.NewStubContainerManager()})
	node.KubeletDeps.ProbeManager = everyProbePasses{}
	if err := (worker{runtime.RuntimeService, client.CoreV1().Nodes()}).watch(ctx, client); err != nil {
		return err
	}
	node.Run(ctx)
	return nil
}

// regionOf cuts the letter off a zone's name.
func regionOf(zone string) string {
	if end := strings.LastIndex(zone, "-"); end > 0 {
		return zone[:end]
	}
	return zone
}

// runtimeEndpoint names the socket of the container runtime, which a killed kubelet leaves behind.
func runtimeEndpoint(dir string) (string, error) {
	path := filepath.Join(dir, "runtime.sock")
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return "unix://" + path, nil
}
