package month

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/registry"
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

// sync has every running node follow its partners. Whom it cannot reach it does
// not reach: that is what some days are about.
func (w *world) sync(codes ...string) error {
	if len(codes) == 0 {
		codes = w.running()
	}
	return w.each(codes, func(n *node) error {
		_, errs, exit := w.try(n.code, "peer", "sync")
		if exit != 0 && exit != 75 {
			return fmt.Errorf("%s: aeo peer sync: exit %d: %s", n.code, exit, errs)
		}
		return nil
	})
}

// at moves the clock to a day and an hour of the month, and waits until every
// node has done what the time brings about.
func (w *world) at(day, hour int) error {
	if err := w.clock.Jump(w.day(day).Add(time.Duration(hour) * time.Hour)); err != nil {
		return err
	}
	return w.catchUp()
}

// catchUp is two rounds: what changed is published, and then known to all.
func (w *world) catchUp() error {
	if err := w.tick(); err != nil {
		return err
	}
	if err := w.sync(); err != nil {
		return err
	}
	return w.tick()
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
