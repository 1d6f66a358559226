package federation_test

import (
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation"
	"github.com/google/go-cmp/cmp"
)

func TestDecisionReadsBack(t *testing.T) {
	for reason, how := range reaching() {
		d := how()
		read, err := federation.ReadDecision(marshal(d))
		if err != nil {
			t.Fatalf("%s/%s: %v", reason.Verdict(), reason, err)
		}
		if diff := cmp.Diff(marshal(d), marshal(read)); diff != "" || read.Reason != d.Reason {
			t.Errorf("%s/%s reads back as %d\n%s", reason.Verdict(), reason, int(read.Reason), diff)
		}
	}
}

func TestReadDecisionRefuses(t *testing.T) {
	good := string(marshal(verify(now(), "orchards")))
	for name, c := range map[string]struct{ old, new string }{
		"another schema":               {"aeo.decision/1", "aeo.decision/2"},
		"a verdict nobody knows":       {`"verdict":"recognised"`, `"verdict":"valid"`},
		"a reason of another verdict":  {`"verdict":"recognised"`, `"verdict":"suspended"`},
		"a member nobody knows":        {`{"as":"JP"`, `{"answer":1,"as":"JP"`},
		"a component that is missing":  {`"checks":`, `"components":[null],"checks":`},
		"a component of two levels":    {`"checks":`, `"components":[{"schema":"aeo.decision/1","components":[]}],"checks":`},
		"text after the object":        {`"verdict":"recognised"}`, `"verdict":"recognised"} x`},
		"more than any decision holds": {`"JP"`, `"` + strings.Repeat("x", 5<<20) + `"`},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if _, err := federation.ReadDecision([]byte(bad)); err == nil || bad == good {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzReadDecision(f *testing.F) {
	for _, trader := range []string{"orchards", "ended", "korean"} {
		f.Add(marshal(verify(now(), trader)))
		f.Add(marshal(verify(now(), trader, "home")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := federation.ReadDecision(raw)
		if err == nil && d.Reason.Verdict() != d.Verdict {
			t.Errorf("%s of %s", d.Reason, d.Verdict)
		}
	})
}

func FuzzVerify(f *testing.F) {
	w := theWorld()
	genuine := map[string]bool{}
	for _, trader := range traders() {
		f.Add(file(w.sdjwt[trader]))
		genuine[legalName(trader)] = true
	}
	f.Add([]byte(string(file(w.sdjwt["orchards"])) + string(receipt(w.nz.log, w.nz, w.sdjwt["orchards"]))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := fromJapan().Verify(raw, now())
		checkRows(t, d)
		marshal(d) // whatever came in, what goes out is JSON
		if d.Holder != nil && d.Holder.LegalName != "" && !genuine[d.Holder.LegalName] {
			t.Errorf("a holder nobody ever vouched for: %q", d.Holder.LegalName)
		}
	})
}
