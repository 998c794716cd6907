// Command objects keeps the contents of the sandbox's objects: the library of fake-gcs-server, which speaks Cloud
// Storage's own protocol, on a socket and over a folder.
//
// It asks for no credentials and knows no permissions: whoever reaches the socket may do everything. Its parent decides
// who does, and it ends with its parent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

const (
	host     = "storage.googleapis.com"
	patience = 5 * time.Second
)

func main() {
	socket := flag.String("socket", "", "path of the socket to listen on")
	folder := flag.String("folder", "", "folder that keeps buckets and objects")
	flag.Parse()
	if err := serve(*socket, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(socket, folder string) error {
	storage, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		StorageRoot: folder, NoListener: true, Scheme: "https", PublicHost: host, ExternalURL: "https://" + host,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := http.Server{Handler: storage.HTTPHandler(), ReadHeaderTimeout: 10 * time.Second}
	finished := make(chan error)
	go func() {
		// The parent holds the other end of this pipe: it closes when the parent ends, however it ends.
		_, _ = io.Copy(io.Discard, os.Stdin)
		// A content and its metadata are two writes: what has begun is finished.
		within, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		finished <- server.Shutdown(within)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-finished
}
