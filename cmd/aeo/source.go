package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/spf13/cobra"
)

// A source is what the flags say of the bundle to judge by.
type source struct {
	bundle, anchor, now, state string
	noState                    bool
}

func (s *source) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.anchor, "anchor", "", "the anchor whose bundle it must be (default: the one kept for its territory)")
	f.StringVar(&s.now, "now", "", "judge as if it were this time; nothing is remembered (RFC 3339, a date for its 00:00 UTC, or Unix seconds)")
	f.StringVar(&s.state, "state", "", "directory in which to remember bundles seen (default $XDG_STATE_HOME/aeo)")
	f.BoolVar(&s.noState, "no-state", false, "neither recall nor remember bundles seen")
}

// A desk is a bundle opened under its anchor, ready to answer; or, with a
// refusal, one by which nothing can be judged.
type desk struct {
	app       *app
	source    *source
	now       int64
	raw       []byte // the bundle
	territory string // whose bundle it says it is
	anchor    *bundle.Anchor
	memory    *memory // nil with --no-state
	verifier  *federation.Verifier
	next      bundle.Memory // to be kept
	refusal   error
}

// open opens the bundle of a source. Its errors are about files that are
// missing and about flags; what was read and is bad is the desk's refusal.
func (a *app) open(s *source) (*desk, error) {
	d := &desk{app: a, source: s, now: a.now().Unix()}
	built := buildTime()
	if err := readFlag("now", s.now, parseInstant, &d.now); err != nil {
		return nil, err
	}
	if s.now != "" {
		built = 0
	}
	if s.bundle == "" {
		return nil, fail(exitUsage, errors.New("no bundle to judge by: use --bundle FILE"))
	}
	if s.noState && s.state != "" {
		return nil, fail(exitUsage, errors.New("--state and --no-state exclude each other"))
	}
	var err error
	if d.raw, err = readNamed(s.bundle, bundle.MaxBundle); err != nil {
		return nil, err
	}
	manifest, _, err := bundle.PeekManifest(d.raw)
	if err != nil {
		d.refusal = fmt.Errorf("open bundle: %w", err)
		return d, nil
	}
	d.territory = manifest.Territory
	d.anchor, err = a.anchorFor(s.anchor, manifest.Territory)
	if errors.Is(err, bundle.ErrAnchor) {
		d.refusal = err
		return d, nil
	}
	if err != nil {
		return nil, err
	}
	if err := d.recall(manifest.Profile); err != nil {
		return nil, err
	}
	d.verifier, d.next, d.refusal = federation.Open(d.raw, d.anchor, d.memory.last(), d.now, built)
	return d, nil
}

// check reports a question that cannot be asked here.
func (d *desk) check(q federation.Question) error {
	if d.refusal != nil {
		return nil
	}
	return d.verifier.CheckQuestion(q)
}

// verify answers a question about the content of a credential file.
func (d *desk) verify(file []byte, q federation.Question) *federation.Decision {
	if d.refusal != nil {
		return federation.Refuse(d.refusal, file, q)
	}
	return d.verifier.Verify(file, q)
}

// lookup answers a question about an identifier.
func (d *desk) lookup(identifier string, q federation.Question) *federation.Decision {
	if d.refusal != nil {
		return federation.Refuse(d.refusal, []byte(identifier), q)
	}
	return d.verifier.Lookup(identifier, q)
}

// badFile marks what is wrong with a file that was named as that.
func badFile(err error) error {
	if codeOf(err) == exitInternal {
		return fail(exitFile, err)
	}
	return err
}

// readNamed reads a file somebody named, and of one that is too large just
// enough to show that it is: whoever judges the content says so.
func readNamed(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fail(exitFile, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fail(exitFile, err)
	}
	if info.IsDir() {
		return nil, fail(exitFile, fmt.Errorf("read %s: it is a directory", name))
	}
	var raw bytes.Buffer
	raw.Grow(int(min(info.Size(), most)) + bytes.MinRead)
	if _, err := raw.ReadFrom(io.LimitReader(f, most+1)); err != nil {
		return nil, fail(exitFile, fmt.Errorf("read %s: %w", name, err))
	}
	return raw.Bytes(), nil
}

// readWords reads a file of text somebody named.
func readWords(name string, most int64) ([]byte, error) {
	raw, err := readNamed(name, most)
	switch {
	case err != nil:
		return nil, err
	case int64(len(raw)) > most:
		return nil, fail(exitUsage, fmt.Errorf("%s has more than %d bytes", name, most))
	case len(raw) == 0:
		return nil, fail(exitUsage, fmt.Errorf("%s is empty", name))
	case !utf8.Valid(raw):
		return nil, fail(exitUsage, fmt.Errorf("%s is no text in UTF-8", name))
	}
	return raw, nil
}
