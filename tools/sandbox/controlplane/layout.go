package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const (
	nodeName    = "sandbox-node"
	etcdSocket  = "etcd.sock"
	privateDir  = 0o700
	privateFile = 0o600
	publicFile  = 0o644
)

// layout is where a sandbox keeps what, relative to its folder. Children run with run/ as their working directory, so
// that sockets have short names: the kernel limits a socket's path to about a hundred characters.
type layout struct{ dir string }

func (l layout) pki(name string) string    { return filepath.Join(l.dir, "pki", name) }
func (l layout) run(name string) string    { return filepath.Join(l.dir, "run", name) }
func (l layout) etcd() string              { return filepath.Join(l.dir, "etcd") }
func (l layout) log(part string) string    { return filepath.Join(l.dir, "logs", part+".log") }
func (l layout) config(part string) string { return l.pki(part + ".kubeconfig") }

// kubelet is a folder in run/. The kubelet insists on absolute paths for its sockets, so it is named through the working
// directory where the system allows that.
func (l layout) kubelet() string {
	if _, err := os.Stat("/proc/self/cwd"); err == nil {
		return "/proc/self/cwd/kubelet"
	}
	return l.run("kubelet")
}

// prepare creates the folders, readable by their owner only.
func (l layout) prepare() error {
	for _, dir := range []string{l.pki(""), l.run(""), l.etcd(), l.run("kubelet"), filepath.Dir(l.log("x"))} {
		if err := os.MkdirAll(dir, privateDir); err != nil {
			return err
		}
	}
	return nil
}

// ports are the loopback ports of a sandbox.
type ports struct {
	APIServer int `json:"kube_apiserver"`
	Cloud     int `json:"cloud"`
}

func readPorts(path string) (ports, error) {
	var read ports
	text, err := os.ReadFile(path)
	if err != nil {
		return read, fmt.Errorf("the ports of the sandbox are unknown: %w", err)
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return read, fmt.Errorf("%s is not a JSON object of port numbers: %w", path, err)
	}
	for name, port := range map[string]int{"kube_apiserver": read.APIServer, "cloud": read.Cloud} {
		if port < 1 || port > 65535 {
			return read, fmt.Errorf("%s: %q is %d, which is not a port", path, name, port)
		}
	}
	return read, nil
}

// writeFile puts a file in place whole: a reader sees the old one or the new one, also after a kill.
func writeFile(path string, content []byte, mode os.FileMode) error {
	part := path + ".part"
	if err := os.WriteFile(part, content, mode); err != nil {
		return err
	}
	return os.Rename(part, path)
}
