package demo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aeo-registry/aeo/keys"
)

// A workshop makes the altered and forged inputs of the cases out of the real ones.
type workshop struct {
	dir string
}

func (w workshop) read(name string) ([]byte, error) { return os.ReadFile(filepath.Join(w.dir, name)) }

func (w workshop) write(name string, content []byte) (string, error) {
	return name, os.WriteFile(filepath.Join(w.dir, name), content, 0o600)
}

// alter writes cases/<name>.aeo: the file with one thing changed.
func (w workshop) alter(file, name string, change func(*sheet) error) (string, error) {
	raw, err := w.read(file)
	if err != nil {
		return "", err
	}
	s, err := takeApart(raw)
	if err != nil {
		return "", err
	}
	if err := change(s); err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	return w.write("cases/"+name+".aeo", s.join())
}

// A sheet is a credential file taken apart: for each credential the three parts
// of its issuer JWT and its disclosures, all decoded, and the text of the receipts.
type sheet struct {
	credentials []*parts
	receipts    string
}

type parts struct {
	header, payload, signature []byte
	disclosures                [][]byte
}

func takeApart(raw []byte) (*sheet, error) {
	text := string(raw)
	s := &sheet{}
	if i := strings.Index(text, "c2sp.org/tlog-proof"); i >= 0 {
		text, s.receipts = text[:i], text[i:]
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		p, err := takeApartOne(line)
		if err != nil {
			return nil, err
		}
		s.credentials = append(s.credentials, p)
	}
	return s, nil
}

func takeApartOne(line string) (*parts, error) {
	fields := strings.Split(line, "~")
	jwt := strings.Split(fields[0], ".")
	if len(jwt) != 3 {
		return nil, errors.New("not an SD-JWT")
	}
	var decoded [][]byte
	for _, f := range append(jwt, fields[1:len(fields)-1]...) {
		b, err := keys.DecodeBase64URL(f)
		if err != nil {
			return nil, err
		}
		decoded = append(decoded, b)
	}
	return &parts{decoded[0], decoded[1], decoded[2], decoded[3:]}, nil
}

func (s *sheet) join() []byte {
	var b bytes.Buffer
	for _, p := range s.credentials {
		b.WriteString(p.join() + "\n")
	}
	b.WriteString(s.receipts)
	return b.Bytes()
}

func (p *parts) join() string {
	text := keys.EncodeBase64URL(p.header) + "." + keys.EncodeBase64URL(p.payload) + "." + keys.EncodeBase64URL(p.signature) + "~"
	for _, d := range p.disclosures {
		text += keys.EncodeBase64URL(d) + "~"
	}
	return text
}

// flip changes one bit of the byte that follows a mark in b.
func flip(b []byte, mark string) error {
	i := bytes.Index(b, []byte(mark))
	if i < 0 || i+len(mark) >= len(b) {
		return fmt.Errorf("no %q to alter", mark)
	}
	b[i+len(mark)] ^= 1
	return nil
}

// keep drops every disclosure whose claim is not named.
func (p *parts) keep(names ...string) {
	var kept [][]byte
	for _, d := range p.disclosures {
		for _, n := range names {
			if bytes.Contains(d, []byte(`,"`+n+`",`)) {
				kept = append(kept, d)
			}
		}
	}
	p.disclosures = kept
}

// flipBundle writes a bundle with one bit changed at the first place a mark is found after another.
func (w workshop) flipBundle(from, to, member string) (string, error) {
	raw, err := w.read(from)
	if err != nil {
		return "", err
	}
	// The first mention of a member's name is its local header; its bytes follow.
	i := bytes.Index(raw, []byte(member))
	if i < 0 {
		return "", fmt.Errorf("%s has no member %s", from, member)
	}
	raw[i+len(member)+100] ^= 1
	return w.write(to, raw)
}
