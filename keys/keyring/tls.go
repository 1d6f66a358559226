package keyring

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

const (
	caLife     = 10 * 365 * 24 * time.Hour
	serverLife = 397 * 24 * time.Hour
	// serverRenew is how long before its end a certificate is replaced.
	serverRenew = 30 * 24 * time.Hour

	caCert = "ca.pem"
	caKey  = "ca-key.pem"
)

// CreateTLS makes the certificate authority of a node's public listener in a
// directory that must not exist: ca.pem is what partners are given, ca-key.pem
// stays. These keys keep readers out of a connection and vouch for nothing else.
func CreateTLS(dir, host string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make certificate authority: %w", err)
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: host + " listener"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage:                    x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{host},
	}
	cert, err := certify(template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("make certificate authority: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make certificate authority: %w", err)
	}
	if err := writeCA(dir, cert, raw); err != nil {
		return fmt.Errorf("write certificate authority: %w", err)
	}
	return nil
}

// ServerTLS makes a server certificate for host under the directory's
// authority; it lives in memory and is made anew at every start.
func ServerTLS(dir, host string, now func() time.Time) (*tls.Config, error) {
	cert, key, err := readCA(dir)
	if err != nil {
		return nil, fmt.Errorf("read certificate authority: %w", err)
	}
	s := &server{host: host, ca: cert, caKey: key, now: now}
	if _, err := s.certificate(nil); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: s.certificate, Time: now}, nil
}

func certify(template, parent *x509.Certificate, pub *ecdsa.PublicKey, signer *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, parent, pub, signer)
}

func writeCA(dir string, cert, key []byte) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, caCert), "CERTIFICATE", cert); err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, caKey), "PRIVATE KEY", key)
}

func writePEM(name, kind string, raw []byte) error {
	return writeNew(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}

func readCA(dir string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certPEM, err := os.ReadFile(filepath.Join(dir, caCert)) // no secret, whatever its mode
	if err != nil {
		return nil, nil, err
	}
	keyPEM, err := readPrivate(filepath.Join(dir, caKey), maxUnlock)
	if err != nil {
		return nil, nil, err
	}
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || keyBlock == nil {
		return nil, nil, errors.New("no PEM block")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, errors.New("no ECDSA key")
	}
	return cert, ec, nil
}
