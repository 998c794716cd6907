package main

import (
	"context"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	clientset "k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	apitest "k8s.io/cri-api/pkg/apis/testing"
	"k8s.io/klog/v2"
)

// workTime is how long work that ends by itself takes here: long enough that a Job's pod is seen running, and that a Job
// with a deadline of a second misses it.
const workTime = 2 * time.Second

// failingImages is an annotation of the node: texts separated by commas. Work with an image that has one of them, such as
// its digest, ends with exit code 1.
const failingImages = "sandbox.prod-first/failing-images"

// worker ends containers whose process would end by itself: those of a Job's pods, and init containers other than
// sidecars. The container runtime starts no process, so without it they would run for ever.
type worker struct {
	runtime *apitest.FakeRuntimeService
	nodes   typed.NodeInterface
}

// watch follows the node's pods until the context ends.
func (w worker) watch(ctx context.Context, client clientset.Interface) error {
	ours := informers.WithTweakListOptions(func(options *metav1.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", nodeName).String()
	})
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, ours)
	_, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(pod any) { w.plan(ctx, pod) },
		UpdateFunc: func(_, pod any) { w.plan(ctx, pod) },
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	return nil
}

// plan sets the end of every container of a pod that now works. A pod is seen several times; ending what has ended does
// nothing.
func (w worker) plan(ctx context.Context, object any) {
	pod, ok := object.(*v1.Pod)
	if !ok {
		return
	}
	images := map[string]string{}
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		images[container.Name] = container.Image
	}
	for _, status := range working(pod) {
		_, id, _ := strings.Cut(status.ContainerID, "://")
		left := time.Until(status.State.Running.StartedAt.Add(workTime))
		time.AfterFunc(left, func() { w.end(id, w.fails(ctx, images[status.Name])) })
	}
}

// fails tells whether the node is set to let work with an image fail.
func (w worker) fails(ctx context.Context, image string) bool {
	node, err := w.nodes.Get(ctx, nodeName, metav1.GetOptions{})
	if err != nil {
		klog.ErrorS(err, "The node's annotations cannot be read; the work succeeds")
		return false
	}
	return slices.ContainsFunc(strings.Split(node.Annotations[failingImages], ","), func(text string) bool {
		text = strings.TrimSpace(text)
		return text != "" && strings.Contains(image, text)
	})
}

// working are the containers of a pod that run and are to end by themselves.
func working(pod *v1.Pod) []v1.ContainerStatus {
	sidecars := map[string]bool{}
	for _, container := range pod.Spec.InitContainers {
		sidecars[container.Name] = container.RestartPolicy != nil && *container.RestartPolicy == v1.ContainerRestartPolicyAlways
	}
	var found []v1.ContainerStatus
	for _, status := range pod.Status.InitContainerStatuses {
		if status.State.Running != nil && !sidecars[status.Name] {
			found = append(found, status)
		}
	}
	if owner := metav1.GetControllerOf(pod); owner == nil || owner.Kind != "Job" {
		return found
	}
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Running != nil {
			found = append(found, status)
		}
	}
	return found
}

func (w worker) end(id string, failed bool) {
	w.runtime.Lock()
	defer w.runtime.Unlock()
	container, known := w.runtime.Containers[id]
	if !known || container.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
		return // it was stopped or removed meanwhile
	}
	container.State = runtimeapi.ContainerState_CONTAINER_EXITED
	container.FinishedAt = time.Now().UnixNano()
	container.Reason = "Completed"
	if failed {
		container.ExitCode, container.Reason = 1, "Error"
	}
}
