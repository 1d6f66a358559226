package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/registry"
)

const doctorNow = 1_800_000_000

func TestDoctorSaysWhatIsToBeDone(t *testing.T) {
	node := registry.NodeStatus{Config: registry.Config{Territory: "NZ", Authority: "NZ"}, LogSize: 9, PublishedSize: 9, BundleSeq: 1, BundleIat: doctorNow, Now: doctorNow}
	partner := func(age int64) *registry.PeerStatus {
		p := &registry.PeerStatus{EntityID: "https://aeo.customs.jp.example", Territory: "JP", Relation: "partner"}
		if age >= 0 {
			p.SyncedAt = doctorNow - age
		}
		return p
	}
	for name, tc := range map[string]struct {
		find  func(*health)
		level string
		words string
		exit  int
	}{
		"a partner just followed": {func(h *health) { h.sayPartner(&node, partner(5)) }, levelOK, "Japan is followed, looked at just now", exitOK},
		"a partner that just went away": {func(h *health) {
			p := partner(5)
			p.Following = &registry.Following{State: registry.StateUnreachable}
			h.sayPartner(&node, p)
		}, levelOK, "does not answer just now", exitOK},
		"a partner away for hours": {func(h *health) { h.sayPartner(&node, partner(5*hour)) }, levelLook, "5 hours ago", exitOK},
		"a partner away for days":  {func(h *health) { h.sayPartner(&node, partner(3*aDay)) }, levelAct, "verdicts about its companies say so", exitLater},
		"a partner away for weeks": {func(h *health) { h.sayPartner(&node, partner(20*aDay)) }, levelAct, "cannot_tell", exitLater},
		"a partner never reached":  {func(h *health) { h.sayPartner(&node, partner(-1)) }, levelAct, "never reached", exitLater},
		"a partner with two histories": {func(h *health) {
			p := partner(5)
			p.Following = &registry.Following{State: registry.StateFrozen}
			h.sayPartner(&node, p)
		}, levelAct, "two histories", exitMisbehaviour},
		"a list of this month": {func(h *health) {
			h.sayLists(doctorNow, []listed.Header{{Partner: "CL", StatedAsOf: "2026-10-01"}, {Partner: "CL", StatedAsOf: "2027-01-01"}})
		}, levelOK, "list of Chile speaks of 2027-01-01", exitOK},
		"a list of last year": {func(h *health) {
			h.sayLists(doctorNow, []listed.Header{{Partner: "CL", StatedAsOf: "2026-02-01"}})
		}, levelLook, "list of Chile speaks of 2026-02-01", exitOK},
		"a clock that agrees":  {func(h *health) { h.sayClock(doctorNow, doctorNow+1) }, levelOK, "", exitOK},
		"a clock a minute off": {func(h *health) { h.sayClock(doctorNow, doctorNow-60) }, levelLook, "60 seconds", exitOK},
		"a clock an hour off":  {func(h *health) { h.sayClock(doctorNow+hour, doctorNow) }, levelAct, "until time has caught up", exitLater},
		"a review that is overdue": {func(h *health) {
			h.sayArrangement(&node, &registry.Arrangement{ID: "JP-NZ", Parties: []string{"JP", "NZ"}, ReviewOn: "2020-01-01", At: doctorNow})
		}, levelLook, "its review was due on 2020-01-01", exitOK},
		"a text that waits for us": {func(h *health) { h.sayNegotiation(&registry.Negotiation{ID: "JP-NZ", Waits: registry.WaitsForUs}) }, levelAct, "our signature", exitLater},
		"a text that waits for a partner": {func(h *health) {
			h.sayNegotiation(&registry.Negotiation{ID: "JP-NZ", Waits: registry.WaitsForPartners, Missing: []string{"JP"}})
		}, levelOK, "waits for JP", exitOK},
	} {
		t.Run(name, func(t *testing.T) {
			h := &health{}
			tc.find(h)
			if len(h.Findings) != 1 {
				t.Fatalf("%d findings: %+v", len(h.Findings), h.Findings)
			}
			f := h.Findings[0]
			if f.Level != tc.level || !strings.Contains(f.What, tc.words) || h.exit() != tc.exit || f.OK != (f.Level == levelOK) {
				t.Errorf("%s %q, exit %d; want %s %q, exit %d", f.Level, f.What, h.exit(), tc.level, tc.words, tc.exit)
			}
		})
	}
}

func TestDoctorExitsWithTheGravest(t *testing.T) {
	h := &health{}
	h.ok("log", "fine")
	h.look("disk", "", "a little")
	if h.exit() != exitOK {
		t.Errorf("nothing to be done: exit %d", h.exit())
	}
	h.act("partner", "aeo peer sync", "away")
	if h.exit() != exitLater {
		t.Errorf("something to be done: exit %d", h.exit())
	}
	h.add(levelAct, exitBehind, "log", "", "not proven")
	h.add(levelAct, exitStorage, "log", "", "damaged")
	if h.exit() != exitStorage {
		t.Errorf("damage: exit %d", h.exit())
	}
	h.add(levelAct, exitMisbehaviour, "partner", "", "two histories")
	if h.exit() != exitMisbehaviour {
		t.Errorf("misbehaviour: exit %d", h.exit())
	}
	var out bytes.Buffer
	h.print(&out)
	if want := "✓ fine\n• a little\n! away\n    aeo peer sync\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("printed\n%s", out.String())
	}
}
