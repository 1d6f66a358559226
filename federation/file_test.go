package federation_test

import (
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
)

func TestFileIsJudgedWhole(t *testing.T) {
	w := theWorld()
	good := w.sdjwt["orchards"]
	forged := swapSignature(good, w.sdjwt["ended"])
	stranger := w.issue("stranger", grant{by: newAdministration("AU", "AU", "aeo.customs.au.example")})
	junk := []byte("x~")
	nameless := without(good, "legal_name")
	for name, c := range map[string]struct {
		lines [][]byte
		want  federation.Reason
		line  string // that the failed check names
	}{
		"a forged line after a good one":         {[][]byte{good, forged}, federation.BadSignature, "line 2"},
		"a forged line before a good one":        {[][]byte{forged, good}, federation.BadSignature, "line 1"},
		"forged counts before unreadable":        {[][]byte{good, junk, forged}, federation.BadSignature, "line 3"},
		"unreadable counts before unknown":       {[][]byte{stranger, good, junk}, federation.Unreadable, "line 3"},
		"unknown counts before good":             {[][]byte{good, stranger}, federation.IssuerUnknown, "line 2"},
		"a stolen key counts before good":        {[][]byte{good, w.sdjwt["stolen key"]}, federation.IssuerKeyCompromised, "line 2"},
		"a nameless line does not spoil another": {[][]byte{nameless, good}, federation.ByArrangement, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := fromJapan().Verify(file(c.lines...), now())
			wantReason(t, d, c.want)
			if c.line == "" {
				return
			}
			if d.Components != nil {
				t.Error("a file that was refused shows its components")
			}
			for _, row := range d.Checks {
				if row.Result == federation.Failed && !strings.HasPrefix(row.Detail, c.line+": ") {
					t.Errorf("detail %q, want %s", row.Detail, c.line)
				}
			}
		})
	}
}

func TestForgeryCountsBeforeABadReceipt(t *testing.T) {
	w := theWorld()
	good := w.sdjwt["orchards"]
	bad := []byte("c2sp.org/tlog-proof@v1\nindex x\n\nnot a checkpoint\n")
	d := fromJapan().Verify(credential.FormatFile([][]byte{good}, [][]byte{bad}), now())
	wantReason(t, d, federation.WrongFormat)
	d = fromJapan().Verify(credential.FormatFile([][]byte{swapSignature(good, w.sdjwt["ended"])}, [][]byte{bad}), now())
	wantReason(t, d, federation.BadSignature)
}

func TestHeadlineIsTheBestComponent(t *testing.T) {
	typed := func(want string) federation.Question {
		q := now()
		q.Type = want
		return q
	}
	for name, c := range map[string]struct {
		traders []string
		q       federation.Question
		want    federation.Reason
		holder  string
		caveats string
	}{
		"recognised before not":           {[]string{"other type", "orchards"}, now(), federation.ByArrangement, "orchards", ""},
		"not recognised before suspended": {[]string{"suspended", "other type"}, now(), federation.TypeNotCovered, "other type", ""},
		"of equals the first":             {[]string{"orchards", "reinstated"}, now(), federation.ByArrangement, "orchards", ""},
		"the type asked for before better ones": {
			[]string{"german simplifications", "suspended"}, typed("AEO"), federation.StatusSuspended, "suspended", ""},
		"where no type is the one asked for it says what to ask for": {
			[]string{"german simplifications", "other type"}, typed("AEOS"), federation.TypeNotCovered, "german simplifications", "other_component"},
	} {
		t.Run(name, func(t *testing.T) {
			d := verify(c.q, c.traders...)
			wantReason(t, d, c.want)
			if d.Holder.LegalName != legalName(c.holder) || caveats(d) != c.caveats {
				t.Errorf("about %s with caveats %q", d.Holder.LegalName, caveats(d))
			}
			if len(d.Components) != len(c.traders) {
				t.Fatalf("%d components", len(d.Components))
			}
			for i, part := range d.Components {
				alone := verify(c.q, c.traders[i])
				if part.Reason != alone.Reason || part.Holder.LegalName != legalName(c.traders[i]) || part.Components != nil {
					t.Errorf("component %d is %s of %s, alone it is %s", i, part.Reason, part.Holder.LegalName, alone.Reason)
				}
				if part.Evidence.Input == d.Evidence.Input {
					t.Errorf("component %d has the digest of the file", i)
				}
			}
		})
	}
}

func TestTransparency(t *testing.T) {
	w := theWorld()
	with := func(trader, proven string) []byte {
		return credential.FormatFile([][]byte{w.sdjwt[trader]}, [][]byte{receipt(w.nz.log, w.nz, w.sdjwt[proven])})
	}
	high := now()
	high.Level = federation.LevelTransparency
	fork := credential.FormatFile([][]byte{w.sdjwt["orchards"]},
		[][]byte{receipt(forkOf(w.nz, w.sdjwt["orchards"]), w.nz, w.sdjwt["orchards"])})
	for name, c := range map[string]struct {
		file    []byte
		q       federation.Question
		want    federation.Reason
		caveats string
	}{
		"with its receipt":                           {with("orchards", "orchards"), high, federation.ByArrangement, ""},
		"with its receipt, which was not needed":     {with("orchards", "orchards"), now(), federation.ByArrangement, ""},
		"with another's receipt":                     {with("orchards", "ended"), high, federation.ReceiptMissing, ""},
		"with another's receipt, which is no matter": {with("orchards", "ended"), now(), federation.ByArrangement, "no_receipt_match"},
		"a receipt from another history":             {fork, high, federation.LogMisbehaviour, ""},
		"a receipt from another history, by chance":  {fork, now(), federation.LogMisbehaviour, ""},
		"signed by a stolen key, logged before":      {with("stolen key", "stolen key"), high, federation.ByArrangement, ""},
		"signed by a stolen key, no proof asked":     {with("stolen key", "stolen key"), now(), federation.IssuerKeyCompromised, ""},
		"signed by the thief, logged after":          {with("forged by thief", "forged by thief"), high, federation.IssuerKeyCompromised, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := fromJapan().Verify(c.file, c.q)
			wantReason(t, d, c.want)
			if caveats(d) != c.caveats {
				t.Errorf("caveats %q, want %q", caveats(d), c.caveats)
			}
		})
	}
}

func TestManifestRaisesTheLevel(t *testing.T) {
	w := theWorld()
	r := w.japan(0)
	r.issuer(w.nz).MinLevel = bundle.LevelTransparency
	v := r.open(w.jp)
	wantReason(t, v.Verify(file(w.sdjwt["orchards"]), now()), federation.ReceiptMissing)
	wantReason(t, v.Verify(file(w.sdjwt["german"]), now()), federation.ByArrangement)
}

func TestMisbehaviourDoesNotHideBehindAGoodComponent(t *testing.T) {
	w := theWorld()
	fork := receipt(forkOf(w.nz, w.sdjwt["orchards"]), w.nz, w.sdjwt["orchards"])
	d := fromJapan().Verify(credential.FormatFile([][]byte{w.sdjwt["german"], w.sdjwt["orchards"]}, [][]byte{fork}), now())
	wantReason(t, d, federation.LogMisbehaviour)
}
