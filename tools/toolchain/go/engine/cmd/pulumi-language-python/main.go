// Command pulumi-language-python is the language host that lets the Pulumi engine run Python programs and policy
// packs. It stands in for the host of the vendor's release where that release cannot be reached: the engine takes it
// from beside the pulumi binary as its bundled host.
//
// It owns the processes it starts and nothing else: environments are set up beforehand, packages, templates and code
// generation are refused. A program runs in its own project's virtual environment, never in this host's process.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	// The engine passes its own logging flags on: the SDK's logging registers the others, and nothing is traced here.
	flag.String("tracing", "", "accepted for the engine's sake")
	flag.Parse()

	if err := serve(flag.Arg(0)); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-python: %v\n", err)
		os.Exit(1)
	}
}

// serve answers the engine until it is told to stop, or the engine is gone.
func serve(engineAddress string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	server := &host{engineAddress: engineAddress, alive: ctx, stop: stop}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, server)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("cannot listen on loopback, so the engine cannot run Python: %w", err)
	}

	// The engine waits up to five seconds for its plugins to leave; children share the process group and go as well.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	// The engine holds the other end of standard input: end of file means that it was killed.
	engineGone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(engineGone)
	}()

	fmt.Printf("%d\n", handle.Port)
	select {
	case <-signals:
	case <-engineGone:
	case err := <-handle.Done:
		return err
	}
	stop()
	server.running.Wait()
	return nil
}
