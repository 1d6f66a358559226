package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
	"golang.org/x/mod/sumdb/tlog"
)

// A clerk is a client who takes operators from the register to a suspension and
// back, one act after the other, and notes each act in a file before it is sent
// and again when it was acknowledged; both notes are synced. Every act is
// signed with a name used once, so that the log tells which act an event is of.
type clerk struct {
	d        *deployment
	file     *os.File
	number   int // of the clerk
	acts     int
	life     []string // steps still to go, of the operator at hand
	operator string
	app, aut string
}

// lifeOf are the steps an operator goes through, with the events of each.
var lifeOf = []string{"register", "submit", "accept", "assess", "grant", "suspend", "reinstate", "suspend"}

var eventsOf = map[string][]string{
	"register": {"operator.registered"}, "submit": {"application.submitted"}, "accept": {"application.accepted"},
	"assess": {"application.assessed"}, "grant": {"application.granted", "authorisation.granted", "monitoring.opened"},
	"suspend": {"authorisation.suspended"}, "reinstate": {"authorisation.reinstated"},
}

func newClerk(d *deployment, number int) (*clerk, error) {
	f, err := os.OpenFile(fmt.Sprintf("%s.notes-%d", d.dir, number), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return &clerk{d: d, file: f, number: number}, err
}

func (c *clerk) note(format string, args ...any) error {
	if _, err := fmt.Fprintf(c.file, format+"\n", args...); err != nil {
		return err
	}
	return c.file.Sync()
}

// errUnanswered says that nobody knows whether an act was done.
var errUnanswered = errors.New("no answer")

// act takes the next step. After an act without an answer the clerk leaves that
// operator alone: whether it was done is the log's to say.
func (c *clerk) act() error {
	if len(c.life) == 0 {
		c.life, c.operator, c.app, c.aut = lifeOf, "", "", ""
	}
	step := c.life[0]
	c.acts++
	by := fmt.Sprintf("clerk %d act %d", c.number, c.acts)
	path, request := c.request(step, by)
	if err := c.note("sent %s %s", step, by); err != nil {
		return err
	}
	a, err := c.d.post(path, request)
	if err != nil {
		c.life = nil
		return errUnanswered
	}
	if !a.ok() {
		c.life = nil
		return fmt.Errorf("%s: status %d: %s", by, a.status, a.body)
	}
	of, err := c.understand(step, a.body)
	if err != nil {
		return fmt.Errorf("%s: %w", by, err)
	}
	c.life = c.life[1:]
	return c.note("done %s %s = %s", step, by, of)
}

func (c *clerk) request(step, by string) (path string, request any) {
	grounds := authorisation.Grounds{Reason: "audit", Basis: "Customs and Excise Act 2018"}
	switch step {
	case "register":
		id := fmt.Sprintf("NZ:ses:%02d%06dA", c.number, c.acts)
		return "/operators", registry.RegisterOperator{By: by, Holder: authorisation.Holder{
			LegalName: fmt.Sprintf("Orchard %d-%d Ltd", c.number, c.acts), Identifiers: []string{id},
			Names: []authorisation.Name{}, Address: authorisation.Address{Country: "NZ"}}}
	case "submit":
		return "/applications", registry.SubmitApplication{Operator: c.operator, Type: "SES", Roles: []string{"exporter"}, By: by}
	case "accept":
		return "/applications/accept", registry.AcceptApplication{Application: c.app, By: by}
	case "assess":
		return "/applications/assess", registry.AssessApplication{Application: c.app, AllMet: true, By: by}
	case "grant":
		return "/applications/decide", registry.DecideApplication{Application: c.app, Grant: true, By: by}
	case "suspend":
		return "/authorisations/suspend", registry.Measure{Authorisation: c.aut, Grounds: grounds, Heard: authorisation.Heard{Without: "invented for the test"}, By: by}
	case "reinstate":
		return "/authorisations/reinstate", registry.Measure{Authorisation: c.aut, By: by}
	}
	panic("no step " + step)
}

// understand reads an answer and returns the case the act was about.
func (c *clerk) understand(step string, body []byte) (of string, err error) {
	var reply struct {
		Case          string `json:"case"`
		Authorisation string `json:"authorisation"`
	}
	if err := jcs.UnmarshalOpen(body, &reply); err != nil {
		return "", err
	}
	if reply.Case == "" {
		return "", fmt.Errorf("answer without a case: %s", body)
	}
	switch step {
	case "register":
		c.operator = reply.Case
	case "submit":
		c.app = reply.Case
	case "grant":
		c.aut = reply.Authorisation
	}
	return reply.Case, nil
}

// Checkpoints are the checkpoints somebody saw, each with its size, in a file.
type checkpoints struct {
	mu     sync.Mutex
	file   *os.File
	bySize map[int64]string
}

func newCheckpoints(d *deployment, name string) (*checkpoints, error) {
	f, err := os.OpenFile(d.dir+"."+name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return &checkpoints{file: f, bySize: map[int64]string{}}, err
}

// saw notes a checkpoint, and complains of a second one of the same size.
func (c *checkpoints) saw(raw string) (size int64, err error) {
	lines := strings.SplitN(raw, "\n", 3)
	if len(lines) < 3 {
		return 0, fmt.Errorf("no checkpoint: %q", raw)
	}
	if _, err := fmt.Sscan(lines[1], &size); err != nil {
		return 0, fmt.Errorf("no checkpoint: %q", raw)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch before, known := c.bySize[size]; {
	case !known:
		c.bySize[size] = raw
		if _, err := fmt.Fprintf(c.file, "%q\n", raw); err != nil {
			return 0, err
		}
		return size, c.file.Sync()
	case before != raw:
		return size, fmt.Errorf("two checkpoints of one size:\n%s\n%s", before, raw)
	}
	return size, nil
}

// An account is what the notes of all clerks say: acts by the name they were signed with.
type account struct {
	sent map[string]string // step
	done map[string]string // case
}

func readNotes(t testing.TB, d *deployment) account {
	t.Helper()
	a := account{map[string]string{}, map[string]string{}}
	names, err := filepath.Glob(d.dir + ".notes-*")
	if err != nil || len(names) == 0 {
		t.Fatalf("notes: %v, %v", names, err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			step, by, _ := strings.Cut(rest, " ")
			by, of, _ := strings.Cut(by, " = ")
			if word == "done" {
				a.done[by] = of
			} else {
				a.sent[by] = step
			}
		}
	}
	return a
}

// A trace is what the log holds of one act.
type trace struct {
	events []string
	of     string
}

// checkNotes compares a stopped node with everything its clients noted and saw:
// every acknowledged act is in the log whole and once, nothing else is but what
// was sent, what follows from it was done, and each checkpoint that was ever
// seen is that of the log's first leaves.
func checkNotes(t testing.TB, d *deployment, seen ...*checkpoints) (acknowledged, unanswered int) {
	t.Helper()
	notes := readNotes(t, d)
	n, err := d.open()
	if err != nil {
		t.Fatalf("open after the last kill: %v", err)
	}
	defer func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := traces(t, n)
	for by, f := range found {
		if by != authorisation.Scheduler && notes.sent[by] == "" {
			t.Errorf("invented: %v by %q", f.events, by)
		}
	}
	for by, step := range notes.sent {
		f, want := found[by], eventsOf[step]
		of, done := notes.done[by]
		if done && (f.of != of && step != "grant") {
			t.Errorf("lost: %s of %s by %q was acknowledged, the log has %v of %s", step, of, by, f.events, f.of)
		}
		if (done || len(f.events) > 0) && strings.Join(f.events, " ") != strings.Join(want, " ") {
			t.Errorf("%s by %q (acknowledged: %v) is in the log as %v", step, by, done, f.events)
		}
	}
	checkOwed(t, n)
	for _, c := range seen {
		c.check(t, n.Ledger())
	}
	return len(notes.done), len(notes.sent) - len(notes.done)
}

// traces are the events of the log by who acted.
func traces(t testing.TB, n *registry.Node) map[string]trace {
	t.Helper()
	found := map[string]trace{}
	err := n.Ledger().Records(0, func(r ledger.Record) error {
		raw := r.Payload
		switch r.Entry.(type) {
		case transparency.Credential:
			var i view.Issued
			if err := jcs.Unmarshal(raw, &i); err != nil {
				return err
			}
			raw = i.Event
		case transparency.Case:
		default:
			return nil
		}
		e, err := authorisation.UnmarshalEvent(raw)
		if err != nil {
			return err
		}
		f := found[e.Actor]
		if f.of == "" {
			f.of = e.Case
		}
		f.events = append(f.events, e.Type())
		found[e.Actor] = f
		return nil
	})
	if err != nil {
		t.Fatalf("read the log: %v", err)
	}
	return found
}

// checkOwed checks that what a grant or a measure brings about was done, at the
// latest when the node was opened again.
func checkOwed(t testing.TB, n *registry.Node) {
	t.Helper()
	all, err := n.Authorisations()
	if err != nil {
		t.Fatal(err)
	}
	now := n.Ledger().Now().Unix()
	for _, a := range all {
		if len(a.Credentials) != len(a.Components) || len(a.StatusDue(now)) > 0 {
			t.Errorf("%s: %d credentials of %d components, status due %v", a.Case, len(a.Credentials), len(a.Components), a.StatusDue(now))
		}
	}
}

// check derives the tree of every size that was seen again from the leaves.
func (c *checkpoints) check(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	tree := transparency.NewCopy(l.Head().Origin)
	if err := l.Entries(0, l.Head().Size, func(_ int64, leaf []byte) error { return tree.Add(leaf) }); err != nil {
		t.Fatalf("derive the tree again: %v", err)
	}
	for size, raw := range maps.All(c.bySize) {
		root, err := tlog.TreeHash(size, tree)
		if err != nil || size > l.Head().Size {
			t.Errorf("a checkpoint of size %d was seen, the log has %d (%v)", size, l.Head().Size, err)
			continue
		}
		want := fmt.Sprintf("%s\n%d\n%s\n\n", l.Head().Origin, size, root)
		if !strings.HasPrefix(raw, want) {
			t.Errorf("size %d was seen as\n%s\nand its leaves give\n%s", size, raw, want)
		}
	}
}
