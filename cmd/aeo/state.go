package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/bundle"
)

// maxMemoryFile is what bundle.ParseMemory takes.
const maxMemoryFile = 4 << 20

// A memory is the file in which bundles seen are remembered, one for each
// anchor and profile. Without it an old bundle would pass for a new one.
type memory struct {
	path string
	seen *bundle.Memory // nil at first use
	raw  []byte         // as it was read
}

// last is what was seen before; nil for nothing.
func (m *memory) last() *bundle.Memory {
	if m == nil {
		return nil
	}
	return m.seen
}

// stateDir is where memory and evidence lie.
func (a *app) stateDir(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	dir, err := a.home("XDG_STATE_HOME", filepath.Join(".local", "state"), "")
	if err != nil {
		return "", fail(exitUsage, fmt.Errorf("no place to remember bundles seen: use --state DIR or --no-state: %w", err), a.again("--no-state"))
	}
	return dir, nil
}

// recall reads the memory that belongs to the desk's anchor.
func (d *desk) recall(profile string) error {
	if d.source.noState {
		return nil
	}
	dir, err := d.app.stateDir(d.source.state)
	if err != nil {
		return err
	}
	d.memory = &memory{path: filepath.Join(dir, d.anchor.MemoryKey(profile)+".json")}
	d.memory.raw, d.memory.seen, err = readMemory(d.memory.path)
	return err
}

func readMemory(path string) ([]byte, *bundle.Memory, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	raw, err := readNamed(path, maxMemoryFile)
	if err != nil {
		return nil, nil, err
	}
	seen, err := bundle.ParseMemory(raw)
	if err != nil {
		return nil, nil, fail(exitFile, fmt.Errorf("recall what %s remembers: %w; without it an old bundle cannot be told from a new one", path, err))
	}
	return raw, seen, nil
}

// remember keeps what the desk has seen, once after every check. What another
// process remembered meanwhile counts: if the bundle is old beside that, the
// desk refuses from then on.
func (d *desk) remember() error {
	if d.refusal != nil || d.memory == nil || d.source.now != "" {
		return nil
	}
	raw, seen, err := readMemory(d.memory.path)
	if err != nil {
		return err
	}
	if !bytes.Equal(raw, d.memory.raw) {
		if d.next, err = d.verifier.Bundle().Remember(seen, d.now, 0); err != nil {
			d.refusal = fmt.Errorf("compare bundle with memory: %w", err)
			return nil
		}
	}
	next := d.next.Marshal()
	if bytes.Equal(next, raw) {
		return nil
	}
	if err := replaceFile(d.memory.path, next); err != nil {
		return fail(exitFile, fmt.Errorf("remember the bundle: %w", err), d.app.again("--no-state"))
	}
	return nil
}

// keepEvidence keeps a bundle that shows misbehaviour with what it
// contradicts, what was presented or what was seen before, beside the memory.
func (d *desk) keepEvidence(presented []byte) {
	if d.memory == nil || d.source.now != "" {
		d.app.warn("keep %s and what was presented: they are the evidence", d.source.bundle)
		return
	}
	sum := sha256.New()
	sum.Write(d.raw)
	sum.Write(presented)
	dir := filepath.Join(filepath.Dir(d.memory.path), "evidence", hex.EncodeToString(sum.Sum(nil)))
	for name, content := range map[string][]byte{
		"bundle.aeobundle": d.raw, "memory.json": d.memory.raw, "presented.aeo": presented,
	} {
		if content == nil {
			continue
		}
		if err := replaceFile(filepath.Join(dir, name), content); err != nil {
			d.app.warn("keep %s and what was presented: they are the evidence, which could not be copied: %v", d.source.bundle, err)
			return
		}
	}
	d.app.warn("evidence is kept in %s", dir)
}

// replaceFile writes a file so that a crash leaves the old or the new one
// whole; its directory is made where there is none.
func replaceFile(name string, content []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
