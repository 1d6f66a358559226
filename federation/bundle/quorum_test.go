package bundle_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// cosign adds an administration's line to the checkpoint the recipe has of another.
func (r *recipe) cosign(by *administration, role keys.Role, of *administration, at int64) {
	r.t.Helper()
	c, err := transparency.NewCosignature(of.checkpoint.Text(), by.noteSigner(r.t, role), at)
	if err != nil {
		r.t.Fatal(err)
	}
	path := bundle.Prefix(*r.issuer(of)) + "checkpoint"
	r.members[path] = append(append([]byte{}, r.members[path]...), c.Line...)
}

func (a *administration) cosigners(t testing.TB) bundle.Cosigners {
	return bundle.Cosigners{Name: a.territory + a.authority, Keys: []*keys.VKey{
		a.noteSigner(t, keys.RoleAuditor).VKey, a.noteSigner(t, keys.RoleWitness).VKey}}
}

// federated gives the recipe the default quorum, with everybody as a cosigner of everybody.
func (r *recipe) federated(self *administration, others ...*administration) {
	logs := []*keys.VKey{self.noteSigner(r.t, keys.RoleLog).VKey}
	var cosigners []bundle.Cosigners
	for _, o := range others {
		logs = append(logs, o.noteSigner(r.t, keys.RoleLog).VKey)
		cosigners = append(cosigners, o.cosigners(r.t))
	}
	own := map[string]string{self.host() + "/log": bundle.DefaultQuorum(logs[:1], nil, cosigners)}
	r.members[bundle.PathPolicy] = bundle.NewPolicy(bundle.DefaultQuorum(logs, self.noteSigner(r.t, keys.RoleAuditor).VKey, cosigners), own).Marshal()
}

func TestQuorumOfTheDefaultPolicy(t *testing.T) {
	f := found(t)
	all := newZealand(t, f)
	all.federated(f.nz, f.jp, f.eu, f.de, f.sg)
	type line struct {
		by   *administration
		role keys.Role
		at   int64
	}
	const auditor, witness = keys.RoleAuditor, keys.RoleWitness
	for name, c := range map[string]struct {
		of    *administration
		lines []line
		want  string
		asOf  int64
	}{
		"nobody":                            {f.jp, nil, bundle.QuorumMissing, 0},
		"our auditor alone":                 {f.jp, []line{{f.nz, auditor, built - 9}}, bundle.QuorumMissing, 0},
		"our witness does not stand in":     {f.jp, []line{{f.nz, witness, built - 9}, {f.sg, witness, built - 9}}, bundle.QuorumMissing, 0},
		"our auditor and another":           {f.jp, []line{{f.nz, auditor, built - 9}, {f.sg, witness, built - 60}}, bundle.QuorumMet, built - 60},
		"the newest other counts":           {f.jp, []line{{f.nz, auditor, built - 9}, {f.sg, witness, built - 60}, {f.eu, auditor, built - 30}}, bundle.QuorumMet, built - 30},
		"the log's own cosigners do not":    {f.jp, []line{{f.nz, auditor, built - 9}, {f.jp, auditor, built - 9}, {f.jp, witness, built - 9}}, bundle.QuorumMissing, 0},
		"a stranger to the bundle":          {f.jp, []line{{f.nz, auditor, built - 9}, {f.us, witness, built - 9}}, bundle.QuorumMissing, 0},
		"as far ahead as clocks may be":     {f.jp, []line{{f.nz, auditor, built + 300}, {f.sg, witness, built + 300}}, bundle.QuorumMet, built + 300},
		"from after the bundle":             {f.jp, []line{{f.nz, auditor, built + 301}, {f.sg, witness, built}}, bundle.QuorumMissing, 0},
		"a member of a union, by the union": {f.de, []line{{f.nz, auditor, built - 9}, {f.eu, witness, built - 8}}, bundle.QuorumMet, built - 9},
		"our own log, by nobody":            {f.nz, []line{{f.nz, auditor, built - 9}}, bundle.QuorumMissing, 0},
		"our own log, by another":           {f.nz, []line{{f.sg, witness, built - 9}}, bundle.QuorumMet, built - 9},
	} {
		t.Run(name, func(t *testing.T) {
			r := all.clone(t)
			for _, l := range c.lines {
				r.cosign(l.by, l.role, c.of, l.at)
			}
			a, err := r.open().Administration(c.of.entity)
			if err != nil {
				t.Fatal(err)
			}
			if a.Quorum.Result != c.want || a.Quorum.AsOf != c.asOf {
				t.Errorf("%s as of %d, want %s as of %d", a.Quorum.Result, a.Quorum.AsOf, c.want, c.asOf)
			}
		})
	}
}

// TestContradictedCosignerDoesNotCount: who signed two histories of its own log
// may as well vouch for two of another's.
func TestContradictedCosignerDoesNotCount(t *testing.T) {
	f := found(t)
	r := newZealand(t, f)
	r.federated(f.nz, f.jp, f.eu, f.de, f.sg)
	r.cosign(f.nz, keys.RoleAuditor, f.jp, built-9)
	r.cosign(f.sg, keys.RoleWitness, f.jp, built-9)
	r.issuer(f.sg).ContradictedAt = built - day
	a, err := r.open().Administration(f.jp.entity)
	if err != nil {
		t.Fatal(err)
	}
	if a.Quorum.Result != bundle.QuorumMissing {
		t.Errorf("%s by %d", a.Quorum.Result, len(a.Quorum.By))
	}
}

func TestPolicyMustBeAboutTheLog(t *testing.T) {
	f := found(t)
	r := newZealand(t, f)
	r.federated(f.nz, f.jp, f.eu, f.de) // not SG
	b := r.open()
	if _, err := b.Administration(f.sg.entity); !errors.Is(err, bundle.ErrInvalid) {
		t.Errorf("a log the policy does not list: %v", err)
	}
	if _, err := b.Administration(f.jp.entity); err != nil {
		t.Error(err)
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	f := found(t)
	a, w := f.jp.noteSigner(t, keys.RoleAuditor).String(), f.jp.noteSigner(t, keys.RoleWitness).String()
	for name, p := range map[string]bundle.Policy{
		"no policy text":                    bundle.NewPolicy("some", nil),
		"none in the long form":             bundle.NewPolicy("quorum none\n", nil),
		"one administration counting twice": bundle.NewPolicy("witness A "+a+"\nwitness W "+w+"\ngroup G all A W\nquorum G\n", nil),
		"a text for one log that is none":   bundle.NewPolicy("none", map[string]string{"jp.example/log": "x"}),
		"logs that are empty":               bundle.NewPolicy("none", map[string]string{}),
	} {
		if raw := p.Marshal(); raw != nil {
			t.Errorf("%s: %s", name, raw)
		}
	}
	if p, err := bundle.ParsePolicy(bundle.DefaultPolicy()); err != nil || p.Quorum != bundle.QuorumNone {
		t.Errorf("%+v, %v", p, err)
	}
	if text := bundle.DefaultQuorum(nil, nil, nil); text != bundle.QuorumNone {
		t.Errorf("nobody could cosign: %q", text)
	}
}

// grown is a bundle of the same things when Japan's log has grown since size,
// with what it says of that size.
func grown(t *testing.T, f *federation, jp *administration, spoil func(*bundle.Extended)) (before, after *recipe) {
	before = newZealand(t, f)
	size, root := jp.checkpoint.Size, jp.checkpoint.Root
	jp.batch(t, built-day, transparency.Credential{SHA256: digest([]byte("another"))})
	after = newZealand(t, f)
	after.manifest.Seq = 4
	proof, err := tlog.ProveTree(jp.checkpoint.Size, size, jp.log)
	if err != nil {
		t.Fatal(err)
	}
	e := bundle.Extended{Size: size, Root: root, Proof: proof}
	if spoil != nil {
		spoil(&e)
	}
	after.members["p/jp/consistency.json"] = marshal(t, []bundle.Extended{e})
	return before, after
}

func TestMemoryOfASmallerLog(t *testing.T) {
	f := found(t)
	before, after := grown(t, f, f.jp, nil)
	m, err := before.open().Remember(nil, built, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := after.open()
	if _, err := b.Remember(&m, built, 0); err != nil {
		t.Errorf("a log that grew: %v", err)
	}
	a, err := b.Administration(f.jp.entity)
	if err != nil {
		t.Fatal(err)
	}
	old := m.Logs[f.jp.host()+"/log"]
	root, _ := tlog.ParseHash(old.Root)
	if !a.Extends(old.Size, root) || a.Extends(old.Size, tlog.Hash{}) || a.Extends(old.Size-1, root) || !a.Extends(a.Checkpoint.Size, a.Checkpoint.Root) {
		t.Error("it does not extend just what is proven")
	}

	other := m
	other.Logs = map[string]bundle.LogState{}
	for origin, l := range m.Logs {
		other.Logs[origin] = l
	}
	old.Root = tlog.Hash{1}.String()
	other.Logs[old.Origin] = old
	if _, err := b.Remember(&other, built, 0); !errors.Is(err, bundle.ErrSplitView) {
		t.Errorf("a log that grew from another tree: %v", err)
	}
	old.Size--
	other.Logs[old.Origin] = old
	if _, err := b.Remember(&other, built, 0); err != nil {
		t.Errorf("a size of which the bundle has no proof: %v", err)
	}
}

func TestConsistencyMustHold(t *testing.T) {
	for name, spoil := range map[string]func(*bundle.Extended){
		"another root":        func(e *bundle.Extended) { e.Root[0] ^= 1 },
		"a spoiled proof":     func(e *bundle.Extended) { e.Proof[0][0] ^= 1 },
		"no proof":            func(e *bundle.Extended) { e.Proof = nil },
		"a size too large":    func(e *bundle.Extended) { e.Size += 1 << 20 },
		"the size of nothing": func(e *bundle.Extended) { e.Size = 0 },
	} {
		f := found(t)
		_, after := grown(t, f, f.jp, spoil)
		b := after.open()
		if _, err := b.Administration(f.jp.entity); err == nil || !strings.Contains(err.Error(), "consistency") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := b.Administration(f.sg.entity); err != nil {
			t.Errorf("%s: another administration: %v", name, err)
		}
	}
}
