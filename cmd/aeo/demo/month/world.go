package month

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

// world is all nodes, the lines between them, and their clock.
type world struct {
	ctx    context.Context
	dir    string
	binary string
	run    Run
	clock  *demo.SharedClock
	begin  time.Time // of the month, by the demo's clock

	nodes map[string]*node
	order []string
	lines map[line]*relay
}

// A line is how one node reaches another.
type line struct{ from, to string }

func (w *world) path(parts ...string) string {
	return filepath.Join(append([]string{w.dir}, parts...)...)
}

// day is the beginning of a day of the month.
func (w *world) day(n int) time.Time { return w.begin.AddDate(0, 0, n) }

// aeo runs a verb, at a node or without one, as somebody at a terminal would.
// It must exit with 0.
func (w *world) aeo(code string, args ...string) ([]byte, error) {
	out, errs, exit := w.try(code, args...)
	if exit != 0 {
		return nil, fmt.Errorf("%s: aeo %s: exit %d: %s", code, strings.Join(args, " "), exit, strings.TrimSpace(string(errs)))
	}
	return out, nil
}

func (w *world) try(code string, args ...string) (stdout, stderr []byte, exit int) {
	if err := w.ctx.Err(); err != nil {
		return nil, []byte(err.Error()), 7
	}
	if code != "" {
		args = append(args, "-C", w.nodes[code].dir)
	}
	return w.run(w.clock.Now, append(args, "--yes", "--quiet"))
}

// read runs a verb with --json and reads its answer.
func (w *world) read(code string, answer any, args ...string) error {
	out, err := w.aeo(code, append(args, "--json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal(out, answer)
}

// create makes every node and starts it.
func (w *world) create(list []place) error {
	for _, p := range list {
		n := newNode(w.dir, p)
		w.nodes[p.code], w.order = n, append(w.order, p.code)
		args := []string{"init", n.dir, "--territory", p.territory, "--entity", p.entity(), "--identity", n.identity}
		if p.member() {
			args = append(args, "--authority", p.code)
		}
		if _, err := w.aeo("", args...); err != nil {
			return err
		}
	}
	return w.each(w.order, func(n *node) error { return n.start(w.binary) })
}

// atOnce is how many nodes are spoken to at the same time.
const atOnce = 6

// each does something with several nodes at once.
func (w *world) each(codes []string, do func(*node) error) error {
	var group sync.WaitGroup
	errs := make([]error, len(codes))
	places := make(chan struct{}, atOnce)
	for i, code := range codes {
		group.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			errs[i] = do(w.nodes[code])
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// running are the nodes that run now.
func (w *world) running() []string {
	var out []string
	for _, code := range w.order {
		if w.nodes[code].runs() {
			out = append(out, code)
		}
	}
	return out
}

// tick has every running node do what the time brings about.
func (w *world) tick() error {
	return w.each(w.running(), func(n *node) error { return n.api(w.ctx, "/tick", struct{}{}, nil) })
}

// at moves the clock to a day and an hour of the month, and waits until every
// node has done what the time brings about.
func (w *world) at(day, hour int) error {
	return w.jump(w.day(day).Add(time.Duration(hour) * time.Hour))
}

// catchUp lets a little more time pass than a node waits between two looks at a
// partner, however often it failed before.
func (w *world) catchUp() error { return w.jump(w.clock.Now().Add(40 * time.Minute)) }

// ahead is more than the longest that a node leaves a partner alone.
const ahead = 20 * time.Minute

// jump moves the clock in two steps: after the first everybody renews what ran
// out meanwhile - no clock in earnest jumps so, and whoever looked before its
// partner renewed would be right to refuse what it finds - and after the second
// everybody looks at everybody.
func (w *world) jump(to time.Time) error {
	if err := w.clock.Jump(to.Add(-ahead)); err != nil {
		return err
	}
	if err := w.tick(); err != nil {
		return err
	}
	if err := w.rest(); err != nil {
		return err
	}
	var err error
	for range 6 { // who failed leaves its partner alone for a while
		if err = w.clock.Jump(to); err != nil {
			return err
		}
		if err = w.settle(to.Add(-ahead/2), moment); !errors.Is(err, errNotLooked) {
			return err
		}
		to = w.clock.Now().Add(ahead)
	}
	return err
}

const (
	// moment is how long the nodes may take for a look at each other; patience for
	// what they do after several.
	moment   = 8 * time.Second
	patience = 3 * time.Minute
	// glance is the time between two questions whether they have.
	glance = 40 * time.Millisecond
)

var errNotLooked = errors.New("not followed")

// settle waits until every node did what the time brought about and then looked
// at all partners it can reach, by itself, since an instant.
func (w *world) settle(since time.Time, within time.Duration) error {
	if err := w.tick(); err != nil {
		return err
	}
	end := time.Now().Add(within)
	if err := w.each(w.running(), func(n *node) error { return w.looked(n, since.Unix(), end) }); err != nil {
		return err
	}
	return w.tick()
}

// rest waits until the rounds that began are over, well or not: a round that is
// running when the clock jumps ends at another time than it began.
func (w *world) rest() error {
	end := time.Now().Add(moment)
	return w.each(w.running(), func(n *node) error {
		for time.Now().Before(end) {
			var list api.List[registry.PeerStatus]
			if err := n.api(w.ctx, "/peers", nil, &list); err != nil {
				return err
			}
			now := w.clock.Now().Unix()
			if !slices.ContainsFunc(list.Items, func(p registry.PeerStatus) bool {
				return p.Following.NextAttempt < now && p.Following.State != registry.StateFrozen
			}) {
				return nil
			}
			time.Sleep(glance)
		}
		return nil
	})
}

// looked waits until a node has followed all partners it can reach.
func (w *world) looked(n *node, since int64, end time.Time) error {
	var missing []string
	for {
		var list api.List[registry.PeerStatus]
		if err := n.api(w.ctx, "/peers", nil, &list); err != nil {
			return err
		}
		missing = nil
		for _, p := range list.Items {
			if p.SyncedAt < since && w.reaches(n, p.EntityID) {
				missing = append(missing, fmt.Sprintf("%s %s (%s)", p.EntityID, p.Following.State, p.Following.Failure))
			}
		}
		if len(missing) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: by %s: %s", errNotLooked, n.code, strings.Join(missing, ", "))
		}
		time.Sleep(glance)
	}
}

// reaches reports whether a node can reach another: that runs, and the line is not cut.
func (w *world) reaches(n *node, entityID string) bool {
	for _, code := range w.order {
		if other := w.nodes[code]; other.entity() == entityID {
			l := w.lines[line{n.code, code}]
			return other.runs() && l != nil && !l.isCut()
		}
	}
	return false
}

// neighbours are whom a node follows: its partners, a union its members, a
// member its union.
func (w *world) neighbours(n *node) []string {
	if n.member() {
		return []string{n.territory}
	}
	return append(w.partners(n.code), w.members(n.code)...)
}

// members are the members of a union that have nodes here.
func (w *world) members(union string) []string {
	var out []string
	for _, code := range w.order {
		if m := w.nodes[code]; m.member() && m.territory == union {
			out = append(out, code)
		}
	}
	return out
}

// connect makes the lines along which the nodes reach each other. Who follows a
// union follows its members.
func (w *world) connect() error {
	for _, code := range w.order {
		for _, other := range w.neighbours(w.nodes[code]) {
			for _, end := range append(w.members(other), other) {
				if end == code || w.lines[line{code, end}] != nil {
					continue
				}
				r, err := newRelay(w.nodes[end].address)
				if err != nil {
					return err
				}
				w.lines[line{code, end}] = r
			}
		}
	}
	return nil
}

// introduce has one node follow another, whose anchor it got by a way it trusts.
// A union is followed with its members.
func (w *world) introduce(to, whom string, dial func(from, to string) string) error {
	n, other := w.nodes[to], w.nodes[whom]
	args := []string{"peer", "add", filepath.Join(other.dir, "anchor.aeoanchor"), "--by", n.desk,
		"--dial", dial(to, whom), "--tls-ca", filepath.Join(other.dir, "tls", "ca.pem")}
	for _, code := range w.members(whom) {
		if m := w.nodes[code]; code != to {
			args = append(args, "--dial", m.host+"="+dial(to, code), "--tls-ca", filepath.Join(m.dir, "tls", "ca.pem"))
		}
	}
	_, err := w.aeo(to, args...)
	return err
}

// acquaint has every node follow its neighbours.
func (w *world) acquaint(dial func(from, to string) string) error {
	return w.each(w.order, func(n *node) error {
		for _, other := range w.neighbours(n) {
			if err := w.introduce(n.code, other, dial); err != nil {
				return err
			}
		}
		return nil
	})
}

// overLine is the address of the line from one node to another; direct that of
// the other itself.
func (w *world) overLine(from, to string) string { return w.lines[line{from, to}].addr() }
func (w *world) direct(_, to string) string      { return w.nodes[to].address }

// cut cuts or mends all lines between two groups, both ways.
func (w *world) cut(cut bool, some, others []string) {
	for _, a := range some {
		for _, b := range others {
			for _, l := range []line{{a, b}, {b, a}} {
				if r := w.lines[l]; r != nil {
					r.set(cut)
				}
			}
		}
	}
}

// stop ends every node and every line. It is called whatever happened.
func (w *world) stop() error {
	var errs error
	var codes []string
	for _, code := range w.order {
		if w.nodes[code].runs() {
			codes = append(codes, code)
		}
	}
	errs = w.each(codes, func(n *node) error { return n.stop() })
	for _, r := range w.lines {
		errs = errors.Join(errs, r.close())
	}
	return errs
}

// published waits until what a node committed is public.
func (w *world) published(code string) error {
	for range 400 {
		var head registry.LogHead
		if err := w.nodes[code].api(w.ctx, "/log/head", nil, &head); err != nil {
			return err
		}
		if head.Size == head.PublishedSize {
			return nil
		}
		if err := w.nodes[code].api(w.ctx, "/tick", struct{}{}, nil); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s does not publish what it committed", code)
}

// memory is the resident memory of all nodes, and of the largest.
func (w *world) memory() (sum, largest int64) {
	for _, code := range w.order {
		m := w.nodes[code].memory()
		sum, largest = sum+m, max(largest, m)
	}
	return sum, largest
}

func makeDirs(dir string, names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
	}
	return nil
}
