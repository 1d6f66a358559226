package keyring

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"sync"
	"time"
)

// server hands out the listener's certificate and replaces it before it ends.
type server struct {
	host  string
	ca    *x509.Certificate
	caKey *ecdsa.PrivateKey
	now   func() time.Time

	mu      sync.Mutex
	current *tls.Certificate // guarded by mu
	renewAt time.Time        // guarded by mu
}

func (s *server) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.current != nil && now.Before(s.renewAt) {
		return s.current, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make server certificate: %w", err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: s.host}, DNSNames: []string{s.host},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(serverLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := certify(template, s.ca, &key.PublicKey, s.caKey)
	if err != nil {
		return nil, fmt.Errorf("make server certificate: %w", err)
	}
	s.current = &tls.Certificate{Certificate: [][]byte{raw, s.ca.Raw}, PrivateKey: key}
	s.renewAt = now.Add(serverLife - serverRenew)
	return s.current, nil
}
