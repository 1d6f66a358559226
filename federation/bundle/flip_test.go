package bundle_test

import (
	"bytes"
	"os"
	"testing"
)

// One bit of every byte: TestAnyFlippedBitIsRefused tries some of them at random.
func TestEveryFlippedByteIsRefused(t *testing.T) {
	r := newZealand(t, found(t))
	raw := r.pack()
	step := 1
	if os.Getenv("AEO_EVERY_BYTE") == "" {
		step = 101
	}
	flips := 0
	for at := 0; at < len(raw); at += step {
		changed := bytes.Clone(raw)
		changed[at] ^= 1 << (at % 8)
		if err := readWhole(changed, r.anchor); err == nil {
			t.Fatalf("byte %d: a changed bundle was read whole", at)
		}
		flips++
	}
	t.Logf("figure bundle_flips %d bits of a bundle, all refused", flips)
}
