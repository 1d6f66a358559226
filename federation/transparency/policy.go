package transparency

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/keys"
)

const (
	// MaxPolicy is the most bytes a policy may have.
	MaxPolicy      = 256 << 10
	maxPolicyNames = 1024
	noQuorum       = "none"
)

// reserved are words of the language, which name nothing.
var reserved = [...]string{"log", "witness", "group", "quorum", "any", "all", noQuorum}

// ErrPolicy says that a text is not a tlog-policy.
var ErrPolicy = errors.New("not a policy")

// A Policy is a C2SP tlog-policy: which logs are accepted, and whose
// cosignatures make one of their checkpoints good enough.
//
//	log <vkey> [<url>]
//	witness <name> <vkey> [<url>]
//	group <name> <k>|any|all <name>...
//	quorum <name>|none
//
// Fields are set apart by spaces or tabs; empty lines and lines that begin with
// # say nothing. A key is listed once, a name is given once and before it is
// used, is in one group at most, and there is one quorum.
type Policy struct {
	Logs      []*keys.VKey
	Witnesses []PolicyWitness
	quorum    *condition // nil = none
}

// A PolicyWitness is a cosigner that a policy names.
type PolicyWitness struct {
	Name string
	Key  *keys.VKey
}

// A condition is a witness, or a group of conditions of which k must hold.
type condition struct {
	key     *keys.VKey // of a witness
	k       int
	members []*condition
}

// ParsePolicy reads a policy of at most 256 KiB and 1 024 names.
func ParsePolicy(text string) (*Policy, error) {
	if len(text) > MaxPolicy || !utf8.ValidString(text) {
		return nil, fmt.Errorf("%w: %d bytes of UTF-8, at most %d", ErrPolicy, len(text), MaxPolicy)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("%w: the last line has no end", ErrPolicy)
	}
	r := policyReader{policy: &Policy{}, names: map[string]*condition{}, grouped: map[string]bool{}, keys: map[string]bool{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, func(c rune) bool { return c != '\t' && unicode.IsControl(c) }) {
			return nil, fmt.Errorf("%w: line %d: a control character", ErrPolicy, n)
		}
		fields := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if err := r.line(fields); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrPolicy, n, err)
		}
	}
	if !r.decided {
		return nil, fmt.Errorf("%w: no quorum line", ErrPolicy)
	}
	return r.policy, nil
}

type policyReader struct {
	policy  *Policy
	names   map[string]*condition
	grouped map[string]bool // names that are in a group
	keys    map[string]bool
	decided bool
}

func (r *policyReader) line(f []string) error {
	switch kind, args := f[0], f[1:]; {
	case kind == "log" && (len(args) == 1 || len(args) == 2):
		key, err := r.key(args[0], false)
		r.policy.Logs = append(r.policy.Logs, key)
		return err
	case kind == "witness" && (len(args) == 2 || len(args) == 3):
		key, err := r.key(args[1], true)
		if err != nil {
			return err
		}
		r.policy.Witnesses = append(r.policy.Witnesses, PolicyWitness{args[0], key})
		return r.name(args[0], &condition{key: key})
	case kind == "group" && len(args) >= 3:
		g, err := r.group(args[1], args[2:])
		if err != nil {
			return err
		}
		return r.name(args[0], g)
	case kind == "quorum" && len(args) == 1:
		return r.decide(args[0])
	}
	return fmt.Errorf("%.40q with %d fields is none of log, witness, group, quorum", f[0], len(f)-1)
}

func (r *policyReader) key(text string, cosigner bool) (*keys.VKey, error) {
	key, err := keys.ParseVKey(text)
	if err != nil {
		return nil, err
	}
	if key.Cosigner() != cosigner {
		return nil, fmt.Errorf("%.80q is not a key of that kind", key.Name())
	}
	if r.keys[key.String()] || len(r.keys) >= maxPolicyNames {
		return nil, fmt.Errorf("key of %.80q is listed twice, or there are more than %d", key.Name(), maxPolicyNames)
	}
	r.keys[key.String()] = true
	return key, nil
}

func (r *policyReader) name(name string, c *condition) error {
	if slices.Contains(reserved[:], name) || r.names[name] != nil || len(r.names) >= maxPolicyNames {
		return fmt.Errorf("name %.40q is taken, or there are more than %d", name, maxPolicyNames)
	}
	r.names[name] = c
	return nil
}

func (r *policyReader) group(threshold string, names []string) (*condition, error) {
	g := &condition{}
	for _, name := range names {
		m := r.names[name]
		if m == nil || r.grouped[name] {
			return nil, fmt.Errorf("%.40q is not known yet, or is in a group already", name)
		}
		r.grouped[name] = true
		g.members = append(g.members, m)
	}
	switch threshold {
	case "any":
		g.k = 1
	case "all":
		g.k = len(names)
	default:
		k, err := strconv.Atoi(threshold)
		if err != nil || strconv.Itoa(k) != threshold || k < 1 || k > len(names) {
			return nil, fmt.Errorf("threshold %.20q of %d", threshold, len(names))
		}
		g.k = k
	}
	return g, nil
}

func (r *policyReader) decide(name string) error {
	if r.decided {
		return errors.New("a second quorum")
	}
	r.decided = true
	if name == noQuorum {
		return nil
	}
	if r.policy.quorum = r.names[name]; r.policy.quorum == nil {
		return fmt.Errorf("quorum %.40q is not known", name)
	}
	return nil
}

// None reports whether the policy asks for no cosignature.
func (p *Policy) None() bool { return p.quorum == nil }

// Accepts reports whether the policy is about a log.
func (p *Policy) Accepts(log *keys.VKey) bool {
	return slices.ContainsFunc(p.Logs, func(k *keys.VKey) bool { return k.String() == log.String() })
}

// Met reports whether cosignatures fulfil the policy, and since when nothing
// newer has been vouched for: of a group that wants k, the k-th newest of its
// members' times. Under quorum none it is 0.
func (p *Policy) Met(cosigned []Cosignature) (asOf int64, ok bool) {
	if p.quorum == nil {
		return 0, true
	}
	at := map[string]int64{}
	for _, c := range cosigned {
		at[c.Key.String()] = max(at[c.Key.String()], c.At)
	}
	return p.quorum.met(at)
}

func (c *condition) met(at map[string]int64) (int64, bool) {
	if c.key != nil {
		t, ok := at[c.key.String()]
		return t, ok
	}
	var times []int64
	for _, m := range c.members {
		if t, ok := m.met(at); ok {
			times = append(times, t)
		}
	}
	if len(times) < c.k {
		return 0, false
	}
	slices.SortFunc(times, func(a, b int64) int { return cmp.Compare(b, a) })
	return times[c.k-1], true
}

// CountsOnce is an error where cosigners of one owner could count twice: all of
// an owner's must stand together in a group of their own that any of them
// fulfils, or be one.
func (p *Policy) CountsOnce(owner func(*keys.VKey) string) error {
	if p.quorum == nil {
		return nil
	}
	seen := map[string]bool{}
	return p.quorum.countsOnce(owner, seen)
}

func (c *condition) countsOnce(owner func(*keys.VKey) string, seen map[string]bool) error {
	if whose, ok := c.owner(owner); ok {
		if seen[whose] {
			return fmt.Errorf("%w: cosigners of %.80q would count more than once", ErrPolicy, whose)
		}
		seen[whose] = true
		return nil
	}
	for _, m := range c.members {
		if err := m.countsOnce(owner, seen); err != nil {
			return err
		}
	}
	return nil
}

// owner is whose a condition is that stands for one owner as a whole.
func (c *condition) owner(owner func(*keys.VKey) string) (string, bool) {
	if c.key != nil {
		return owner(c.key), true
	}
	if c.k != 1 || c.members[0].key == nil {
		return "", false
	}
	whose := owner(c.members[0].key)
	return whose, !slices.ContainsFunc(c.members, func(m *condition) bool { return m.key == nil || owner(m.key) != whose })
}
