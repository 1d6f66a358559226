package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/aeo-registry/aeo"

// rooms, left to right: a room imports only itself and rooms to its left.
var rooms = []string{"keys", "credential", "federation", "registry", "cmd"}

// pure packages decide offline: they build for the browser and never touch the
// machine they run on.
var pure = []string{
	"keys", "keys/jcs", "credential", "credential/sdjwt", "credential/statuslist",
	"federation", "federation/exchange", "federation/mra", "federation/rehearsal", "federation/listed", "federation/sheet", "federation/trust", "federation/transparency", "federation/bundle",
	"registry/deadline",
}

// impure imports are what a pure package may not have.
var impure = []string{"os", "os/exec", "net", "net/http", "syscall"}

// forbidden imports, each with what to use instead.
var forbidden = map[string]string{
	"github.com/gorilla/csrf":                 "net/http.CrossOriginProtection (CVE-2025-47909 has no fix)",
	"github.com/gorilla/securecookie":         "server-side sessions",
	"github.com/stretchr/testify":             "testing and go-cmp",
	"github.com/pkg/errors":                   "errors and fmt.Errorf",
	"github.com/cockroachdb/pebble":           "github.com/cockroachdb/pebble/v2",
	"github.com/spf13/viper":                  "flags and strict JSON",
	"gopkg.in/yaml.v3":                        "strict JSON",
	"math/rand":                               "crypto/rand or an injected reader",
	"io/ioutil":                               "io and os",
	"github.com/golang-jwt/jwt/v5":            "keys.Parse",
	"github.com/lestrrat-go/jwx/v3":           "jwx/v2, narrowly",
	"golang.org/x/crypto/openpgp":             "age",
	"encoding/gob":                            "keys/jcs",
	"golang.org/x/crypto/acme/autocert":       "own roots per partner",
	"github.com/transparency-dev/formats/log": "federation/transparency",
}

// only these packages may import these libraries.
var narrow = map[string][]string{
	"github.com/lestrrat-go/jwx/v2":    {"keys/keyring", "federation/author"},
	"github.com/cockroachdb/pebble/v2": {"registry/ledger", "registry/ledger/ledgertest", "cmd/bench"},
	"github.com/gorilla/mux":           {"registry/api"},
	"github.com/go-jose/go-jose/v4":    {"keys"},
	"github.com/xuri/excelize/v2":      {"registry/partnerlist"},
	"filippo.io/age":                   {"keys/keyring"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
	Dir        string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,GoFiles,Dir", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module+"/")
		list = append(list, p)
	}
}

func room(path string) int {
	first, _, _ := strings.Cut(path, "/")
	return slices.Index(rooms, first)
}

func TestRoomsImportOnlyToTheirLeft(t *testing.T) {
	for _, p := range packages(t) {
		if room(p.ImportPath) < 0 {
			t.Errorf("%s is in no room; the rooms are %v", p.ImportPath, rooms)
		}
		for _, imp := range p.Imports {
			own, ok := strings.CutPrefix(imp, module+"/")
			if ok && room(own) > room(p.ImportPath) {
				t.Errorf("%s imports %s, which is to its right", p.ImportPath, own)
			}
		}
	}
}

func TestPurePackagesStayPure(t *testing.T) {
	for _, p := range packages(t) {
		if !slices.Contains(pure, p.ImportPath) {
			continue
		}
		for _, imp := range p.Imports {
			if slices.Contains(impure, imp) {
				t.Errorf("%s imports %s; what it needs from the machine comes in as an argument", p.ImportPath, imp)
			}
			if own, ok := strings.CutPrefix(imp, module+"/"); ok && !slices.Contains(pure, own) {
				t.Errorf("%s imports %s, which is not pure", p.ImportPath, own)
			}
		}
		for _, f := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []string{"time.Now(", "time.Since(", "time.Until("} {
				if bytes.Contains(src, []byte(call)) {
					t.Errorf("%s/%s calls %s); the clock is an argument", p.ImportPath, f, call)
				}
			}
		}
	}
}

func TestVerificationBuildsForTheBrowser(t *testing.T) {
	args := []string{"build"}
	for _, p := range pure {
		args = append(args, module+"/"+p)
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("build for js/wasm: %v\n%s", err, out)
	}
}

func TestForbiddenAndNarrowImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			for bad, instead := range forbidden {
				if imp == bad || bad != "github.com/cockroachdb/pebble" && strings.HasPrefix(imp, bad+"/") && bad != "math/rand" {
					t.Errorf("%s imports %s: use %s", p.ImportPath, imp, instead)
				}
			}
			for lib, allowed := range narrow {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && !slices.Contains(allowed, p.ImportPath) {
					t.Errorf("%s imports %s, which belongs to %v alone", p.ImportPath, imp, allowed)
				}
			}
		}
	}
}

// TestTopLevelIsTheHouse holds the fixed layout: five rooms and the named files.
func TestTopLevelIsTheHouse(t *testing.T) {
	allowed := append([]string{"go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "bin"}, rooms...)
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
