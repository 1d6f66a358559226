package bundle_test

import (
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/google/go-cmp/cmp"
)

func TestRemember(t *testing.T) {
	f := found(t)
	good := newZealand(t, f)
	first, err := good.open().Remember(nil, built, 0)
	if err != nil {
		t.Fatal(err)
	}
	jp := f.jp.host() + "/log"
	for name, tc := range map[string]struct {
		edit      func(r *recipe)        // the next bundle
		seen      func(m *bundle.Memory) // what is remembered
		now       int64
		buildTime int64
		wantErr   error // nil = accepted
	}{
		"the same bundle again":               {now: built},
		"the next bundle":                     {edit: func(r *recipe) { r.manifest.Seq++ }, now: built},
		"the one before":                      {edit: func(r *recipe) { r.manifest.Seq-- }, now: built, wantErr: bundle.ErrRolledBack},
		"another of the same number":          {edit: func(r *recipe) { r.manifest.RefreshBy-- }, now: built, wantErr: bundle.ErrSplitView},
		"a log that has grown since":          {seen: func(m *bundle.Memory) { edit(m, jp, func(l *bundle.LogState) { l.Size-- }) }, now: built},
		"a log that has shrunk":               {seen: func(m *bundle.Memory) { edit(m, jp, func(l *bundle.LogState) { l.Size++ }) }, now: built, wantErr: bundle.ErrRolledBack},
		"a log of the same size but not root": {seen: func(m *bundle.Memory) { edit(m, jp, otherRoot) }, now: built, wantErr: bundle.ErrSplitView},
		"a clock five minutes behind":         {now: built - 300},
		"a clock further behind":              {now: built - 301, wantErr: bundle.ErrClock},
		"a clock behind what was seen":        {seen: func(m *bundle.Memory) { m.Iat += 1000 }, now: built, wantErr: bundle.ErrClock},
		"a clock behind the program's build":  {now: built, buildTime: built + 301, wantErr: bundle.ErrClock},
		"rolled back and the clock wrong": {
			edit: func(r *recipe) { r.manifest.Seq-- }, now: 0, wantErr: bundle.ErrRolledBack,
		},
		"older than the anchor allows": {
			edit: func(r *recipe) { r.anchor.MinTime = built + 1 }, now: built, wantErr: bundle.ErrRolledBack,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, seen := good.clone(t), clone(t, first)
			if tc.edit != nil {
				tc.edit(r)
			}
			if tc.seen != nil {
				tc.seen(seen)
			}
			next, err := r.open().Remember(seen, tc.now, tc.buildTime)
			if tc.wantErr != nil {
				wantError(t, err, tc.wantErr, "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if next.Seq < seen.Seq || next.Iat < seen.Iat || next.Logs[jp].Size != f.jp.checkpoint.Size {
				t.Errorf("remembered %+v", next)
			}
		})
	}
}

func edit(m *bundle.Memory, origin string, f func(*bundle.LogState)) {
	l := m.Logs[origin]
	f(&l)
	m.Logs[origin] = l
}

func otherRoot(l *bundle.LogState) { l.Root = strings.Repeat("A", 43) + "=" }

func clone(t *testing.T, m bundle.Memory) *bundle.Memory {
	t.Helper()
	out, err := bundle.ParseMemory(m.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ECDSA lets anybody write another signature under the same manifest; that must
// not look like an administration that said two things.
func TestRememberDoesNotMindAnotherSignature(t *testing.T) {
	r := newZealand(t, found(t))
	one, two := r.open(), r.open() // ECDSA signatures are randomised
	if one.SHA256() == two.SHA256() {
		t.Fatal("want two spellings of one manifest")
	}
	m, err := one.Remember(nil, built, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Remember(&m, built, 0); err != nil {
		t.Error(err)
	}
}

func TestFirstUseTakesTheMinimumFromTheAnchor(t *testing.T) {
	for name, raise := range map[string]func(*bundle.Anchor){
		"number": func(a *bundle.Anchor) { a.MinSeq = 4 },
		"time":   func(a *bundle.Anchor) { a.MinTime = built + 1 },
	} {
		r := newZealand(t, found(t))
		raise(r.anchor)
		_, err := r.open().Remember(nil, built, 0)
		wantError(t, err, bundle.ErrRolledBack, name[:1])
	}
}

func TestMemoryKeepsLogsTheBundleLeavesOut(t *testing.T) {
	f := found(t)
	first, err := newZealand(t, f).open().Remember(nil, built, 0)
	if err != nil {
		t.Fatal(err)
	}
	alone := newRecipe(t, f.nz)
	alone.manifest.Seq = 4
	next, err := alone.open().Remember(&first, built, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Logs, next.Logs); diff != "" {
		t.Errorf("logs (-before +after):\n%s", diff)
	}
}

func TestParseMemoryRefuses(t *testing.T) {
	m, err := newRecipe(t, found(t).nz).open().Remember(nil, built, 0)
	if err != nil {
		t.Fatal(err)
	}
	good := string(m.Marshal())
	if _, err := bundle.ParseMemory([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"nothing":                  "",
		"another schema":           strings.Replace(good, "memory/1", "memory/2", 1),
		"an unknown member":        strings.Replace(good, `"schema"`, `"more":1,"schema"`, 1),
		"a member missing":         strings.Replace(good, `"seq":3,`, "", 1),
		"another order of members": `{"seq":3,"iat":1,"logs":{},"schema":"aeo.memory/1","sha256":"` + m.SHA256 + `"}`,
		"two values":               good + good,
		"number zero":              strings.Replace(good, `"seq":3`, `"seq":0`, 1),
		"a digest cut short":       strings.Replace(good, m.SHA256, m.SHA256[1:], 1),
		"a log under another name": strings.Replace(good, `"origin":"aeo`, `"origin":"oea`, 1),
		"a log without a size":     strings.Replace(good, `"size":`, `"size":-`, 1),
		"too much":                 good + strings.Repeat(" ", 4<<20),
	} {
		if _, err := bundle.ParseMemory([]byte(raw)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if raw := (&bundle.Memory{}).Marshal(); raw != nil {
		t.Errorf("an empty memory was written: %s", raw)
	}
}
