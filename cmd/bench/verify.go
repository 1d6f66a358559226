package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"math/big"
	"runtime"
	"syscall"
	"time"

	"github.com/aeo-registry/aeo/keys"
)

// measureVerify compares a verdict about a credential, warm and with a bundle of
// a hundred partners and a million holders, with the bare verification of the
// P-256 signature in it.
func measureVerify(b *bench) error {
	h, err := newHome(100, 10_000)
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
		repeat(cpuTime, 16, func() error { return verify(v, sdjwt) }),
		repeat(cpuTime, 16, bare))
	if err != nil {
		return err
	}
	b.ratio("verify_vs_es256", ratio)
	b.figure("verify", "%.0f verdicts a second and core, %.1f µs each; the bare signature %.1f µs", ours, 1e6/ours, 1e6/floor)
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

// repeat measures how often a second of the clock f can be called one after the
// other, looking at the clock after so many calls.
func repeat(clock func() time.Duration, calls int, f func() error) speed {
	return func() (float64, error) {
		const atLeast = 20 * time.Millisecond
		start := clock()
		for n := 1; ; n++ {
			if err := f(); err != nil {
				return 0, err
			}
			if n%calls != 0 {
				continue
			}
			if spent := clock() - start; spent >= atLeast {
				return float64(n) / spent.Seconds(), nil
			}
		}
	}
}

// cpuTime is what this process has had of all cores: other work on the machine
// is not in it.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // it has no way to fail with these arguments
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

var began = time.Now()

func wallTime() time.Duration { return time.Since(began) }
