package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/bundle"
)

const (
	maxAnchorFile = 16 << 10 // ParseAnchor takes no more
	maxAnchors    = 256      // in the directory
)

// anchorFor is the anchor in a file that was named, or else the one kept for
// the territory a bundle says it is of. Which one that is need not be proven:
// under another's anchor the bundle will not open.
func (a *app) anchorFor(file, territory string) (*bundle.Anchor, error) {
	if file != "" {
		return readAnchor(file)
	}
	dir, err := a.home("XDG_CONFIG_HOME", ".config", "anchors")
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("no anchor named: use --anchor FILE: %w", err))
	}
	names, err := anchorFiles(dir)
	if err != nil {
		return nil, fail(exitFile, fmt.Errorf("look for anchors: %w", err))
	}
	var found *bundle.Anchor
	for _, name := range names {
		anchor, err := readAnchor(name)
		if err != nil {
			return nil, err
		}
		if anchor.Territory != territory {
			continue
		}
		if found != nil {
			return nil, fail(exitUsage, fmt.Errorf("%s has several anchors of %s: use --anchor FILE", dir, territory))
		}
		found = anchor
	}
	if found == nil {
		return nil, fail(exitUsage, fmt.Errorf("no anchor of %.16q in %s: use --anchor FILE, or put it there", territory, dir))
	}
	return found, nil
}

func readAnchor(name string) (*bundle.Anchor, error) {
	raw, err := readNamed(name, maxAnchorFile)
	if err != nil {
		return nil, err
	}
	anchor, err := bundle.ParseAnchor(raw)
	if err != nil {
		return nil, fmt.Errorf("read anchor %s: %w", name, err)
	}
	return anchor, nil
}

func anchorFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".aeoanchor" {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	if len(names) > maxAnchors {
		return nil, fmt.Errorf("%s has %d anchors, at most %d", dir, len(names), maxAnchors)
	}
	return names, nil
}

// home is a directory of this program below one of the XDG base directories,
// of which relative ones are to be passed over.
func (a *app) home(variable, fallback, name string) (string, error) {
	if base := a.env(variable); filepath.IsAbs(base) {
		return filepath.Join(base, "aeo", name), nil
	}
	if home := a.env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, fallback, "aeo", name), nil
	}
	return "", fmt.Errorf("neither $%s nor $HOME is set", variable)
}
