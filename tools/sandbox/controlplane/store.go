package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// storeStart is how long etcd may take: two idle cores need a tenth of a second, a machine that is short of memory minutes.
const storeStart = 10 * time.Minute

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
	// A lone member elects itself within one election time. Each tick wakes the process, also while nobody asks anything.
	config.TickMs, config.ElectionMs = 50, 250

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
