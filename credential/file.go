package credential

import (
	"bytes"
	"fmt"
)

// Caps of a credential file.
const (
	MaxLines   = 64       // credentials
	MaxReceipt = 16 << 10 // bytes of one tlog-proof
	// MaxFile is the most bytes a file can have: read no more.
	MaxFile = MaxLines * (MaxSize + 1 + MaxReceipt)
)

// receiptHead is the first line of a C2SP tlog-proof.
const receiptHead = "c2sp.org/tlog-proof@v1"

// A File is the content of a *.aeo file: one SD-JWT a line, then at most one
// C2SP tlog-proof per credential.
type File struct {
	Lines    []Line   // every credential line in order
	Receipts [][]byte // raw tlog-proofs in order, their form unchecked
}

// A Line is one credential line, read or not: exactly one of Presentation and Err is set.
type Line struct {
	Presentation *Presentation
	Err          error
}

// SplitFile bounds and splits a file. Lines end in LF, the last credential
// perhaps in nothing. A credential line that cannot be read is reported as
// that line's error, since its neighbours may be forged, which is worse; the
// file as a whole fails when there is nothing to read, a cap is exceeded, or
// the text after the credentials is something else than tlog-proofs. The bytes
// are kept, not copied: the caller must not change them.
func SplitFile(raw []byte) (*File, error) {
	switch {
	case len(raw) > MaxFile:
		return nil, fmt.Errorf("%w: file of %d bytes, at most %d", ErrTooLarge, len(raw), MaxFile)
	case len(raw) == 0:
		return nil, fmt.Errorf("%w: empty file", ErrUnreadable)
	}
	f := &File{}
	rest := raw
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		line = line[:len(line):len(line)]
		if !f.holds(line) {
			break
		}
		if err := f.add(line); err != nil {
			return nil, err
		}
		rest = after
	}
	if len(f.Lines) == 0 {
		return nil, fmt.Errorf("%w: receipts without a credential", ErrFormat)
	}
	if err := f.cutReceipts(rest); err != nil {
		return nil, err
	}
	return f, nil
}

// holds reports whether line belongs to the credentials. The first line does,
// whatever it is; later ones show by a tilde that they mean to.
func (f *File) holds(line []byte) bool {
	if string(line) == receiptHead {
		return false
	}
	return len(f.Lines) == 0 || bytes.IndexByte(line, '~') >= 0
}

func (f *File) add(line []byte) error {
	n := len(f.Lines) + 1
	switch {
	case len(line) > MaxSize:
		return fmt.Errorf("%w: line %d of %d bytes, at most %d", ErrTooLarge, n, len(line), MaxSize)
	case n > MaxLines:
		return fmt.Errorf("%w: more than %d credentials", ErrTooLarge, MaxLines)
	}
	p, err := parse(line)
	if err != nil {
		f.Lines = append(f.Lines, Line{Err: fmt.Errorf("line %d: %w", n, err)})
		return nil
	}
	f.Lines = append(f.Lines, Line{Presentation: p})
	return nil
}

// cutReceipts splits text into tlog-proofs, each from one head line to the next.
func (f *File) cutReceipts(text []byte) error {
	const head = receiptHead + "\n"
	for len(text) > 0 {
		if !bytes.HasPrefix(text, []byte(head)) {
			return fmt.Errorf("%w: text after the credentials that is no tlog-proof", ErrFormat)
		}
		end := len(text)
		if i := bytes.Index(text[len(head)-1:], []byte("\n"+head)); i >= 0 {
			end = len(head) + i
		}
		switch {
		case end > MaxReceipt:
			return fmt.Errorf("%w: receipt of %d bytes, at most %d", ErrTooLarge, end, MaxReceipt)
		case len(f.Receipts) == len(f.Lines):
			return fmt.Errorf("%w: more receipts than credentials", ErrFormat)
		case text[end-1] != '\n':
			return fmt.Errorf("%w: the last receipt is cut short", ErrFormat)
		}
		f.Receipts = append(f.Receipts, text[:end:end])
		text = text[end:]
	}
	return nil
}

// FormatFile writes a file of credentials and the tlog-proofs that belong to them.
func FormatFile(sdjwts, receipts [][]byte) []byte {
	var out []byte
	for _, s := range sdjwts {
		out = append(append(out, s...), '\n')
	}
	for _, r := range receipts {
		out = append(out, r...)
	}
	return out
}
