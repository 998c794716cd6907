package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// exitReported is the exit code of a program whose error the engine has already been told.
const exitReported = 32

const sdkModule = "github.com/pulumi/pulumi/sdk/v3"

// host serves the engine. What it does not override answers "unimplemented", which the engine understands.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engineAddress string
	alive         context.Context
	stop          context.CancelFunc
	running       sync.WaitGroup
	prepared      atomic.Pointer[interpreter]
}

func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if request.GetEngineAddress() != "" {
		h.engineAddress = request.GetEngineAddress()
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo reports the version of the SDK that this host was built with.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	info := &pulumirpc.PluginInfo{}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == sdkModule {
				info.Version = module.Version
			}
		}
	}
	return info, nil
}

// GetRequiredPackages names none: providers are found when a program's first resource asks for them. It is the engine's
// first call for a program that it will run, so the program's interpreter starts meanwhile.
func (h *host) GetRequiredPackages(
	_ context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	if prepared, err := h.prepare(request.GetInfo()); err == nil {
		h.prepared.Store(prepared)
	}
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// Run executes a program to its end. An error that the program reported itself is a bail, not an error of this call.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	passed := proto.Clone(request).(*pulumirpc.RunRequest)
	passed.Args = []string{h.engineAddress}
	encoded, err := proto.Marshal(passed)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the run request: %w", err)
	}
	prepared := h.prepared.Swap(nil)
	if prepared == nil || !proto.Equal(prepared.info, request.GetInfo()) {
		if prepared, err = h.prepare(request.GetInfo()); err != nil {
			return &pulumirpc.RunResponse{Error: err.Error()}, nil
		}
	}
	switch code, err := prepared.run(ctx, encoded); {
	case err != nil:
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	case code == 0:
		return &pulumirpc.RunResponse{}, nil
	case code == exitReported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with exit code %d", code)}, nil
	}
}

// RunPlugin runs a policy pack, or a provider written in Python, and streams what it prints.
func (h *host) RunPlugin(request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer) error {
	environment, err := environmentOf(request.GetInfo())
	if err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	directory := filepath.Join(request.GetInfo().GetProgramDirectory(), request.GetInfo().GetEntryPoint())
	// Not by the SDK's launcher for packs: it imports the whole SDK to set a configuration that the pack does not read.
	args := append([]string{"-u", directory}, request.GetArgs()...)

	var sending sync.Mutex // a gRPC stream takes one sender at a time
	send := func(response *pulumirpc.RunPluginResponse) error {
		sending.Lock()
		defer sending.Unlock()
		return stream.Send(response)
	}
	code, err := h.start(stream.Context(), program{
		environment: environment, dir: request.GetPwd(), args: args, env: request.GetEnv(),
		stdout: writerFunc(func(text []byte) error {
			return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: text}})
		}),
		stderr: writerFunc(func(text []byte) error {
			return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: text}})
		}),
	})
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)}})
}

// InstallDependencies refuses: environments are locked by hash and built outside the engine.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, _ pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	return status.Errorf(codes.FailedPrecondition,
		"the Python environment of %s is not installed by the engine, because its packages are locked by hash; "+
			"`make up` in the repository's root sets it up", request.GetInfo().GetProgramDirectory())
}

func (h *host) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// About reports the interpreter of the project.
func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	about := struct{ Executable, Version string }{}
	if err := ask(ctx, request.GetInfo(), aboutScript, &about); err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: about.Executable, Version: about.Version}, nil
}

// GetProgramDependencies lists the packages of the project's environment; only those that no other needs, unless
// transitive ones are asked for.
func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	var packages []struct {
		Name, Version string
		Needed        bool
	}
	if err := ask(ctx, request.GetInfo(), packagesScript, &packages); err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, found := range packages {
		if request.GetTransitiveDependencies() || !found.Needed {
			response.Dependencies = append(response.Dependencies,
				&pulumirpc.DependencyInfo{Name: found.Name, Version: found.Version})
		}
	}
	return response, nil
}

// Cancel ends every running program at once.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.stop()
	return &emptypb.Empty{}, nil
}

// ask runs a script in the project's environment and decodes the JSON that it prints.
func ask(ctx context.Context, info *pulumirpc.ProgramInfo, script string, answer any) error {
	environment, err := environmentOf(info)
	if err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	printed, err := exec.CommandContext(ctx, environment.python, "-P", "-c", script).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(strings.TrimSpace(string(exit.Stderr)))
		}
		return status.Errorf(codes.Internal, "%s does not answer: %v", environment.python, err)
	}
	return json.Unmarshal(printed, answer)
}
