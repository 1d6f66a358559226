package federation_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// traders are those of the world, in a fixed order.
func traders() []string { return slices.Sorted(maps.Keys(theWorld().sdjwt)) }

// questions are any that can be asked.
func questions(t *rapid.T) federation.Question {
	q := federation.Question{
		Now:        built + rapid.Int64Range(-400, 40*day).Draw(t, "now"),
		StatusOnly: rapid.Bool().Draw(t, "status only"),
		Type:       rapid.SampledFrom([]string{"", "AEO", "AEOC"}).Draw(t, "type"),
		Role:       rapid.SampledFrom([]string{"", "exporter", "carrier"}).Draw(t, "role"),
		Direction:  rapid.SampledFrom([]string{"", "import", "export"}).Draw(t, "direction"),
		MaxAge:     rapid.Int64Range(0, 10*day).Draw(t, "max age"),
	}
	if rapid.Bool().Draw(t, "past") {
		q.At = opened + rapid.Int64Range(0, 70*day).Draw(t, "at")
	}
	return q
}

// Whatever byte is changed, and to what, the file is good no more: there is no
// byte in it that the signature, a digest or the form does not cover.
func TestAnyFlippedByteIsFoundOut(t *testing.T) {
	good := file(theWorld().sdjwt["orchards"])
	rapid.Check(t, func(t *rapid.T) {
		bad := bytes.Clone(good)
		bad[rapid.IntRange(0, len(bad)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		q := now()
		q.StatusOnly = rapid.Bool().Draw(t, "status only")
		if d := fromJapan().Verify(bad, q); d.Verdict.Good() {
			t.Fatalf("%s/%s", d.Verdict, d.Reason)
		}
	})
}

func TestEveryByteMatters(t *testing.T) {
	good := file(theWorld().sdjwt["orchards"])
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if d := fromJapan().Verify(bad, now()); d.Verdict.Good() {
			t.Errorf("byte %d: %s/%s", i, d.Verdict, d.Reason)
		}
	}
}

func TestDecisionsAreDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom(traders()), 1, 3).Draw(t, "traders")
		q := questions(t)
		if diff := cmp.Diff(verify(q, names...), verify(q, names...)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestDecisionsHangTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom(traders()), 1, 3).Draw(t, "traders")
		q := questions(t)
		d := verify(q, names...)
		if d.Reason.Verdict() != d.Verdict {
			t.Fatalf("%s of %s", d.Reason, d.Verdict)
		}
		if d.Verdict.Good() && d.Status != federation.StatusInForce {
			t.Fatalf("%s though the status is %s", d.Verdict, d.Status)
		}
		if (d.Verdict == federation.InForce) != (d.Verdict.Good() && q.StatusOnly) {
			t.Fatalf("%s, status only %v", d.Verdict, q.StatusOnly)
		}
		if q.StatusOnly && d.Recognition != federation.RecognitionNotAsked {
			t.Fatalf("recognition %s", d.Recognition)
		}
		read, err := federation.ReadDecision(marshal(d))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(marshal(read), marshal(d)) {
			t.Fatalf("reads back as %s", marshal(read))
		}
	})
}

func marshal(d *federation.Decision) []byte { return must(jcs.Marshal(d)) }

// A stolen key is the exception: only the level transparency shows which of
// its credentials are older than the theft (protocol 2).
func TestMoreProofNeverMakesTheVerdictBetter(t *testing.T) {
	w := theWorld()
	rapid.Check(t, func(t *rapid.T) {
		trader := rapid.SampledFrom(traders()).Draw(t, "trader")
		content := file(w.sdjwt[trader])
		if issuer := w.visible(trader).Issuer; issuer == w.nz.entity() && rapid.Bool().Draw(t, "receipt") {
			content = credential.FormatFile([][]byte{w.sdjwt[trader]}, [][]byte{receipt(w.nz.log, w.nz, w.sdjwt[trader])})
		}
		q := questions(t)
		low := fromJapan().Verify(content, q)
		q.Level = federation.LevelTransparency
		high := fromJapan().Verify(content, q)
		if high.Verdict.Good() && !low.Verdict.Good() && low.Reason != federation.IssuerKeyCompromised {
			t.Fatalf("%s/%s becomes %s/%s", low.Verdict, low.Reason, high.Verdict, high.Reason)
		}
	})
}
