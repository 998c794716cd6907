// Command objects keeps the contents of the sandbox's objects: the library of fake-gcs-server, which speaks Cloud
// Storage's own protocol, on a socket and over a folder.
//
// It asks for no credentials and knows no permissions: whoever reaches the socket may do everything. Its parent decides
// who does, and it ends with its parent.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

const host = "storage.googleapis.com"

func main() {
	socket := flag.String("socket", "", "path of the socket to listen on")
	folder := flag.String("folder", "", "folder that keeps buckets and objects")
	flag.Parse()
	go func() {
		// The parent holds the other end of this pipe: it closes when the parent ends, however it ends.
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
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
	return server.Serve(listener)
}
