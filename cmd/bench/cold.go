package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/aeo-registry/aeo/credential"
)

// measureCold compares aeo verify as a whole process, with a bundle of ten
// partners, with a program that imports the same packages and does nothing. The
// memory of what was seen is written as always, in a directory of its own.
func measureCold(b *bench) error {
	h, err := newHome(10, 1000)
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"ZZ.aeobundle": h.bundle, "ZZ.aeoanchor": h.anchor.Marshal(),
		"orchards.aeo": credential.FormatFile([][]byte{h.partners[0].sdjwt}, nil),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(b.dir, name), content, 0o600); err != nil {
			return err
		}
	}
	aeo, empty, err := b.build()
	if err != nil {
		return err
	}
	run := func(name string, args ...string) func() error {
		return func() error {
			cmd := exec.CommandContext(b, name, args...)
			cmd.Dir, cmd.Env = b.dir, append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(b.dir, "state"))
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, out)
			}
			return nil
		}
	}
	const rounds = 41
	ratio, ours, floor, err := b.versus(rounds,
		repeat(wallTime, 1, run(aeo, "verify", "orchards.aeo", "--bundle", "ZZ.aeobundle", "--anchor", "ZZ.aeoanchor")),
		repeat(wallTime, 1, run(empty)))
	if err != nil {
		return err
	}
	b.ratio("cold_verify", 1/ratio)
	b.figure("cold", "%.1f ms from start to exit of aeo verify; a program that only imports the same packages %.1f ms", 1e3/ours, 1e3/floor)
	return nil
}

// build makes aeo and the empty program, which stands beside it by overlay.
func (b *bench) build() (aeo, empty string, err error) {
	const source = "github.com/aeo-registry/aeo/cmd/aeo"
	list, err := b.tool("list", "-f", "{{.Dir}}\n{{join .Imports \"\\n\"}}", source)
	if err != nil {
		return "", "", err
	}
	dir, imports, _ := strings.Cut(strings.TrimSpace(string(list)), "\n")
	program := "package main\n\n"
	for path := range strings.Lines(imports) {
		program += fmt.Sprintf("import _ %q\n", strings.TrimSpace(path))
	}
	written := filepath.Join(b.dir, "empty.go")
	if err := os.WriteFile(written, []byte(program+"\nfunc main() {}\n"), 0o600); err != nil {
		return "", "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir+"-empty", "main.go"): written}})
	if err != nil {
		return "", "", err
	}
	mapping := filepath.Join(b.dir, "overlay.json")
	if err := os.WriteFile(mapping, overlay, 0o600); err != nil {
		return "", "", err
	}
	aeo, empty = filepath.Join(b.dir, "aeo"), filepath.Join(b.dir, "empty")
	if _, err := b.tool("build", "-trimpath", "-o", aeo, source); err != nil {
		return "", "", err
	}
	_, err = b.tool("build", "-trimpath", "-overlay", mapping, "-o", empty, source+"-empty")
	return aeo, empty, err
}

// tool runs the go command as make build does.
func (b *bench) tool(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(b, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("go %s: %w", args[0], err), errors.New(said.String()))
	}
	return out, nil
}
