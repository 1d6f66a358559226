package peer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

// typed are the errors a bad partner may cause.
var typed = []error{peer.ErrUnreachable, peer.ErrAnswer, peer.ErrTokenDiffers, peer.ErrIdentity, peer.ErrRollback,
	keys.ErrRoster, transparency.ErrFaulty, transparency.ErrProof, trust.ErrStatement, trust.ErrChain}

func isTyped(err error) bool {
	return slices.ContainsFunc(typed, func(want error) bool { return errors.Is(err, want) })
}

// TestMutatedAnswers follows a partner each time with one byte of one of its
// answers other than it was: there is an error of a known kind and what was
// known stays, or what was taken over is what the partner signed.
func TestMutatedAnswers(t *testing.T) {
	seeds := 400
	if n, err := strconv.Atoi(os.Getenv("AEO_SEEDS")); err == nil && n > 0 {
		seeds = n
	}
	const at = opened + 2*day
	f, _ := followBriefly(t)
	f.nz.suspend(at, 8)
	f.nz.record(at, transparency.Artefact{Kind: "directory", SHA256: keys.SHA256Hex([]byte("a"))},
		transparency.Artefact{Kind: "notice", SHA256: keys.SHA256Hex([]byte("b"))})
	f.site.publish(f.nz, at)
	honest := maps.Clone(f.site)
	before := files(t, f.dir)
	refused := 0
	for seed := range seeds {
		random := rand.New(rand.NewPCG(uint64(seed), 7))
		path := slices.Sorted(maps.Keys(honest))[random.IntN(len(honest))]
		maps.Copy(f.site, honest)
		f.site[path] = answer{honest[path].mediaType, mutate(random, honest[path].body)}
		if path == tokenPath {
			delete(f.site, tokenPath+"/detached") // else nobody asks for it
		}
		f.Brief = seed%2 == 0
		v, err := f.Sync(t.Context(), at)
		switch {
		case err != nil:
			refused++
			if !isTyped(err) || errors.Is(err, peer.ErrSplitView) || v != nil {
				t.Fatalf("seed %d, %s: %v", seed, path, err)
			}
			if diff := cmp.Diff(before["/view.json"], files(t, f.dir)["/view.json"]); diff != "" {
				t.Fatalf("seed %d, %s: the mirror changed:\n%s", seed, path, diff)
			}
		case v.Checkpoint.Root != f.nz.checkpoint().Root || v.Log.Reduction().List(f.nz.list()).Digest(f.nz.list()) != f.nz.log.Reduction().List(f.nz.list()).Digest(f.nz.list()):
			t.Fatalf("seed %d, %s: another log was taken over", seed, path)
		default: // what nobody signed, or what is not needed
			check(os.WriteFile(filepath.Join(f.dir, "view.json"), []byte(before["/view.json"]), 0o600))
		}
	}
	f.wantEvidence(t, false)
	maps.Copy(f.site, honest)
	f.sync(t, at) // no leftover and no tag of a mutated answer stands in the way
	t.Logf("figure mutated_answers %d answers of a partner with one place altered: %d refused, nothing wrong taken over", seeds, refused)
}

// mutate alters one place.
func mutate(random *rand.Rand, in []byte) []byte {
	out := bytes.Clone(in)
	if len(out) == 0 {
		return []byte{byte(random.Int())}
	}
	i := random.IntN(len(out))
	switch random.IntN(5) {
	case 0:
		out[i] ^= 1 << random.IntN(8)
	case 1:
		return slices.Delete(out, i, i+1)
	case 2:
		return slices.Insert(out, i, byte(random.Int()))
	case 3:
		return out[:i]
	default:
		return append(out, out[i:]...)
	}
	return out
}

// faults are what may come instead of an answer, in any place.
var faults = map[string]http.HandlerFunc{
	"a byte now and then": func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	},
	"10 GiB announced": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(10<<30))
		io.WriteString(w, "the beginning")
		panic(http.ErrAbortHandler)
	},
	"no end": func(w http.ResponseWriter, _ *http.Request) {
		for _, err := w.Write(make([]byte, 64<<10)); err == nil; _, err = w.Write(make([]byte, 64<<10)) {
		}
	},
	"a circle": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusMovedPermanently)
	},
	"a bomb": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write([]byte{0x1f, 0x8b, 8, 0})
	},
	"less than announced": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "too little")
	},
	"nothing but a failure": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
	"not modified, unasked": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
	"a part, unasked":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) },
	"nonsense":              func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "nonsense") },
	"a line that breaks":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
}

// TestFaultsInEveryPlace has each answer of a round be each of the faults.
func TestFaultsInEveryPlace(t *testing.T) {
	const at = opened + 2*day
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nz, s := newZealand(), site{}
			s.publish(nz, opened+day)
			bad := ""
			n := newNetwork(t)
			n.route.Patience = 100 * time.Millisecond
			n.serve(nz.host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == bad {
					w.Header().Set("Content-Type", s[r.URL.Path].mediaType)
					fault(w, r)
					return
				}
				s.ServeHTTP(w, r)
			}))
			f := &peer.Follower{Client: n.client(), Mirror: peer.NewMirror(filepath.Join(t.TempDir(), "m")), Anchor: nz.anchor(t), Self: self, Home: "JP"}
			f.Known = must(f.Sync(t.Context(), opened+day))
			nz.suspend(at, 8)
			s.publish(nz, at)
			for _, path := range slices.Sorted(maps.Keys(s)) {
				if path == tokenPath || strings.HasPrefix(path, "/mras/KR") {
					continue // not asked for
				}
				bad = path
				v, err := f.Sync(t.Context(), at)
				if err == nil && path == tokenPath+"/detached" {
					continue // the whole token was fetched instead
				}
				if !isTyped(err) || v != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
			if kept := must(f.Mirror.Load(f.Anchor)); kept.Log.Size() < f.Known.Log.Size() {
				t.Error("the mirror shrank")
			}
			bad = ""
			if v, err := f.Sync(t.Context(), at); err != nil || v.Log.Size() != nz.log.Size() {
				t.Errorf("when all is well again: %v", err)
			}
		})
	}
}

// A round ends when it is told to, whatever the partner does.
func TestRoundEndsWithItsContext(t *testing.T) {
	nz := newZealand()
	n := newNetwork(t)
	asked := make(chan struct{}, 1)
	n.serve(nz.host, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	f := &peer.Follower{Client: n.client(), Mirror: peer.NewMirror(t.TempDir()), Anchor: nz.anchor(t), Self: self, Home: "JP"}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := f.Sync(ctx, opened); !errors.Is(err, peer.ErrUnreachable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
