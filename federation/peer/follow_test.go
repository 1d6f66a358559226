package peer_test

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

// A following is Japan following New Zealand, which serves a site.
type following struct {
	*peer.Follower
	nz   *administration
	site site
	dir  string
}

// follow makes the first round, on day 1, over a log of a suspension.
func follow(t testing.TB) *following {
	t.Helper()
	f := &following{nz: newZealand(), site: site{}, dir: filepath.Join(t.TempDir(), "mirror")}
	n := newNetwork(t)
	n.serve(f.nz.host, f.site)
	f.Follower = &peer.Follower{Client: n.client(), Mirror: peer.NewMirror(f.dir), Anchor: f.nz.anchor(t), Self: self, Home: "JP"}
	f.nz.suspend(opened+day, 7)
	f.site.publish(f.nz, opened+day)
	f.sync(t, opened+day)
	return f
}

func (f *following) sync(t testing.TB, at int64) *peer.View {
	t.Helper()
	v, err := f.Sync(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFollowerSeesWhatIsPublished(t *testing.T) {
	f := follow(t)
	v, err := f.Mirror.Load(f.Anchor)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Log.Reduction().List(f.nz.list()).Get(7); err != nil || got != statuslist.Suspended {
		t.Errorf("entry 7 is %v, %v", got, err)
	}
	want := peer.Documents{
		Schema: "aeo.mirror/1", EntityID: f.nz.entity(), FetchedAt: opened + day,
		Checkpoint: string(f.nz.checkpoint().Raw), Configuration: string(f.site[configurationPath].body),
		Directory: string(f.site[directoryPath].body),
	}
	got := v.Documents
	if string(got.Programmes["nz-aeo"]) != string(f.nz.profile()) {
		t.Errorf("programmes %s", got.Programmes)
	}
	if a := got.Arrangements; len(a) != 1 || string(a["JP-NZ"].Annexes[0]) != `{"payload":"e30"}` || a["JP-NZ"].Notices[0] != "a.b.c" {
		t.Errorf("arrangements %v, want ours alone", a)
	}
	got.Programmes, got.Arrangements = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFollowerFetchesOnlyWhatIsNew(t *testing.T) {
	f := follow(t)
	for idx := range int64(150) { // two entries each: the log grows past its first tile
		f.nz.suspend(opened+2*day, 100+idx)
	}
	f.site.publish(f.nz, opened+2*day)
	f.sync(t, opened+2*day)
	delete(f.site, "/log/tile/entries/000") // complete, so never asked for again
	f.nz.suspend(opened+3*day, 8)
	f.site.publish(f.nz, opened+3*day)
	delete(f.site, "/log/tile/entries/000")
	v := f.sync(t, opened+3*day)
	if v.Log.Size() != f.nz.log.Size() || v.Checkpoint.Size != f.nz.log.Size() {
		t.Errorf("size %d, checkpoint %d, want %d", v.Log.Size(), v.Checkpoint.Size, f.nz.log.Size())
	}
}

// A partner cannot fill our memory; what was fetched of it before stays good.
func TestFollowerTakesNoMoreOfALogThanItHolds(t *testing.T) {
	f := follow(t)
	v := f.sync(t, opened+day)
	f.MaxLog = v.Log.Bytes()
	f.sync(t, opened+day) // exactly as much as it may be
	f.nz.suspend(opened+2*day, 8)
	f.site.publish(f.nz, opened+2*day)
	if _, err := f.Sync(t.Context(), opened+2*day); !errors.Is(err, peer.ErrLogTooLarge) {
		t.Errorf("a log that outgrew the bound: %v", err)
	}
	kept, err := f.Mirror.Load(f.Anchor)
	if err != nil || kept.Checkpoint.Size != v.Checkpoint.Size {
		t.Errorf("what was fetched before: %+v, %v", kept, err)
	}
}

func TestFollowerDoesWithoutADirectory(t *testing.T) {
	f := follow(t)
	delete(f.site, directoryPath)
	if v := f.sync(t, opened+day); v.Directory != "" {
		t.Errorf("directory %q", v.Directory)
	}
}

// twin is the administration with another past than it showed: entry 9 where
// it had suspended 7.
func twin() *administration {
	a := newZealand()
	a.suspend(opened+day, 9)
	return a
}

func TestFollowerRefuses(t *testing.T) {
	const at = opened + 2*day
	token := func(edit func(f *following, token *statuslist.Token)) func(*following) {
		return func(f *following) {
			token := f.nz.token(at)
			edit(f, &token)
			f.site.publishToken(token, f.nz.signer(keys.RoleIssuer))
		}
	}
	for name, c := range map[string]struct {
		serve    func(f *following)
		want     error
		evidence bool
	}{
		"a log that shrank":                     {func(f *following) { f.site.publish(newZealand(), at) }, peer.ErrRollback, false},
		"another tree of the size seen":         {func(f *following) { f.site.publish(twin(), at) }, peer.ErrSplitView, true},
		"a log rewritten below the size seen":   {rewrite, peer.ErrSplitView, true},
		"entries altered on the way":            {alterEntry, transparency.ErrFaulty, false},
		"a leaf no honest log has":              {addFaultyLeaf, transparency.ErrFaulty, false},
		"entries that are not there":            {withhold, peer.ErrNotFound, false},
		"a checkpoint of another key":           {func(f *following) { f.site.publishLog(impostor().checkpoint(), nil) }, peer.ErrAnswer, false},
		"an impostor with all keys of its own":  {func(f *following) { f.site.publish(impostor(), at) }, peer.ErrAnswer, false},
		"another administration":                {func(f *following) { f.site.publish(united(), at) }, peer.ErrIdentity, false},
		"the administration of another country": {func(f *following) { f.site.publish(abroad(), at) }, peer.ErrIdentity, false},
		"a configuration that has ended":        {func(f *following) { f.site.put(configurationPath, statement, f.nz.configuration(opened-30*day)) }, trust.ErrChain, false},
		"a token of other bits": {token(func(_ *following, token *statuslist.Token) {
			check(token.List.Set(8, statuslist.Suspended))
		}), peer.ErrTokenDiffers, false},
		"a token of another tree": {token(func(_ *following, token *statuslist.Token) {
			token.Log.Root = tlog.Hash{}.String()
		}), peer.ErrTokenDiffers, false},
		"a token of another log": {token(func(f *following, token *statuslist.Token) {
			token.Log.Origin = f.nz.host + "/log2"
		}), peer.ErrTokenDiffers, false},
		"a token of another size":  {token(func(_ *following, token *statuslist.Token) { token.Log.Size++ }), peer.ErrUnreachable, false},
		"a token that has expired": {token(func(_ *following, token *statuslist.Token) { token.Iat = at - 2*day }), peer.ErrAnswer, false},
		"a token no issuer key signed": {func(f *following) {
			f.site.publishToken(f.nz.token(at), f.nz.signer(keys.RoleBundle))
		}, peer.ErrTokenDiffers, false},
		"a token withheld": {func(f *following) {
			delete(f.site, tokenPath)
			delete(f.site, tokenPath+"/detached")
		}, peer.ErrNotFound, false},
		"a programme altered": {func(f *following) { f.site.put("/programmes/nz-aeo", jsonType, []byte(`{"code":"nz"}`)) }, peer.ErrAnswer, false},
		"a stranger directory": {func(f *following) {
			f.site.put(directoryPath, "application/aeo-directory+jwt", impostor().directory(at))
		}, peer.ErrAnswer, false},
		"arrangements of no form": {func(f *following) {
			f.site.put("/mras", jsonType, []byte(`{"arrangements":[],"more":1}`))
		}, peer.ErrAnswer, false},
		"an arrangement of no form": {func(f *following) { f.site.put("/mras/JP-NZ", jsonType, []byte(`{`)) }, peer.ErrAnswer, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t)
			before := files(t, f.dir)
			f.site.publish(f.nz, at)
			c.serve(f)
			if v, err := f.Sync(t.Context(), at); !errors.Is(err, c.want) || v != nil {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(before, files(t, f.dir)); diff != "" {
				t.Errorf("the mirror changed:\n%s", diff)
			}
			f.wantEvidence(t, c.evidence)
			f.site.publish(f.nz, at)
			f.sync(t, at) // a refusal is no end
		})
	}
}

// wantEvidence expects the checkpoint seen and the one served side by side.
func (f *following) wantEvidence(t *testing.T, want bool) {
	t.Helper()
	seen, err := os.ReadFile(filepath.Join(f.dir, "evidence-1", "seen.checkpoint"))
	if !want {
		if err == nil {
			t.Error("evidence against an administration that did not contradict itself")
		}
		return
	}
	now, _ := os.ReadFile(filepath.Join(f.dir, "evidence-1", "now.checkpoint"))
	if !bytes.Equal(seen, f.nz.checkpoint().Raw) || !bytes.Equal(now, f.site[checkpointPath].body) {
		t.Errorf("evidence:\n%s\n%s", seen, now)
	}
}

func rewrite(f *following) {
	a := twin()
	a.suspend(opened+2*day, 10)
	f.site.publish(a, opened+2*day)
}

// grow publishes one more batch than was seen.
func grow(f *following) *administration {
	grown := newZealand()
	grown.suspend(opened+day, 7)
	grown.suspend(opened+2*day, 8)
	f.site.publish(grown, opened+2*day)
	return grown
}

// withhold serves a checkpoint without the entries it covers.
func withhold(f *following) {
	grow(f)
	maps.DeleteFunc(f.site, isTile)
}

func isTile(_ string, a answer) bool { return a.mediaType == octets }

// alterEntry delivers another leaf in place of a new one.
func alterEntry(f *following) {
	grown := grow(f)
	entries := slices.Clone(grown.log.Entries())
	entries[len(entries)-2] = []byte(`{"sha256":"` + keys.SHA256Hex(nil) + `","t":"credential"}`)
	f.site.publishLog(grown.checkpoint(), entries)
}

// addFaultyLeaf has the log sign a tree that ends in the same state leaf twice.
func addFaultyLeaf(f *following) {
	entries := append(slices.Clone(f.nz.log.Entries()), f.nz.log.Entries()[f.nz.log.Size()-1])
	var hashes stored
	for i, e := range entries {
		hashes = append(hashes, must(tlog.StoredHashes(int64(i), e, hashes))...)
	}
	root := must(tlog.TreeHash(int64(len(entries)), hashes))
	signer := f.nz.noteSigner(keys.RoleLog)
	raw := must(transparency.SignCheckpoint(int64(len(entries)), root, signer))
	f.site.publishLog(must(transparency.ParseCheckpoint(raw, signer.VKey)), entries)
}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = s[x]
	}
	return out, nil
}

func impostor() *administration {
	a := newAdministration("NZ", "NZ", host, "impostor")
	a.suspend(opened+day, 7)
	return a
}

func united() *administration { return newAdministration("US", "US", "aeo.customs.us.example", "nz") }
func abroad() *administration { return newAdministration("AU", "AU", host, "nz") }

func TestFirstRoundTrustsTheAnchorAlone(t *testing.T) {
	f := follow(t)
	f.Mirror = peer.NewMirror(filepath.Join(t.TempDir(), "new"))
	f.site.publish(impostor(), opened+day)
	if _, err := f.Sync(t.Context(), opened+day); !errors.Is(err, keys.ErrRoster) {
		t.Errorf("an impostor: got %v, want ErrRoster", err)
	}
	if _, err := f.Mirror.Load(f.Anchor); !errors.Is(err, peer.ErrNoMirror) {
		t.Errorf("its mirror: %v, want ErrNoMirror", err)
	}
}

func TestTheSameContradictionIsKeptOnce(t *testing.T) {
	f := follow(t)
	f.site.publish(twin(), opened+day)
	for range 3 {
		if _, err := f.Sync(t.Context(), opened+day); !errors.Is(err, peer.ErrSplitView) {
			t.Fatal(err)
		}
	}
	if kept, _ := filepath.Glob(filepath.Join(f.dir, "evidence-*")); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
}

func TestFollowerBeginsAnewWhereThePartnerPublishedMeanwhile(t *testing.T) {
	nz, s := newZealand(), site{}
	s.publish(nz, opened+day)
	n := newNetwork(t)
	n.serve(nz.host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r)
		if r.URL.Path == checkpointPath && nz.log.Size() == 4 {
			nz.suspend(opened+day, 7)
			before := maps.Clone(s)
			s.publish(nz, opened+day)
			for path, a := range before { // tiles of smaller sizes stay
				if isTile(path, a) {
					s[path] = a
				}
			}
		}
	}))
	f := &peer.Follower{Client: n.client(), Mirror: peer.NewMirror(t.TempDir()), Anchor: nz.anchor(t), Self: self, Home: "JP"}
	v, err := f.Sync(t.Context(), opened+day)
	if err != nil || v.Checkpoint.Size != 6 {
		t.Errorf("got %+v, %v", v, err)
	}
}
