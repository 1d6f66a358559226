package month

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

var grounds = []string{"--reason", "demo", "--basis", "invented for the demonstration", "--without-hearing", "invented for the demonstration"}

var (
	isSuspended  = demo.Outcome{Verdict: "suspended", Reason: "suspended"}
	isRecognised = demo.Outcome{Verdict: "recognised", Reason: "by_arrangement"}
)

// suspension: what one country decides, its partners' desks say within seconds.
func (s *story) suspension() error {
	if err := s.spreads("NZ", isSuspended, append([]string{"authorisation", "suspend", s.authorisations["NZ"]}, grounds...)); err != nil {
		return err
	}
	return s.knew("JP", "NZ")
}

// knew: one partner's own word that it knew of the last change of status in
// another's log, kept in a file and checked with nothing but the anchors of both.
func (s *story) knew(by, of string) error {
	index, err := s.lastStatus(of)
	if err != nil {
		return err
	}
	file := s.path("cases", of+"-known-by-"+by+".json")
	if err := s.word(index, of, by, file); err != nil { // it did not get through: it is sent again after a while
		if err := s.catchUp(); err != nil {
			return err
		}
		if err := s.word(index, of, by, file); err != nil {
			return err
		}
	}
	var e struct {
		Kind   string `json:"kind"`
		Pinned bool   `json:"pinned"`
		What   string `json:"what"`
	}
	if err := s.read("", &e, "log", "verify-evidence", file, "--anchor", s.path("nodes", of, "anchor.aeoanchor"),
		"--known-by-anchor", s.path("nodes", by, "anchor.aeoanchor")); err != nil {
		return err
	}
	s.fact(e.Kind == "known" && e.Pinned, by+" knew of it, and cannot deny it", "%s", e.What)
	return nil
}

// word waits for a partner's word on a leaf and writes it to a file.
func (s *story) word(index int64, of, by, file string) error {
	for end := time.Now().Add(moment); ; time.Sleep(glance) {
		_, err := s.aeo(of, "log", "evidence", strconv.FormatInt(index, 10), "--known-by", by, "--out", file)
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}

// lastStatus is the number of the newest status leaf in a node's log.
func (s *story) lastStatus(code string) (int64, error) {
	var head registry.LogHead
	if err := s.nodes[code].api(s.ctx, "/log/head", nil, &head); err != nil {
		return 0, err
	}
	var list struct {
		Items []registry.LogEntry `json:"items"`
	}
	if err := s.read(code, &list, "log", "entries", "--from", strconv.FormatInt(max(0, head.PublishedSize-500), 10)); err != nil {
		return 0, err
	}
	for _, e := range slices.Backward(list.Items) {
		leaf, err := transparency.ParseLeaf(e.Leaf)
		if err != nil {
			return 0, err
		}
		if _, ok := leaf.(transparency.Status); ok {
			return e.Index, nil
		}
	}
	return 0, fmt.Errorf("%s logged no status", code)
}

func (s *story) reinstatement() error {
	return s.spreads("NZ", isRecognised, []string{"authorisation", "reinstate", s.authorisations["NZ"]})
}

// spreads does something about a place's company and measures until every
// partner's verdict says so.
func (s *story) spreads(of string, want demo.Outcome, act []string) error {
	began := time.Now()
	if _, err := s.aeo(of, append(act, "--by", s.nodes[of].decides)...); err != nil {
		return err
	}
	partners := s.partners(s.nodes[of].territory)
	heard := s.heard(of, want, partners, began)
	var took []time.Duration
	for _, d := range heard {
		took = append(took, d)
	}
	slices.Sort(took)
	if len(took) == 0 {
		took = []time.Duration{0}
	}
	s.fact(len(heard) == len(partners), fmt.Sprintf("%s is %s abroad", s.nodes[of].company.name, want.Verdict),
		"the desks of %d of %d partners say so, half of them %.1f s after the decision, the last after %.1f s, told by notice",
		len(heard), len(partners), took[len(took)/2].Seconds(), took[len(took)-1].Seconds())
	return nil
}

// europe and the rest are the two sides of the partition.
func (s *story) europe() (europe, rest []string) {
	for _, code := range s.order {
		if s.nodes[code].territory == "EU" {
			europe = append(europe, code)
		} else {
			rest = append(rest, code)
		}
	}
	return europe, rest
}

// partition: the union and its member cannot be reached, and Germany suspends.
func (s *story) partition() error {
	europe, rest := s.europe()
	s.cut(true, europe, rest)
	if _, err := s.aeo("DE", append(append([]string{"authorisation", "suspend", s.authorisations["DE"]}, grounds...), "--by", s.nodes["DE"].decides)...); err != nil {
		return err
	}
	s.say("Germany suspends %s; nobody outside the EU can hear of it.", s.nodes["DE"].company.name)
	if err := s.catchUp(); err != nil {
		return err
	}
	if err := s.expect("JP", "DE", "recognised", "by_arrangement"); err != nil {
		return err
	}
	// Two days later the desks still answer from what they know, and say how old it is.
	if err := s.at(12, 9); err != nil {
		return err
	}
	a, err := s.verify("JP", "DE", border...)
	if err != nil {
		return err
	}
	s.fact(a.Outcome == isRecognised && a.warns(federation.CaveatStale), "two days without news", "%s%s", a, caveats(a))
	return nil
}

// mended: what happened meanwhile is caught up with, and proven to go on from
// what was known.
func (s *story) mended() error {
	europe, rest := s.europe()
	s.cut(false, europe, rest)
	if err := s.catchUp(); err != nil {
		return err
	}
	if err := s.expect("JP", "DE", "suspended", "suspended"); err != nil {
		return err
	}
	if err := s.expect("US", "DE", "suspended", "suspended"); err != nil {
		return err
	}
	return s.spreads("DE", isRecognised, []string{"authorisation", "reinstate", s.authorisations["DE"]})
}

// killed: the node dies while companies are registered one after the other.
// What it acknowledged is there when it is back, and its partners go on.
func (s *story) killed() error {
	n := s.nodes["SG"]
	acknowledged, failed := []string{}, make(chan error, 1)
	go func() {
		for i := range 10_000 {
			name := fmt.Sprintf("Straits Trading %d Pte Ltd", i)
			var o authorisation.Operator
			err := n.api(s.ctx, "/operators", registry.RegisterOperator{By: n.desk, Holder: authorisation.Holder{LegalName: name,
				Identifiers: []string{fmt.Sprintf("AEOSG2020%08d", i)}, Address: authorisation.Address{Country: "SG"}}}, &o)
			if err != nil {
				failed <- err
				return
			}
			acknowledged = append(acknowledged, o.Case)
			if i == 20 {
				go func() { _ = n.cmd.Process.Kill() }()
			}
		}
		failed <- errors.New("it outlived its killing")
	}()
	end := <-failed
	if err := n.kill(); err != nil && !strings.Contains(err.Error(), "already finished") {
		return err
	}
	if err := s.catchUp(); err != nil { // its partners find nobody, and keep what they knew
		return err
	}
	if err := s.expect("JP", "SG", "recognised", "by_arrangement"); err != nil {
		return err
	}
	began := time.Now()
	if err := n.start(s.binary); err != nil {
		return err
	}
	took := time.Since(began)
	var list struct {
		Items []authorisation.Operator `json:"items"`
	}
	if err := s.read("SG", &list, "operator", "list"); err != nil {
		return err
	}
	there := map[string]bool{}
	for _, o := range list.Items {
		there[o.Case] = true
	}
	lost := slices.DeleteFunc(slices.Clone(acknowledged), func(c string) bool { return there[c] })
	s.fact(len(lost) == 0 && len(acknowledged) > 20, "kill -9", "%d acts acknowledged before it, %d of them lost; back in %.1f s (the caller saw: %.60s)",
		len(acknowledged), len(lost), took.Seconds(), end)
	if err := s.catchUp(); err != nil {
		return err
	}
	peer, err := s.peer("JP", "SG")
	if err != nil {
		return err
	}
	s.fact(peer.SyncedAt >= s.day(14).Unix(), "its partners go on", "Japan follows Singapore's log of %d leaves", peer.LogSize)
	return nil
}

func (w *world) peer(at, of string) (registry.PeerStatus, error) {
	var p registry.PeerStatus
	err := w.read(at, &p, "peer", "show", of)
	return p, err
}
