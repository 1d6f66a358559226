package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// Who is of the administration reads every case of it, whatever the office: an
// assessor has to know what another office found. Applicants and representatives
// read what is of the operators they act for; of anything else they are told what
// they would be told if it were not there.

// Inside reports whether the caller is of the administration: the machine's own
// user, or an account with one of the roles given; none means any of the administration.
func (n *Node) Inside(ctx context.Context, roles ...access.Role) (bool, error) {
	c := CallerOf(ctx)
	if c.Account == "" {
		return true, nil
	}
	if len(roles) == 0 {
		roles = access.Inside()
	}
	all, err := n.accounts()
	if err != nil {
		return false, err
	}
	a, err := n.account(c.Account)
	if err != nil {
		return false, err
	}
	for _, r := range roles {
		if actsAs(a, all, r, "", "", n.now().Unix(), anyOffice) {
			return true, nil
		}
	}
	return false, nil
}

// Sees says of an operator whether the caller reads what is about it.
func (n *Node) Sees(ctx context.Context) (func(operator string) bool, error) {
	inside, err := n.Inside(ctx)
	if err != nil || inside {
		return func(string) bool { return inside }, err
	}
	a, err := n.account(CallerOf(ctx).Account)
	at := n.now().Unix()
	return func(operator string) bool { return operator != "" && a.Sees(operator, at) }, err
}

// OwnOperators are the numbers of the operators that a caller from outside the
// administration acts for, in order; who is of the administration has none of their own.
func (n *Node) OwnOperators(ctx context.Context) (own []string, inside bool, err error) {
	if inside, err = n.Inside(ctx); err != nil || inside {
		return nil, inside, err
	}
	a, err := n.account(CallerOf(ctx).Account)
	if err != nil {
		return nil, false, err
	}
	for _, h := range a.Roles {
		own = append(own, h.Operator)
	}
	for _, p := range a.Attorney {
		own = append(own, p.Operator)
	}
	at := n.now().Unix()
	own = slices.DeleteFunc(own, func(operator string) bool { return operator == "" || !a.Sees(operator, at) })
	slices.Sort(own)
	return slices.Compact(own), false, nil
}

// OwnOperator is one of them, by number or identifier; any other is not there.
func (n *Node) OwnOperator(ctx context.Context, id string) (o authorisation.Operator, err error) {
	if err := n.MayTouch(ctx, id); err != nil {
		return o, err
	}
	return n.Operator(id)
}

// MayRead holds where the caller reads what a path names by id, and notes that it
// was read. What is another's is answered as what is not there.
func (n *Node) MayRead(ctx context.Context, route, id string) error {
	c := CallerOf(ctx)
	if c.Account == "" {
		return nil
	}
	operator, err := n.seenBy(ctx, id)
	if err != nil || operator == "" {
		return err
	}
	return n.reads.note(n.paths.reads(), Read{At: n.now().Unix(), Account: c.Account, Route: route, ID: id, Operator: operator})
}

// MayTouch holds where a request may name a case or an operator at all: whoever is
// outside learns nothing of others', whatever is wrong with the request besides.
func (n *Node) MayTouch(ctx context.Context, id string) error {
	_, err := n.seenBy(ctx, id)
	return err
}

// seenBy is whose a case or an operator is, if the caller sees it.
func (n *Node) seenBy(ctx context.Context, id string) (operator string, err error) {
	sees, err := n.Sees(ctx)
	if err != nil {
		return "", err
	}
	if operator, err = n.operatorOf(id); err != nil {
		return "", err
	}
	if operator == "" {
		o, err := n.Operator(id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
		operator = o.Case
	}
	if !sees(operator) {
		return "", fmt.Errorf("%w: no case %.40q", ErrNotFound, id)
	}
	return operator, nil
}

func (p paths) reads() string { return filepath.Join(p.dir, "reads") }

// A Read is a line of the journal of who read a trader's files: reads/<day>.jsonl.
type Read struct {
	At       int64  `json:"at"` // Unix seconds
	Account  string `json:"account"`
	Route    string `json:"route"`
	ID       string `json:"id"`
	Operator string `json:"operator"`
}

// reads append lines to the journal. What cannot be noted is not read. The last
// lines before a power cut may be lost: nothing follows from them.
type reads struct {
	mu   sync.Mutex
	day  string   // guarded by mu
	file *os.File // of that day; guarded by mu
}

func (r *reads) note(dir string, read Read) error {
	raw, err := jcs.Marshal(read)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if day := time.Unix(read.At, 0).UTC().Format(time.DateOnly); day != r.day {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(dir, day+".jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("note who reads: %w", err)
		}
		_ = r.closed()
		r.day, r.file = day, f
	}
	if _, err := r.file.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("note who reads: %w", err)
	}
	return nil
}

// closed ends writing; the caller holds mu.
func (r *reads) closed() error {
	if r.file == nil {
		return nil
	}
	f := r.file
	r.day, r.file = "", nil
	return f.Close()
}

func (r *reads) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed()
}

const maxReads = 10_000

// Reads are the lines of one day (YYYY-MM-DD, empty = today) about an operator, or
// of an account, the newest last and at most ten thousand.
func (n *Node) Reads(day, operator, account string) ([]Read, error) {
	if day == "" {
		day = n.now().UTC().Format(time.DateOnly)
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return nil, fmt.Errorf("%w: day %.20q, want YYYY-MM-DD", ErrInvalid, day)
	}
	f, err := os.Open(filepath.Join(n.paths.reads(), day+".jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []Read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r Read
		if err := jcs.Unmarshal(lines.Bytes(), &r); err != nil {
			continue // the end of a line that a power cut broke off
		}
		if operator != "" && r.Operator != operator || account != "" && r.Account != account {
			continue
		}
		if out = append(out, r); len(out) == 2*maxReads {
			out = slices.Delete(out, 0, maxReads)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read who read: %w", err)
	}
	return out[max(0, len(out)-maxReads):], nil
}
