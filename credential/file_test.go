package credential_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/google/go-cmp/cmp"
)

const receipt = "c2sp.org/tlog-proof@v1\nindex 1\n\naeo.customs.nz.example/log\n2\nAAAA\n\n— aeo.customs.nz.example/log AAAA\n"

func TestSplitFile(t *testing.T) {
	good := string(issue(t, claims(), newSigner(t)))
	line := good + "\n"
	head := "c2sp.org/tlog-proof@v1\n"
	for _, tt := range []struct {
		name, text      string
		lines, receipts int
		err             error
	}{
		{"one credential", line, 1, 0, nil},
		{"one credential without a line end", good, 1, 0, nil},
		{"two credentials", line + line, 2, 0, nil},
		{"a credential and its receipt", line + receipt, 1, 1, nil},
		{"two credentials and one receipt", line + line + receipt, 2, 1, nil},
		{"two credentials and two receipts", line + line + receipt + receipt, 2, 2, nil},
		{"as many as allowed", strings.Repeat(line, 64), 64, 0, nil},

		{"nothing", "", 0, 0, credential.ErrUnreadable},
		{"a receipt alone", receipt, 0, 0, credential.ErrFormat},
		{"more receipts than credentials", line + receipt + receipt, 0, 0, credential.ErrFormat},
		{"a receipt without its last line end", line + strings.TrimSuffix(receipt, "\n"), 0, 0, credential.ErrFormat},
		{"a receipt of another version", line + strings.Replace(receipt, "@v1", "@v2", 1), 0, 0, credential.ErrFormat},
		{"a receipt with CR LF", line + strings.ReplaceAll(receipt, "\n", "\r\n"), 0, 0, credential.ErrFormat},
		{"an empty line between", line + "\n" + line, 0, 0, credential.ErrFormat},
		{"an empty line at the end", line + "\n", 0, 0, credential.ErrFormat},
		{"a remark at the end", line + "see attachment\n", 0, 0, credential.ErrFormat},
		{"one credential too many", strings.Repeat(line, 65), 0, 0, credential.ErrTooLarge},
		{"a line too long", line + strings.Repeat("~", credential.MaxSize+1), 0, 0, credential.ErrTooLarge},
		{"a receipt too long", line + head + strings.Repeat("A\n", credential.MaxReceipt/2), 0, 0, credential.ErrTooLarge},
		{"a file too long", strings.Repeat("~\n", credential.MaxFile/2+1), 0, 0, credential.ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := credential.SplitFile([]byte(tt.text))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if len(f.Lines) != tt.lines || len(f.Receipts) != tt.receipts {
				t.Fatalf("%d lines, %d receipts", len(f.Lines), len(f.Receipts))
			}
			for i, l := range f.Lines {
				if l.Err != nil {
					t.Errorf("line %d: %v", i, l.Err)
				}
			}
		})
	}
}

// One bad line does not hide the others: one of them may be forged, which is
// the graver finding.
func TestSplitFileReportsLinesOneByOne(t *testing.T) {
	good := string(issue(t, claims(), newSigner(t)))
	for _, tt := range []struct {
		name, text string
		errs       []error
	}{
		{"a damaged line between good ones", good + "\nx~\n" + good + "\n", []error{nil, credential.ErrUnreadable, nil}},
		{"line ends of CR LF", good + "\r\n", []error{credential.ErrUnreadable}},
		{"a byte order mark", "\ufeff" + good + "\n", []error{credential.ErrUnreadable}},
		{"any text", "hello\n", []error{credential.ErrUnreadable}},
		{"an empty first line", "\n" + good + "\n", []error{credential.ErrUnreadable, nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := credential.SplitFile([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range tt.errs {
				if l := f.Lines[i]; !errors.Is(l.Err, want) || (l.Err == nil) != (l.Presentation != nil) {
					t.Errorf("line %d: %v, want %v", i+1, l.Err, want)
				}
			}
		})
	}
}

func TestFormatFile(t *testing.T) {
	s := newSigner(t)
	sdjwts := [][]byte{issue(t, claims(), s), issue(t, claims(), s)}
	receipts := [][]byte{[]byte(receipt), []byte(strings.Replace(receipt, "index 1", "index 0", 1))}
	f, err := credential.SplitFile(credential.FormatFile(sdjwts, receipts))
	if err != nil {
		t.Fatal(err)
	}
	var got [][]byte
	for _, l := range f.Lines {
		got = append(got, l.Presentation.Raw())
	}
	if diff := cmp.Diff([2][][]byte{sdjwts, receipts}, [2][][]byte{got, f.Receipts}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzSplitFile(f *testing.F) {
	v := readVectors(f)
	f.Add([]byte(v.Vectors[0].SDJWT + "\n" + receipt))
	f.Add([]byte("x~\nc2sp.org/tlog-proof@v1\n\nc2sp.org/tlog-proof@v1\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := credential.SplitFile(raw)
		if err != nil {
			return
		}
		tail := bytes.Join(file.Receipts, nil)
		if len(file.Lines) == 0 || len(file.Lines) > credential.MaxLines || !bytes.HasSuffix(raw, tail) {
			t.Fatalf("%d lines, %d receipts", len(file.Lines), len(file.Receipts))
		}
	})
}
