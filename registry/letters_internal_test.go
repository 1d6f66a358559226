package registry

import (
	"bytes"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// FuzzReadLetters: whole lines of the one form, or an error; never past the end.
func FuzzReadLetters(f *testing.F) {
	f.Add([]byte("{\"at\":1,\"jws\":\"a.b.c\"}\n{\"at\":2,\"fault\":\"x\",\"jws\":\"a\",\"since\":1}\n{\"at\""), false)
	f.Add([]byte("rest\"}\n{\"at\":1,\"jws\":\"\"}\n"), true)
	f.Add([]byte("\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, begun bool) {
		var out bytes.Buffer
		end, err := readLetters(bytes.NewReader(data), begun, func(l *letter) error {
			raw, err := jcs.Marshal(l)
			if err != nil {
				return err
			}
			out.Write(append(raw, '\n'))
			return nil
		})
		if err != nil {
			return
		}
		if end > int64(len(data)) || end > 0 && data[end-1] != '\n' {
			t.Fatalf("ends at byte %d of %d", end, len(data))
		}
		again, err := readLetters(bytes.NewReader(out.Bytes()), false, func(*letter) error { return nil })
		if err != nil || again != int64(out.Len()) {
			t.Fatalf("what was read is not read again: %d of %d, %v", again, out.Len(), err)
		}
	})
}
