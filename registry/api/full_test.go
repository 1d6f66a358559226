package api_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

const ownMounts = "AEO_TEST_OWN_MOUNTS"

// TestEvidenceOnAFullDisk hands in a file for which there is no room where evidence
// is kept: that is refused with 507 and leaves nothing behind, what was kept is read,
// and when there is room it is taken. It runs again in a name space of its own, where
// it may mount.
func TestEvidenceOnAFullDisk(t *testing.T) {
	if os.Getenv(ownMounts) == "" {
		if err := exec.Command("unshare", "-rm", "true").Run(); err != nil {
			t.Skip("no mounts of one's own here")
		}
		again := exec.Command("unshare", "-rm", os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), ownMounts+"=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	n, o := newNodeIn(t)
	must(t, n.Close())
	dir := filepath.Join(o.Dir, "files")
	must(t, syscall.Mount("none", dir, "tmpfs", 0, "size=1m"))
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	n, err := registry.Open(t.Context(), o)
	must(t, err)
	defer n.Close()
	h := api.Local(n, quiet())
	for _, step := range [][2]string{
		{"/applications", `{"operator":"NZ-OP-000001","type":"SES","roles":["packer"],"by":"Desk"}`},
		{"/applications/accept", `{"application":"NZ-APP-000002","by":"Desk"}`},
	} {
		if w := ask(h, http.MethodPost, "/api/v1"+step[0], step[1]); w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", step[0], w.Code, w.Body)
		}
	}
	upload := func(content string) (int, string) {
		w := askBound(h, http.MethodPost, "/api/v1/applications/evidence?application=NZ-APP-000002&title=Seals&criterion=G&by=Desk", content)
		return w.Code, w.Body.String()
	}
	small, large := "a small file\n", strings.Repeat("a large file\n", 2<<20/13)
	if code, body := upload(small); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	size := n.LogHead().Size
	for range 3 {
		code, body := upload(large)
		if code != http.StatusInsufficientStorage || !strings.Contains(body, "urn:aeo:problem:full") || strings.Contains(body, o.Dir) {
			t.Errorf("%d %s", code, body)
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, "staged")); err != nil || len(left) > 0 || n.LogHead().Size != size {
		t.Errorf("%v is left, and %d leaves of %d: %v", left, n.LogHead().Size, size, err)
	}
	if w := ask(h, http.MethodGet, "/api/v1/evidence/check", ""); w.Body.String() != `{"files":1}` {
		t.Errorf("what was kept: %s", w.Body)
	}
	must(t, syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"))
	if code, body := upload(large); code != http.StatusOK {
		t.Errorf("when there is room: %d %s", code, body)
	}
	if w := ask(h, http.MethodGet, "/api/v1/evidence/check", ""); w.Body.String() != `{"files":2}` {
		t.Errorf("what was kept then: %s", w.Body)
	}
}
