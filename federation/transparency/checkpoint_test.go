package transparency_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// sign signs any text with the test log's key.
func sign(t fataler, text string) string {
	t.Helper()
	raw, err := note.Sign(&note.Note{Text: text}, newZealand().log)
	if err != nil {
		t.Fatalf("signing: %v", err)
	}
	return string(raw)
}

func TestParseCheckpoint(t *testing.T) {
	root := tlog.Hash(sha256.Sum256([]byte("root"))).String()
	empty := tlog.Hash(sha256.Sum256(nil)).String()
	good := sign(t, origin+"\n300\n"+root+"\n")
	lines := strings.SplitAfter(good, "\n")
	own := lines[len(lines)-2]
	stranger := func(n int) string {
		return "— stranger.example " + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%08d", n)) + "\n"
	}
	wrong := forgeLine(t, own)
	for name, c := range map[string]struct{ note, refused string }{
		"signed by the log":                   {good, ""},
		"the empty tree":                      {sign(t, origin+"\n0\n"+empty+"\n"), ""},
		"16 unknown signatures":               {good + repeatLines(16, stranger), ""},
		"100 signature lines":                 {good + repeatLines(99, stranger), ""},
		"101 signature lines":                 {good + repeatLines(100, stranger), "malformed note"},
		"the same signature twice":            {good + own, ""},
		"a good and then a wrong signature":   {good + wrong, "does not verify"},
		"a wrong and then a good signature":   {strings.Replace(good, own, wrong+own, 1), "invalid signature"},
		"a second spelling of the signature":  {good + respell(own), "not canonical base64"},
		"only unknown signatures":             {strings.Replace(good, own, stranger(0), 1), "no verifiable signatures"},
		"a size with a leading zero":          {sign(t, origin+"\n0300\n"+root+"\n"), "leading zeros"},
		"a size with a sign":                  {sign(t, origin+"\n+300\n"+root+"\n"), "leading zeros"},
		"a size beyond 53 bits":               {sign(t, origin+"\n9007199254740992\n"+root+"\n"), "53 bits"},
		"an empty size":                       {sign(t, origin+"\n\n"+root+"\n"), "leading zeros"},
		"size 0 with another root":            {sign(t, origin+"\n0\n"+root+"\n"), "empty tree"},
		"an extension line":                   {sign(t, origin+"\n300\n"+root+"\nnote\n"), "three lines"},
		"no root":                             {sign(t, origin+"\n300\n"), "three lines"},
		"an empty origin":                     {sign(t, "\n300\n"+root+"\n"), "no origin"},
		"the origin of another log":           {sign(t, "other.example/log\n300\n"+root+"\n"), "the key is of"},
		"a short root":                        {sign(t, origin+"\n300\nAAAA\n"), "canonical base64"},
		"a root with unused bits set":         {sign(t, origin+"\n300\n"+root[:42]+"9=\n"), "canonical base64"},
		"a root in the URL alphabet":          {sign(t, origin+"\n300\n"+strings.Repeat("_", 43)+"=\n"), "canonical base64"},
		"no signature block":                  {origin + "\n300\n" + root + "\n", "malformed note"},
		"a carriage return":                   {strings.Replace(good, "\n", "\r\n", 1), "malformed note"},
		"more than 64 KiB":                    {good + strings.Repeat("x", 64<<10), "at most 65536"},
		"bytes that are not UTF-8":            {strings.Replace(good, "300", "\xff", 1), "malformed note"},
		"a text changed after it was signed":  {strings.Replace(good, "300", "301", 1), "invalid signature"},
		"signature lines cut off by a letter": {good[:len(good)-1], "malformed note"},
	} {
		t.Run(name, func(t *testing.T) {
			cp, err := transparency.ParseCheckpoint([]byte(c.note), newZealand().log.VKey)
			wantError(t, err, c.refused)
			if err != nil {
				if !errors.Is(err, transparency.ErrCheckpoint) {
					t.Errorf("error %v is no ErrCheckpoint", err)
				}
				return
			}
			if !strings.HasPrefix(c.note, cp.Text()+"\n") || string(cp.Raw) != c.note {
				t.Errorf("text %q, raw %q", cp.Text(), cp.Raw)
			}
		})
	}
}

func repeatLines(n int, line func(int) string) (all string) {
	for i := range n {
		all += line(i)
	}
	return all
}

// forgeLine flips a bit of the signature in a line and keeps name and key id.
func forgeLine(t *testing.T, line string) string {
	t.Helper()
	prefix, b64, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "log ")
	sig, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		t.Fatal(err)
	}
	sig[10] ^= 1
	return prefix + "log " + base64.StdEncoding.EncodeToString(sig) + "\n"
}

// respell sets unused bits of the base64 in a line: 68 bytes leave four.
func respell(line string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	i := strings.LastIndex(line, "=") - 1
	for line[i] == '=' {
		i--
	}
	next := alphabet[strings.IndexByte(alphabet, line[i])+1]
	return line[:i] + string(next) + line[i+1:]
}

func TestSignCheckpointGivesTheSameBytesAgain(t *testing.T) {
	first, err := transparency.SignCheckpoint(3, tlog.Hash{1}, newZealand().log)
	if err != nil {
		t.Fatal(err)
	}
	second, err := transparency.SignCheckpoint(3, tlog.Hash{1}, newZealand().log)
	if err != nil || string(first) != string(second) {
		t.Errorf("%q, then %q, %v", first, second, err)
	}
}

func TestSignCheckpointRefusesWhatNobodyWouldRead(t *testing.T) {
	for name, size := range map[string]int64{"a negative size": -1, "a size beyond 53 bits": 1 << 53, "an empty tree with a root": 0} {
		t.Run(name, func(t *testing.T) {
			_, err := transparency.SignCheckpoint(size, tlog.Hash{1}, newZealand().log)
			wantError(t, err, "sign checkpoint")
		})
	}
}
