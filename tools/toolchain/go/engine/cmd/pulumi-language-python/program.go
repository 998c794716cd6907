package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

//go:embed exec.py
var programShim string

//go:embed on_demand.py
var onDemandModule string

// moduleShim makes a module from its source, because the programs' interpreters find no file of this host.
const moduleShim = `import sys, types
module = sys.modules[%[1]q] = types.ModuleType(%[1]q)
exec(compile(%[2]s, %[1]q, "exec", dont_inherit=True), vars(module))
`

//go:embed about.py
var aboutScript string

//go:embed packages.py
var packagesScript string

// programCommand is the source that runs a program, after the module that it imports.
func programCommand() (string, error) {
	const name = "on_demand"
	source, err := json.Marshal(onDemandModule) // a text of JSON is one of Python as well
	if err != nil {
		return "", fmt.Errorf("cannot encode the module %s: %w", name, err)
	}
	return fmt.Sprintf(moduleShim, name, source) + programShim, nil
}

// environment is a project's Python: the interpreter, and the virtual environment's root where there is one.
type environment struct {
	python, root string
}

// environmentOf resolves the `virtualenv` option of a project's runtime, relative to the project's folder. Without the
// option the interpreter on PATH is taken, as the vendor's host does.
func environmentOf(info *pulumirpc.ProgramInfo) (environment, error) {
	name := info.GetOptions().GetFields()["virtualenv"].GetStringValue()
	if name == "" {
		python, err := exec.LookPath("python3")
		if err != nil {
			return environment{}, fmt.Errorf("no python3 on PATH, so the program in %s cannot run; "+
				"name its environment with the runtime option `virtualenv`", info.GetRootDirectory())
		}
		return environment{python: python}, nil
	}
	root := name
	if !filepath.IsAbs(root) {
		root = filepath.Join(info.GetRootDirectory(), name)
	}
	python := filepath.Join(root, "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return environment{}, fmt.Errorf("the Python environment %s does not exist (no %s), so the program in %s "+
			"cannot run; run `make up` in the repository's root, which builds it", root, python,
			info.GetProgramDirectory())
	}
	return environment{python: python, root: root}, nil
}

// program is one run of an interpreter. Output without a writer goes where this host's own goes: to the engine.
type program struct {
	environment    environment
	dir            string
	args, env      []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// start runs a program until it ends, or until the call or the host is cancelled, which kills it. The result is the
// program's exit code; an error means that it did not run to its end.
func (h *host) start(ctx context.Context, p program) (int, error) {
	h.running.Add(1)
	defer h.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.alive, cancel)()

	command := exec.CommandContext(ctx, p.environment.python, p.args...)
	command.Dir, command.Stdin = p.dir, p.stdin
	command.Stdout, command.Stderr = orElse(p.stdout, os.Stdout), orElse(p.stderr, os.Stderr)
	command.Env = p.environment.variables(p.env)
	command.WaitDelay = time.Second // a grandchild that keeps the pipes open must not hold the engine up
	endWithParent(command)

	// The kernel ends the child with the thread that started it, so that thread has to stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := command.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, errors.New("the program was stopped before its end")
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	case errors.Is(err, exec.ErrWaitDelay):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("%s did not run to its end: %w", p.environment.python, err)
	}
	return 0, nil
}

// variables is the process environment of a program: this host's, the caller's on top, and the virtual environment
// activated in it.
func (e environment) variables(extra []string) []string {
	variables := append(os.Environ(), extra...)
	if e.root == "" {
		return variables
	}
	kept := variables[:0]
	for _, variable := range variables {
		if !strings.HasPrefix(variable, "PYTHONHOME=") {
			kept = append(kept, variable)
		}
	}
	search := filepath.Join(e.root, "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	return append(kept, "VIRTUAL_ENV="+e.root, "PATH="+search)
}

func orElse(writer, fallback io.Writer) io.Writer {
	if writer == nil {
		return fallback
	}
	return writer
}

type writerFunc func([]byte) error

func (f writerFunc) Write(text []byte) (int, error) {
	if err := f(text); err != nil {
		return 0, err
	}
	return len(text), nil
}
