package peer_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

// A counter serves a site as our own nodes do, with entity tags and ranges, and
// writes down what was asked of it.
type counter struct {
	site
	mu    sync.Mutex
	asked []string // path, and how it was answered
	cut   func(path string) bool
	plain bool // serve without tags and ranges
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.cut != nil && c.cut(r.URL.Path) {
		panic(http.ErrAbortHandler)
	}
	rec := &status{ResponseWriter: w, code: http.StatusOK}
	a, ok := c.site[r.URL.RequestURI()]
	switch {
	case ok && !c.plain:
		w.Header().Set("Content-Type", a.mediaType)
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(a.body)))
		http.ServeContent(rec, r, "", time.Time{}, bytes.NewReader(a.body))
	default:
		c.site.ServeHTTP(rec, r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, fmt.Sprint(r.URL.Path, " ", rec.code))
}

// since returns what was asked and begins anew.
func (c *counter) since() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.asked
	c.asked = nil
	return out
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// followBriefly is follow whose rounds are brief and know the view before.
func followBriefly(t testing.TB) (*following, *counter) {
	t.Helper()
	f := &following{nz: newZealand(), site: site{}, dir: filepath.Join(t.TempDir(), "mirror")}
	c := &counter{site: f.site}
	n := newNetwork(t)
	n.serve(f.nz.host, c)
	f.Follower = &peer.Follower{Client: n.client(), Mirror: peer.NewMirror(f.dir), Anchor: f.nz.anchor(t), Self: self, Home: "JP", Brief: true}
	f.nz.suspend(opened+day, 7)
	f.site.publish(f.nz, opened+day)
	f.Known = f.sync(t, opened+day)
	c.since()
	return f, c
}

func TestBriefRoundsAskForWhatIsNew(t *testing.T) {
	f, c := followBriefly(t)
	want := func(what string, want ...string) {
		t.Helper()
		before := f.Known
		size := before.Log.Size()
		f.Known = f.sync(t, before.FetchedAt+60)
		if diff := cmp.Diff(want, c.since()); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
		if before.Log.Size() != size || before.Checkpoint.Size != size {
			t.Errorf("%s: the view before was changed", what)
		}
		if f.Known.Checkpoint.Size != f.nz.log.Size() || f.Known.Log.Size() != f.nz.log.Size() {
			t.Errorf("%s: the view is of size %d", what, f.Known.Log.Size())
		}
		kept, err := f.Mirror.Load(f.Anchor)
		if err != nil || kept.FetchedAt != f.Known.FetchedAt || kept.News() != f.Known.News() {
			t.Errorf("%s: the mirror is of %d, %v", what, kept.FetchedAt, err)
		}
	}
	want("nothing", "/log/checkpoint 304")

	f.nz.suspend(opened+day+60, 8)
	f.site.publish(f.nz, opened+day)
	want("a suspension", "/log/checkpoint 200", "/log/tile/entries/000.p/8 206", "/status/0/detached 200")
	if got, err := f.Known.Log.Reduction().List(f.nz.list()).Get(8); err != nil || got != statuslist.Suspended {
		t.Errorf("entry 8 is %v, %v", got, err)
	}

	f.nz.record(opened+day+120, transparency.Artefact{Kind: "directory", SHA256: keys.SHA256Hex([]byte("a"))})
	f.site.publish(f.nz, opened+day+1)
	want("a directory", "/log/checkpoint 200", "/log/tile/entries/000.p/10 206", "/directory 200", "/status/0/detached 200")

	f.nz.record(opened+day+120, transparency.Artefact{Kind: "notice", SHA256: keys.SHA256Hex([]byte("b"))})
	f.site.publish(f.nz, opened+day+1)
	want("a notice", "/log/checkpoint 200", "/log/tile/entries/000.p/12 206", "/mras 304", "/mras/JP-NZ 304", "/status/0/detached 200")

	f.nz.record(opened+day+120, transparency.Artefact{Kind: "entity-configuration", SHA256: keys.SHA256Hex([]byte("c"))})
	f.site.publish(f.nz, opened+day+2)
	want("an entity configuration", "/log/checkpoint 200", "/log/tile/entries/000.p/14 206",
		"/.well-known/openid-federation 200", "/status/0/detached 200")

	raw := f.nz.roster()
	check(f.nz.rosters.Append(raw))
	f.nz.record(opened+day+180, transparency.Key{Roster: raw})
	f.site.publish(f.nz, opened+day+3)
	want("a roster", "/log/checkpoint 200", "/log/tile/entries/000.p/16 206",
		"/.well-known/openid-federation 200", "/status/0/detached 200")
	if f.Known.Rosters.Current().Seq != 2 {
		t.Errorf("roster %d", f.Known.Rosters.Current().Seq)
	}

	f.Brief = false
	want("a whole round", "/log/checkpoint 304", "/.well-known/openid-federation 304", "/programmes/nz-aeo 304",
		"/directory 200", "/mras 304", "/mras/JP-NZ 304", "/status/0/detached 304")
}

// What serves neither tags nor ranges nor detached tokens is followed as well.
func TestBriefRoundsDoWithAPlainServer(t *testing.T) {
	f, c := followBriefly(t)
	c.plain = true
	f.nz.suspend(opened+day+60, 8)
	f.site.publish(f.nz, opened+day)
	delete(f.site, tokenPath+"/detached")
	f.Known = f.sync(t, opened+day+60)
	if diff := cmp.Diff([]string{"/log/checkpoint 200", "/log/tile/entries/000.p/8 200", "/status/0/detached 404", "/status/0 200"}, c.since()); diff != "" {
		t.Error(diff)
	}
	if f.Known.Log.Size() != f.nz.log.Size() {
		t.Errorf("size %d", f.Known.Log.Size())
	}
}

// A detached token may be wrong in any way: then the whole one decides.
func TestDetachedTokenAloneDecidesNothing(t *testing.T) {
	f, c := followBriefly(t)
	f.nz.suspend(opened+day+60, 8)
	f.site.publish(f.nz, opened+day)
	f.site.put(tokenPath+"/detached", statuslist.DetachedType, []byte("a.e30.b"))
	f.Known = f.sync(t, opened+day+60)
	if asked := c.since(); asked[len(asked)-1] != "/status/0 200" {
		t.Errorf("asked for %v", asked)
	}
	f.nz.suspend(opened+day+120, 9)
	f.site.publish(f.nz, opened+day)
	good := f.site[tokenPath+"/detached"].body
	lying := f.nz.token(opened + day)
	check(lying.List.Set(11, statuslist.Suspended))
	f.site.publishToken(lying, f.nz.signer(keys.RoleIssuer))
	if _, err := f.Sync(t.Context(), opened+day+120); !errors.Is(err, peer.ErrTokenDiffers) {
		t.Errorf("both lie: %v", err)
	}
	f.site.put(tokenPath+"/detached", statuslist.DetachedType, good)
	f.sync(t, opened+day+120) // what was signed over our bits is the token
}

// A range that is not what was asked for is no part of a log: all of it is
// fetched then, without.
func TestRangesAreTakenAtTheirWord(t *testing.T) {
	for name, lie := range map[string]func(w http.ResponseWriter, body []byte, from int){
		"from elsewhere": func(w http.ResponseWriter, body []byte, from int) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from-1, len(body)-1, len(body)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body[from-1:])
		},
		"not to the end": func(w http.ResponseWriter, body []byte, from int) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-2, len(body)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body[from : len(body)-1])
		},
		"of unknown length": func(w http.ResponseWriter, body []byte, from int) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/*", from, len(body)-1))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body[from:])
		},
		"unsaid": func(w http.ResponseWriter, body []byte, from int) {
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body[from:])
		},
		"nothing": func(w http.ResponseWriter, body []byte, from int) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from-1, from))
			w.WriteHeader(http.StatusPartialContent)
		},
		"refused": func(w http.ResponseWriter, _ []byte, _ int) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		},
	} {
		t.Run(name, func(t *testing.T) {
			nz, s := newZealand(), site{}
			n := newNetwork(t)
			ranged := 0
			n.serve(nz.host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var from int
				if r.Header.Get("Range") != "" {
					ranged++
				}
				if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
					w.Header().Set("Content-Type", octets)
					lie(w, s[r.URL.Path].body, from)
					return
				}
				s.ServeHTTP(w, r)
			}))
			f := &peer.Follower{Client: n.client(), Mirror: peer.NewMirror(t.TempDir()), Anchor: nz.anchor(t), Self: self, Home: "JP"}
			s.publish(nz, opened+day)
			must(f.Sync(t.Context(), opened+day))
			nz.suspend(opened+day, 7)
			s.publish(nz, opened+day)
			ranged = 0
			v, err := f.Sync(t.Context(), opened+day)
			if err != nil || v.Log.Size() != nz.log.Size() || ranged != 1 {
				t.Errorf("got %+v, %v after %d ranges", v, err, ranged)
			}
			must(f.Mirror.Load(f.Anchor))
		})
	}
}

// followCut is a follower of a log of several tiles whose connection is cut at
// a tile in the first round.
func followCut(t *testing.T) (*following, *counter) {
	t.Helper()
	f, c := followBriefly(t)
	for idx := range int64(600) {
		f.nz.suspend(opened+2*day, 100+idx)
	}
	f.site.publish(f.nz, opened+2*day)
	c.cut = func(path string) bool { return strings.HasPrefix(path, "/log/tile/entries/003") }
	if _, err := f.Sync(t.Context(), opened+2*day); !errors.Is(err, peer.ErrUnreachable) {
		t.Fatalf("cut: %v", err)
	}
	if kept := must(f.Mirror.Load(f.Anchor)); kept.News() != f.Known.News() {
		t.Fatal("the view changed though the round was cut short")
	}
	c.cut = nil
	c.since()
	return f, c
}

func TestCutRoundIsGoneOnWith(t *testing.T) {
	for name, restart := range map[string]bool{"running": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			f, c := followCut(t)
			if restart {
				f.Known = nil
			}
			v := f.sync(t, opened+2*day)
			for _, a := range c.since() {
				if strings.HasPrefix(a, "/log/tile") && a < "/log/tile/entries/003" {
					t.Errorf("asked again for %s", a)
				}
			}
			if v.Log.Size() != f.nz.log.Size() {
				t.Errorf("size %d", v.Log.Size())
			}
		})
	}
}

func TestFirstRoundThatWasCutIsGoneOnWith(t *testing.T) {
	f, c := followBriefly(t)
	for idx := range int64(600) {
		f.nz.suspend(opened+2*day, 100+idx)
	}
	f.site.publish(f.nz, opened+2*day)
	f.dir = filepath.Join(t.TempDir(), "new")
	f.Known, f.Mirror = nil, peer.NewMirror(f.dir)
	f.Budget = 100 << 10
	rounds := 0
	for v, err := f.Sync(t.Context(), opened+2*day); v == nil; v, err = f.Sync(t.Context(), opened+2*day) {
		if rounds++; !errors.Is(err, peer.ErrBudget) || rounds > 20 {
			t.Fatalf("round %d: %v", rounds, err)
		}
	}
	tiles := map[string]int{}
	for _, a := range c.since() {
		if strings.HasPrefix(a, "/log/tile") {
			tiles[a]++
		}
	}
	for a, times := range tiles {
		if times > 1 {
			t.Errorf("asked %d times for %s", times, a)
		}
	}
	if rounds < 2 || len(tiles) != 5 {
		t.Errorf("%d rounds, tiles %v", rounds, tiles)
	}
}

// What an interrupted round left may be damaged: it is no evidence against
// anybody, and the next round does without it.
func TestDamagedLeftoversAreFetchedAgain(t *testing.T) {
	for name, damage := range map[string]func(raw []byte, from int){
		"an entry altered": func(raw []byte, from int) {
			copy(raw[from:], bytes.Replace(raw[from:], []byte(`"idx":1`), []byte(`"idx":9`), 1))
		},
		"nonsense": func(raw []byte, from int) { copy(raw[from:], "\x00\x09nonsense!") },
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := followCut(t)
			known := must(os.ReadFile(filepath.Join(f.dir, "entries")))
			first := must(transparency.FormatEntries(f.Known.Log.Entries()))
			damage(known, len(first))
			check(os.WriteFile(filepath.Join(f.dir, "entries"), known, 0o600))
			v := f.sync(t, opened+2*day)
			if v.Log.Size() != f.nz.log.Size() {
				t.Errorf("size %d", v.Log.Size())
			}
			f.wantEvidence(t, false)
		})
	}
}

func TestLeftoversOfAnHonestTimeDoNotHideARewrittenLog(t *testing.T) {
	f, _ := followCut(t)
	a := twin()
	for idx := range int64(700) {
		a.suspend(opened+2*day, 100+idx)
	}
	f.site.publish(a, opened+2*day)
	if _, err := f.Sync(t.Context(), opened+2*day); !errors.Is(err, peer.ErrSplitView) {
		t.Errorf("got %v", err)
	}
}
