package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// Python and Apple clients refuse server certificates that live longer than 825 days.
	leafLife = 365 * 24 * time.Hour
)

// pair is a certificate with its key, PEM encoded.
type pair struct{ certificate, key []byte }

// authority signs everything in a sandbox. It and the key of service account tokens are made once; what they sign is
// made anew at every start, so that no certificate runs out in an old sandbox.
type authority struct {
	pair
	certificate *x509.Certificate
	signer      *ecdsa.PrivateKey
}

// clients are the parts that log in with a certificate: name and groups as Kubernetes expects them.
var clients = map[string]pkix.Name{
	"admin":                   {CommonName: "sandbox-admin", Organization: []string{"system:masters"}},
	"kube-controller-manager": {CommonName: "system:kube-controller-manager"},
	"kube-scheduler":          {CommonName: "system:kube-scheduler"},
	"kubelet":                 {CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}},
}

// preparePKI writes the certificates, keys and kubeconfigs of a sandbox.
func preparePKI(l layout, p ports) error {
	ca, err := loadAuthority(l)
	if err != nil {
		return err
	}
	server, err := ca.sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc.cluster.local"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(firstServiceIP)},
	})
	if err != nil {
		return err
	}
	if err := writePair(l.pki("apiserver"), server); err != nil {
		return err
	}
	for name, subject := range clients {
		client, err := ca.sign(&x509.Certificate{
			Subject: subject, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		if err != nil {
			return err
		}
		if err := writeKubeconfig(l.config(name), name, p, ca.pair.certificate, client); err != nil {
			return err
		}
	}
	return nil
}

// loadAuthority reads the authority, or makes it. The certificate is written last: without it nothing was signed yet.
func loadAuthority(l layout) (*authority, error) {
	certificate, err := os.ReadFile(l.pki("ca.crt"))
	if errors.Is(err, fs.ErrNotExist) {
		return makeAuthority(l)
	}
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(l.pki("ca.key"))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(certificate)
	keyBlock, _ := pem.Decode(key)
	if block == nil || keyBlock == nil {
		return nil, fmt.Errorf("%s or its key is not PEM, so no certificate can be signed; discard the sandbox "+
			"with `make down`", l.pki("ca.crt"))
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, err := x509.ParseECPrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, err
	}
	return &authority{pair: pair{certificate, key}, certificate: parsed, signer: signer}, nil
}

func makeAuthority(l layout) (*authority, error) {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "sandbox CA"}, NotAfter: time.Now().Add(authorityLife), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	made, err := issue(template, template, signer, signer)
	if err != nil {
		return nil, err
	}
	tokens, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	tokensKey, err := encodeKey(tokens)
	if err != nil {
		return nil, err
	}
	if err := writeFile(l.pki("service-accounts.key"), tokensKey, privateFile); err != nil {
		return nil, err
	}
	if err := writePair(l.pki("ca"), made); err != nil {
		return nil, err
	}
	return loadAuthority(l)
}

func (a *authority) sign(template *x509.Certificate) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	template.NotAfter = time.Now().Add(leafLife)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	return issue(template, a.certificate, key, a.signer)
}

func issue(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (pair, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return pair{}, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour) // a machine's clock may be set back a little between starts
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return pair{}, err
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return pair{}, err
	}
	return pair{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), encoded}, nil
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

func writePair(base string, p pair) error {
	if err := writeFile(base+".key", p.key, privateFile); err != nil {
		return err
	}
	return writeFile(base+".crt", p.certificate, publicFile)
}

func writeKubeconfig(path, user string, p ports, ca []byte, client pair) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["sandbox"] = &clientcmdapi.Cluster{
		Server: fmt.Sprintf("https://localhost:%d", p.APIServer), CertificateAuthorityData: ca,
	}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{
		ClientCertificateData: client.certificate, ClientKeyData: client.key,
	}
	config.Contexts["sandbox"] = &clientcmdapi.Context{Cluster: "sandbox", AuthInfo: user}
	config.CurrentContext = "sandbox"
	encoded, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	return writeFile(path, encoded, privateFile)
}
