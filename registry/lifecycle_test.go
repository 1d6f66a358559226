package registry_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/google/go-cmp/cmp"
)

func TestFromGrantToEnd(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	nz.expect("granted", file, federation.OwnProgramme)
	v := nz.verifier().Verify(file, federation.Question{Now: nz.clock.Now().Unix(), Level: federation.LevelTransparency})
	if v.Reason != federation.OwnProgramme {
		t.Errorf("with its receipt: %s", v.Reason)
	}

	nz.pass(day)
	granted := nz.clock.Now()
	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	nz.pass(day)
	nz.expect("suspended", file, federation.StatusSuspended)
	if r := nz.reason(file, granted.Add(-time.Hour)); r != federation.OwnProgramme {
		t.Errorf("before the suspension: %s", r)
	}

	got(nz.Reinstate(t.Context(), nz.measure(a.Case)))(t)
	nz.pass(day)
	nz.expect("reinstated", file, federation.OwnProgramme)

	revocation := nz.measure(a.Case)
	revocation.From = nz.clock.Now().Add(2 * day).Unix()
	if _, err := nz.Revoke(t.Context(), revocation); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("deferred, of which the programme knows nothing: %v", err)
	}
	got(nz.Withdraw(t.Context(), revocation))(t)
	nz.pass(day)
	nz.expect("to be withdrawn tomorrow", file, federation.OwnProgramme)
	nz.pass(day)
	nz.expect("withdrawn", file, federation.Ended)
}

func TestAnnulmentReachesBack(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	nz.pass(10 * day)
	got(nz.Annul(t.Context(), nz.measure(a.Case)))(t)
	nz.pass(time.Second)
	file := nz.export(a.Case)
	nz.expect("annulled", file, federation.Annulled)
	if r := nz.reason(file, start.Add(5*day)); r != federation.Annulled {
		t.Errorf("on a day before the annulment: %s", r)
	}
}

// TestEffectiveOnTheFifthDay: DA Art. 29, the day of the decision not counted.
func TestEffectiveOnTheFifthDay(t *testing.T) {
	c := newClock()
	eu, de := union(t, c)
	a := de.grant(rhein)
	if len(a.Components) != 2 || a.Components[0].State != authorisation.PendingEffect {
		t.Fatalf("after the grant: %+v", a.Components)
	}
	file := de.export(a.Case, "AEOS", "AEOC")
	everybody(t, eu, de)
	eu.expect("the day of the grant", file, federation.NotYet)

	berlin := got(time.LoadLocation("Europe/Berlin"))(t)
	y, m, d := start.In(berlin).Date()
	effective := time.Date(y, m, d+5, 0, 0, 0, 0, berlin)
	de.pass(effective.Add(-time.Second).Sub(c.Now()))
	if a := got(de.Authorisation(a.Case))(t); a.Components[0].State != authorisation.PendingEffect {
		t.Errorf("a second before the fifth day: %s", a.Components[0].State)
	}
	de.pass(time.Second)
	if a := got(de.Authorisation(a.Case))(t); a.Components[0].State != authorisation.Effective || a.Components[1].State != authorisation.Effective {
		t.Errorf("on the fifth day: %+v", a.Components)
	}
	everybody(t, eu, de)
	eu.expect("on the fifth day", file, federation.OwnProgramme)
}

func TestAuthorisationExpiresByItself(t *testing.T) {
	sg := found(t, newClock(), "SG", "")
	a := sg.grant(trader{"Merlion Components Pte Ltd", "AEOSG201912345K01", "STP-PLUS", []string{"exporter"}})
	if a.ExpiresAt == 0 {
		t.Fatal("unlimited")
	}
	// Its keys, which nobody rotated, have run out by then, so there is an error and
	// nothing is published; what is the law takes effect all the same.
	sg.clock.forward(time.Unix(a.ExpiresAt, 0).Sub(sg.clock.Now()) - time.Second)
	sg.Tick(t.Context())
	if a := got(sg.Authorisation(a.Case))(t); a.Ended() {
		t.Error("ended a second early")
	}
	sg.clock.forward(time.Second)
	sg.Tick(t.Context())
	if a := got(sg.Authorisation(a.Case))(t); !a.Ended() || a.Components[0].End != authorisation.ActExpire {
		t.Errorf("after its time: %+v", a.Components)
	}
}

func TestCredentialForThreeWeeks(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	r := registry.IssueCredential{Authorisation: a.Case, Days: 21, By: "Desk"}
	a = got(nz.IssueCredential(t.Context(), r))(t)
	if len(a.Credentials) != 2 || a.Credentials[1].Expires != start.Add(21*day+time.Second).Unix() {
		t.Fatalf("credentials: %+v", a.Credentials)
	}
	nz.pass(time.Second)
	file := nz.export(a.Case)
	nz.expect("issued", file, federation.OwnProgramme)
	nz.pass(22 * day)
	nz.expect("after three weeks", file, federation.Expired)
}

func TestAmendmentSupersedes(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(timber)
	old := nz.export(a.Case)
	r := registry.AmendAuthorisation{Authorisation: a.Case, Roles: []string{"exporter", "packer"}, Grounds: grounds, By: "Decider"}
	a = got(nz.Amend(t.Context(), r))(t)
	if !slices.Equal(a.Roles, r.Roles) || a.Credentials[0].Newer != a.Credentials[1].SHA256 {
		t.Fatalf("amended: %+v", a)
	}
	nz.pass(time.Second)
	nz.expect("the old credential", old, federation.NewerCredentialExists)
	nz.expect("the new credential", nz.export(a.Case), federation.OwnProgramme)
}

func TestRestartKeepsEverything(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	nz.release(orchards)
	file, head := nz.export(a.Case), nz.LogHead()
	raw, manifest, err := nz.Bundle()
	must(t, err)

	nz.restart()
	if again := nz.LogHead(); again.Checkpoint != head.Checkpoint || again.PublishedSize != head.PublishedSize {
		t.Errorf("head after the restart: %+v, before %+v", again, head)
	}
	if again := nz.export(a.Case); string(again) != string(file) {
		t.Error("the credential file changed")
	}
	if again, m, err := nz.Bundle(); err != nil || m.Seq < manifest.Seq || m.Seq == manifest.Seq && string(again) != string(raw) {
		t.Errorf("bundle %d after the restart, %d before: %v", m.Seq, manifest.Seq, err)
	}
	nz.expect("granted", file, federation.OwnProgramme)

	// A bundle of the restarted node follows those seen before it.
	_, memory, err := federation.Open(raw, got(nz.Anchor())(t), nil, nz.clock.Now().Unix(), 0)
	must(t, err)
	nz.pass(2 * time.Hour)
	raw, _, err = nz.Bundle()
	must(t, err)
	if _, _, err := federation.Open(raw, got(nz.Anchor())(t), &memory, nz.clock.Now().Unix(), 0); err != nil {
		t.Errorf("the next bundle: %v", err)
	}
}

func TestOneNodePerDirectory(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	if n, err := registry.Open(t.Context(), nz.opts); err == nil {
		n.Close()
		t.Error("a second node opened the directory")
	}
	if err := registry.Create(nz.opts, "NZ", "", "https://aeo.nz.example"); err == nil {
		t.Error("a node was created over another")
	}
}

// TestFullListsGiveWayToNew: with randomness that always throws the same index,
// the second credential finds the lists full.
func TestFullListsGiveWayToNew(t *testing.T) {
	c := newClock()
	nz := found(t, c, "NZ", "")
	must(t, nz.Close())
	nz.opts.Rand = nineZeros{nz.opts.Rand}
	nz.open()
	lists := len(nz.StatusLists())
	a, b := nz.grant(orchards), nz.grant(timber)
	if n := len(nz.StatusLists()); n != 2*lists {
		t.Errorf("%d lists, want %d", n, 2*lists)
	}
	if a.Credentials[0].URI == b.Credentials[0].URI {
		t.Errorf("both credentials are in %s", a.Credentials[0].URI)
	}
	nz.expect("of the first list", nz.export(a.Case), federation.OwnProgramme)
	nz.expect("of the second list", nz.export(b.Case), federation.OwnProgramme)
}

// TestProjectionsCanBeMadeAgain: what queries read is a function of the log.
func TestProjectionsCanBeMadeAgain(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	nz.release(orchards)
	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	rows := func() map[string]string {
		out := map[string]string{}
		must(t, nz.Ledger().View(func(tx ledger.Projection) error {
			return tx.Scan(nil, func(key, value []byte) (bool, error) {
				out[string(key)] = string(value)
				return true, nil
			})
		}))
		return out
	}
	before := rows()
	must(t, nz.Ledger().Rebuild())
	if diff := cmp.Diff(before, rows()); diff != "" {
		t.Errorf("rows (-before +after):\n%s", diff)
	}
}

func TestALostOrDamagedBundleIsBuiltAnewAndIsNoRollback(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"lost":    os.Remove,
		"damaged": func(path string) error { return os.WriteFile(path, []byte("PK"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			nz := found(t, newClock(), "NZ", "")
			nz.pass(time.Hour)
			raw, _, err := nz.Bundle()
			must(t, err)
			anchor := got(nz.Anchor())(t)
			_, memory, err := federation.Open(raw, anchor, nil, nz.clock.Now().Unix(), 0)
			must(t, err)
			must(t, nz.Close())
			must(t, harm(filepath.Join(nz.opts.Dir, "bundle.aeobundle")))
			nz.clock.forward(time.Minute)
			nz.open()
			raw, _, err = nz.Bundle()
			must(t, err)
			if _, _, err := federation.Open(raw, anchor, &memory, nz.clock.Now().Unix(), 0); err != nil {
				t.Errorf("the bundle after the loss: %v", err)
			}
		})
	}
}
