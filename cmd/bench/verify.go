package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"math/big"
	"runtime"
	"time"

	"github.com/aeo-registry/aeo/keys"
)

// measureVerify compares a verdict about a credential, warm and with a bundle of
// one partner, with the bare verification of the P-256 signature in it.
func measureVerify(b *bench) error {
	h, err := newHome(1, 1)
	if err != nil {
		return err
	}
	v, err := h.open()
	if err != nil {
		return err
	}
	sdjwt := h.partners[0].sdjwt
	bare, err := bareVerification(sdjwt, h.partners[0].key.Public())
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // collecting garbage is part of ours
	ratio, ours, floor, err := b.versus(101,
		repeat(func() error { return verify(v, sdjwt) }),
		repeat(bare))
	if err != nil {
		return err
	}
	b.ratio("verify_vs_es256", ratio)
	b.figure("verify", "%.1f µs a verdict, %.0f a second and core; the bare signature %.1f µs", 1e6/ours, ours, 1e6/floor)
	return nil
}

// bareVerification checks the issuer's signature with the standard library:
// digest and elliptic curve, nothing else.
func bareVerification(sdjwt []byte, key *keys.PublicKey) (func() error, error) {
	jwt, _, _ := bytes.Cut(sdjwt, []byte("~"))
	dot := bytes.LastIndexByte(jwt, '.')
	sig, err := keys.DecodeBase64URL(string(jwt[dot+1:]))
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(jwt[:dot])
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	return func() error {
		if !ecdsa.Verify(key.ECDSA(), digest[:], r, s) {
			return errors.New("the bare signature does not verify")
		}
		return nil
	}, nil
}

// repeat measures how often a second f can be called one after the other.
func repeat(f func() error) speed {
	return func() (float64, error) {
		const atLeast = 20 * time.Millisecond
		start := time.Now()
		for n := 1; ; n++ {
			if err := f(); err != nil {
				return 0, err
			}
			if spent := time.Since(start); spent >= atLeast {
				return float64(n) / spent.Seconds(), nil
			}
		}
	}
}
