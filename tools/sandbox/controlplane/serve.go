package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"
)

func newServeCommand() *cobra.Command {
	var dir, portsFile, zone string
	command := &cobra.Command{
		Use:   "serve",
		Short: "run the whole control plane and its node until a signal, or until one part fails",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			absolute, err := filepath.Abs(dir)
			if err != nil {
				return err
			}
			if portsFile == "" {
				portsFile = filepath.Join(absolute, "ports.json")
			}
			return serve(layout{absolute}, portsFile, zone)
		},
	}
	command.Flags().StringVar(&dir, "dir", "", "the sandbox's folder")
	command.Flags().StringVar(&portsFile, "ports", "", "JSON file with the ports (default: ports.json in the folder)")
	command.Flags().StringVar(&zone, "zone", "europe-west4-a", "the zone of the node")
	_ = command.MarkFlagRequired("dir")
	return command
}

// supervisor owns the parts of one running control plane.
type supervisor struct {
	layout layout
	binary string
	ended  chan error
	parts  []*exec.Cmd
}

// serve starts the parts in the order in which they need each other. Fail-stop: one part's end is everyone's, since half
// a control plane answers, but does not do what it says.
func serve(l layout, portsFile, zone string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	chosen, err := readPorts(portsFile)
	if err != nil {
		return err
	}
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	if err := l.prepare(); err != nil {
		return err
	}
	if err := os.Chdir(l.run("")); err != nil {
		return err
	}
	state := statusFile{l.run("controlplane.status")}
	defer state.clear()
	if err := state.set("etcd"); err != nil {
		return err
	}
	if err := preparePKI(l, chosen); err != nil {
		return err
	}
	webhooks, err := writeWebhooks(l, chosen)
	if err != nil {
		return err
	}
	store, err := startStore(l)
	if err != nil {
		return err
	}

	s := &supervisor{layout: l, binary: binary, ended: make(chan error, 8)}
	defer s.stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	steps := make(chan error, 1)
	gone := state.watch(ctx)
	go func() { steps <- s.bringUp(ctx, chosen, webhooks, zone, state) }()
	for {
		select {
		case <-signals:
			return nil
		case <-gone:
			return fmt.Errorf("%s was removed, so the control plane stops", l.dir)
		case err := <-s.ended:
			return err
		case err := <-store.Err():
			return fmt.Errorf("etcd stopped: %w", err)
		case err := <-steps:
			if err != nil {
				return err
			}
			steps = nil
		}
	}
}

// bringUp starts the API server and, once it answers, what works through it; it ends when a pod could run.
func (s *supervisor) bringUp(ctx context.Context, p ports, webhooks webhookFiles, zone string, state statusFile) error {
	if err := state.set("kube-apiserver"); err != nil {
		return err
	}
	s.start("kube-apiserver", apiServerArguments(s.layout, p, webhooks))
	probe, err := newProbe(s.layout)
	if err != nil {
		return err
	}
	if err := probe.untilServing(ctx); err != nil {
		return err
	}
	if err := state.set("kube-controller-manager, kube-scheduler, kubelet"); err != nil {
		return err
	}
	s.start("kubelet", kubeletArguments(s.layout, zone))
	s.start("kube-controller-manager", controllerArguments(s.layout))
	s.start("kube-scheduler", schedulerArguments(s.layout))
	if err := probe.untilUsable(ctx); err != nil {
		return err
	}
	return state.set(statusReady)
}

// start runs one part as a child of this process, its output in its own log file.
func (s *supervisor) start(part string, arguments []string) {
	started := make(chan struct{})
	go func() {
		// The kernel ends a child together with the thread that started it, so that thread has to wait for it.
		runtime.LockOSThread()
		err := s.run(part, arguments, started)
		s.ended <- fmt.Errorf("%s ended, so the control plane stops (%w); its log: %s%s",
			part, err, s.layout.log(part), lastLines(s.layout.log(part)))
	}()
	<-started
}

func (s *supervisor) run(part string, arguments []string, started chan<- struct{}) error {
	log, err := os.OpenFile(s.layout.log(part), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, privateFile)
	if err != nil {
		close(started)
		return err
	}
	defer func() { _ = log.Close() }()
	command := exec.Command(s.binary, append([]string{part}, arguments...)...)
	command.Stdout, command.Stderr = log, log
	endWithParent(command)
	err = command.Start()
	if err == nil {
		s.parts = append(s.parts, command)
	}
	close(started)
	if err != nil {
		return err
	}
	if err := command.Wait(); err != nil {
		return err
	}
	return errors.New("exit status 0")
}

// stop kills the parts, and etcd ends with this process: closing it in order would take two seconds and save nothing,
// since what it wrote survives a kill, and every start has to cope with one anyway.
func (s *supervisor) stop() {
	for _, command := range s.parts {
		_ = command.Process.Kill()
	}
}
