package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

const storeStart = 20 * time.Second

// startStore runs etcd in this process, on sockets in the working directory: data that bypasses every permission of the
// API server is then readable by the sandbox's owner only, and takes no port.
func startStore(l layout) (*embed.Etcd, error) {
	client, peer := url.URL{Scheme: "unix", Host: etcdSocket}, url.URL{Scheme: "unix", Host: "etcd-peer.sock"}
	for _, socket := range []string{client.Host, peer.Host} {
		if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	advertised := url.URL{Scheme: "http", Host: "localhost:1"} // nobody is told: the cluster has one member
	config := embed.NewConfig()
	config.Name, config.Dir = "sandbox", l.etcd()
	config.ListenClientUrls, config.ListenPeerUrls = []url.URL{client}, []url.URL{peer}
	config.AdvertiseClientUrls, config.AdvertisePeerUrls = []url.URL{advertised}, []url.URL{advertised}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel, config.LogOutputs = "warn", []string{l.log("etcd")}
	// A killed process loses nothing that it wrote, since the kernel keeps it; only a power cut could, and a sandbox is
	// not worth the wait of a disk flush for each write.
	config.UnsafeNoFsync = true
	config.SnapshotCount, config.SnapshotCatchUpEntries = 1000, 100 // entries kept in memory
	config.AutoCompactionMode, config.AutoCompactionRetention = embed.CompactorModeRevision, "1000"
	config.TickMs, config.ElectionMs = 10, 100 // a lone member elects itself after one election time

	store, err := embed.StartEtcd(config)
	if err != nil {
		return nil, fmt.Errorf("etcd does not start on %s: %w", l.etcd(), err)
	}
	select {
	case <-store.Server.ReadyNotify():
		return store, nil
	case err := <-store.Err():
		return nil, fmt.Errorf("etcd stopped: %w", err)
	case <-time.After(storeStart):
		store.Close()
		return nil, fmt.Errorf("etcd is not ready after %s; see %s", storeStart, l.log("etcd"))
	}
}
