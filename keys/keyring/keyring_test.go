package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/google/go-cmp/cmp"
)

const (
	host   = "aeo.customs.nz.example"
	entity = "https://" + host
)

var noon = time.Date(2026, 3, 14, 12, 34, 56, 0, time.FixedZone("NZDT", 13*3600)) // 2026-03-13 in UTC

func write(t testing.TB, name, content string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func newUnlock(t testing.TB) keyring.Unlock {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	u, err := keyring.IdentityFile(write(t, "identity", "# made for a test\n"+id.String()+"\n", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func create(t testing.TB) (ring *keyring.Ring, path string, u keyring.Unlock) {
	t.Helper()
	path, u = filepath.Join(t.TempDir(), "keys.age"), newUnlock(t)
	ring, err := keyring.Create(path, u, host, noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ring, path, u
}

func TestCreateMakesOneKeyPerRole(t *testing.T) {
	ring, path, _ := create(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("ring file: %v, %v", info.Mode(), err)
	}
	type span struct{ Nbf, SignUntil, Exp string }
	got := map[keys.Role]span{}
	for _, e := range ring.Entries() {
		got[e.Role] = span{e.Nbf.Format(time.RFC3339), e.SignUntil.Format(time.DateOnly), e.Exp.Format(time.DateOnly)}
		if (e.JWK != nil) != e.Role.JOSE() || (e.VKey != "") == e.Role.JOSE() {
			t.Errorf("%s has JWK %v and verifier key %q", e.Role, e.JWK, e.VKey)
		}
		if e.VKey != "" && !strings.HasPrefix(e.VKey, host+"/"+string(e.Role)+"+") {
			t.Errorf("%s is named %s", e.Role, e.VKey)
		}
	}
	const today = "2026-03-13T00:00:00Z"
	want := map[keys.Role]span{
		keys.RoleRoot:       {today, "2046-03-13", "2056-03-14"},
		keys.RoleFederation: {today, "2028-03-13", "2038-03-14"},
		keys.RoleBundle:     {today, "2028-03-13", "2029-03-14"},
		keys.RoleIssuer:     {today, "2027-03-13", "2029-03-14"},
		keys.RoleExchange:   {today, "2028-03-13", "2029-03-14"},
		keys.RoleReceipt:    {today, "2028-03-13", "2038-03-14"},
		keys.RoleLog:        {today, "2046-03-13", "2056-03-14"},
		keys.RoleWitness:    {today, "2046-03-13", "2056-03-14"},
		keys.RoleAuditor:    {today, "2046-03-13", "2056-03-14"},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(ring.Entries()) != len(want) {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCreateRefuses(t *testing.T) {
	_, path, u := create(t)
	if _, err := keyring.Create(path, u, host, noon, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a ring that exists: %v", err)
	}
	fresh := filepath.Join(t.TempDir(), "keys.age")
	for _, bad := range []string{"", "a b", "a/b", "a+b", "NZ.example", "x.example:443", ".example", strings.Repeat("x", 300)} {
		if _, err := keyring.Create(fresh, u, bad, noon, nil); err == nil {
			t.Errorf("host %q is accepted", bad)
		}
	}
	if _, err := keyring.Create(fresh, keyring.Unlock{}, host, noon, nil); !errors.Is(err, keyring.ErrUnlock) {
		t.Errorf("no unlock: %v", err)
	}
	if _, err := keyring.Create(fresh, u, host, noon, strings.NewReader("short")); err == nil {
		t.Error("a source that runs dry is accepted")
	}
	ones := bytes.NewReader(bytes.Repeat([]byte{255}, 4096))
	if _, err := keyring.Create(fresh, u, host, noon, ones); !errors.Is(err, keyring.ErrRole) {
		t.Errorf("a source of ones: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(fresh)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestGivenRandomnessDecidesTheKeys(t *testing.T) {
	var ids [2]string
	for i := range ids {
		source := rand.NewChaCha8([32]byte{1})
		ring, err := keyring.Create(filepath.Join(t.TempDir(), "keys.age"), newUnlock(t), host, noon, source)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = fmt.Sprint(fingerprints(ring))
	}
	if ids[0] != ids[1] {
		t.Errorf("keys differ: %s and %s", ids[0], ids[1])
	}
}

func fingerprints(ring *keyring.Ring) (out []string) {
	for _, e := range ring.Entries() {
		id := e.VKey
		if e.JWK != nil {
			id = e.JWK.KID()
		}
		out = append(out, fmt.Sprintf("%s %s %d %v", e.Role, id, e.Nbf.Unix(), e.Revoked))
	}
	return out
}

func TestOpen(t *testing.T) {
	ring, path, u := create(t)
	again, err := keyring.Open(path, u)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fingerprints(ring), fingerprints(again)); diff != "" {
		t.Errorf("(-created +opened)\n%s", diff)
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := write(t, "cut", string(sealed[:len(sealed)-1]), 0o600)
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	other := newUnlock(t)
	for name, c := range map[string]struct {
		path   string
		unlock keyring.Unlock
		want   error
	}{
		"another identity":   {path, other, keyring.ErrUnlock},
		"no identity":        {path, keyring.Unlock{}, keyring.ErrUnlock},
		"a truncated ring":   {cut, u, keyring.ErrDamaged},
		"a ring with a flip": {write(t, "flip", string(flipped), 0o600), u, keyring.ErrDamaged},
		"an empty ring":      {write(t, "empty", "", 0o600), u, keyring.ErrDamaged},
		"no ring":            {filepath.Join(t.TempDir(), "none"), u, fs.ErrNotExist},
	} {
		if _, err := keyring.Open(c.path, c.unlock); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := keyring.Open(write(t, "large", strings.Repeat("x", 1<<20+1), 0o600), u); err == nil {
		t.Error("a ring beyond the limit is read")
	}
	if _, err := keyring.Open(t.TempDir(), u); err == nil {
		t.Error("a directory is read")
	}
}

func TestGenerate(t *testing.T) {
	ring, path, u := create(t)
	later := noon.AddDate(0, 11, 0)
	old, err := ring.Signer(keys.RoleIssuer, later)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := ring.Generate(keys.RoleIssuer, later)
	if err != nil {
		t.Fatal(err)
	}
	reopened, err := keyring.Open(path, u)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*keyring.Ring{"the ring": ring, "the ring opened again": reopened} {
		got, err := r.Signer(keys.RoleIssuer, later)
		if err != nil || !got.Public().Equal(entry.JWK) {
			t.Errorf("%s signs with %v, %v", name, got, err)
		}
		before, err := r.Signer(keys.RoleIssuer, noon)
		if err != nil || !before.Public().Equal(old.Public()) {
			t.Errorf("%s signs before the new key's day with %v, %v", name, before, err)
		}
	}
	for _, role := range []keys.Role{keys.RoleLog, "minister", ""} {
		if _, err := ring.Generate(role, later); !errors.Is(err, keyring.ErrRole) {
			t.Errorf("%q: got %v, want ErrRole", role, err)
		}
	}
	witness, err := ring.Generate(keys.RoleWitness, later)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.NoteSigner(keys.RoleWitness); err != nil || got.VKey.String() != witness.VKey {
		t.Errorf("witness %v, %v; want the newest", got, err)
	}
}

func TestSignerKeepsToTheWindow(t *testing.T) {
	ring, _, _ := create(t)
	day := time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		role keys.Role
		at   time.Time
		ok   bool
	}{
		"from the first second of its day": {keys.RoleIssuer, day, true},
		"not the second before":            {keys.RoleIssuer, day.Add(-time.Second), false},
		"until the last second":            {keys.RoleIssuer, day.AddDate(1, 0, 0), true},
		"not the second after":             {keys.RoleIssuer, day.AddDate(1, 0, 0).Add(time.Second), false},
		"a root for longer":                {keys.RoleRoot, day.AddDate(15, 0, 0), true},
		"no note key":                      {keys.RoleLog, day, false},
		"no unknown role":                  {"minister", day, false},
	} {
		_, err := ring.Signer(c.role, c.at)
		if c.ok && err != nil || !c.ok && !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ring.NoteSigner(keys.RoleIssuer); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("an issuer's note key: %v", err)
	}
	log, err := ring.NoteSigner(keys.RoleLog)
	if err != nil || log.Name() != host+"/log" || log.Cosigner() {
		t.Errorf("log key %v, %v", log, err)
	}
}

func TestAFailedWriteChangesNothing(t *testing.T) {
	ring, path, u := create(t)
	before := fingerprints(ring)
	if err := os.Rename(filepath.Dir(path), filepath.Dir(path)+"-gone"); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Generate(keys.RoleIssuer, noon); err == nil {
		t.Error("generated without a directory to write to")
	}
	kid := ring.Entries()[3].JWK.KID()
	if err := ring.Revoke(kid, noon, keys.ReasonCompromised); err == nil {
		t.Error("revoked without a directory to write to")
	}
	if diff := cmp.Diff(before, fingerprints(ring)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
	if err := os.Rename(filepath.Dir(path)+"-gone", filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	again, err := keyring.Open(path, u)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, fingerprints(again)); diff != "" {
		t.Errorf("(-before +on disk)\n%s", diff)
	}
}

func TestGoroutinesShareARing(t *testing.T) {
	ring, _, _ := create(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 4 {
				if _, err := ring.Signer(keys.RoleIssuer, noon); err != nil {
					t.Error(err)
				}
				if _, err := ring.Generate(keys.RoleIssuer, noon); err != nil {
					t.Error(err)
				}
				ring.Entries()
			}
		})
	}
	all.Wait()
	if got := len(ring.Entries()); got != 9+16 {
		t.Errorf("%d keys, want 25", got)
	}
}
