package main

import (
	"context"
	"io"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// interpreter is a started Python that has imported the SDK, and waits for a program's run request.
type interpreter struct {
	info   *pulumirpc.ProgramInfo
	input  *io.PipeWriter
	cancel context.CancelFunc
	ended  chan ending
}

// ending is the result of an interpreter: its exit code, or why it did not run to its end.
type ending struct {
	code int
	err  error
}

// prepare starts the interpreter of a program. The engine loads its policy packs before it runs the program, which takes
// longer than the import of the SDK.
func (h *host) prepare(info *pulumirpc.ProgramInfo) (*interpreter, error) {
	environment, err := environmentOf(info)
	if err != nil {
		return nil, err
	}
	shim, err := programCommand()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(h.alive)
	reader, writer := io.Pipe()
	prepared := &interpreter{info: info, input: writer, cancel: cancel, ended: make(chan ending, 1)}
	h.running.Add(1)
	go func() {
		defer h.running.Done()
		// An interpreter without a request ends with this host; nothing may wait for its input any longer.
		defer context.AfterFunc(ctx, func() { _ = reader.Close() })()
		code, err := h.start(ctx, program{
			environment: environment, dir: info.GetProgramDirectory(), stdin: reader, args: []string{"-u", "-P", "-c", shim},
		})
		_ = reader.Close()
		prepared.ended <- ending{code, err}
	}()
	return prepared, nil
}

// run hands the request to the interpreter and waits for its end, or until the call is cancelled, which kills it.
func (i *interpreter) run(ctx context.Context, request []byte) (int, error) {
	defer i.cancel()
	defer context.AfterFunc(ctx, i.cancel)()
	// Configuration, with its secrets, goes through a pipe: arguments and environment of a process can be read by others.
	// An interpreter that ended already does not read it; its ending tells why.
	_, _ = i.input.Write(request)
	_ = i.input.Close()
	result := <-i.ended
	return result.code, result.err
}
