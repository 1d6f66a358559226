package files

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const aPDF = "%PDF-1.7\n1 0 obj << >> endobj\nxref\ntrailer << >>\nstartxref\n9\n%%EOF\n"

// archive is a zip of parts: name, content, name, content...
func archive(t testing.TB, parts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sheet(t testing.TB, more ...string) []byte {
	return archive(t, append([]string{"[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>"}, more...)...)
}

func picture(t testing.TB, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(w io.Writer, i image.Image) error { return jpeg.Encode(w, i, nil) }

func TestWhatIsAdmitted(t *testing.T) {
	for name, tc := range map[string]struct {
		content []byte
		want    string
	}{
		"a PDF":               {[]byte(aPDF), PDF},
		"a PNG":               {picture(t, png.Encode), PNG},
		"a JPEG":              {picture(t, asJPEG), JPEG},
		"a sheet":             {sheet(t, "xl/worksheets/sheet1.xml", strings.Repeat("<row/>", 40_000)), XLSX},
		"a document":          {archive(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<document/>"), DOCX},
		"text":                {[]byte("Seals are kept in the safe.\nTwo keys.\n"), Text},
		"text in two scripts": {[]byte("\ufeff封印 seals\n"), Text},
		"a table":             {[]byte("seal,date\n1,2026-01-05\n2,2026-01-06\n"), CSV},
		"a table of Europe":   {[]byte("seal;date\n1;2026-01-05\n"), CSV},
	} {
		if got, err := Check(tc.content); err != nil || got != tc.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	z := sheet(t)
	for name, tc := range map[string]struct {
		content []byte
		why     string
	}{
		"nothing":                             {nil, "empty"},
		"more than the bound":                 {make([]byte, MaxFile+1), "more than"},
		"bytes of no format":                  {[]byte{0, 1, 2, 0xff}, "neither"},
		"an executable":                       {[]byte("MZ\x90\x00\x03"), "neither"},
		"a PDF that is also a zip":            {append([]byte(aPDF), z...), "something in front"},
		"a zip that says it is a PDF":         {append([]byte("%PDF-1.7\n"), z...), "something in front"},
		"a picture with a zip behind":         {append(picture(t, png.Encode), z...), "something in front"},
		"a PNG with text behind":              {append(picture(t, png.Encode), "<script>"...), "follow the end"},
		"a JPEG with text behind":             {append(picture(t, asJPEG), "<script>"...), "without its end"},
		"a PDF with a page behind":            {[]byte(aPDF + "<html><script>x</script>"), "follows the end"},
		"a PDF without end":                   {[]byte("%PDF-1.7\nstartxref\n"), "without its end"},
		"a PNG cut short":                     {picture(t, png.Encode)[:40], "PNG"},
		"a page":                              {[]byte("  <!DOCTYPE html><p>x"), "browser"},
		"a vector picture with a script":      {[]byte("<svg onload=alert(1)>"), "browser"},
		"text with an escape sequence":        {[]byte("seal \x1b[2J"), "control"},
		"text in Latin-1":                     {[]byte("Z\xfcrich"), "neither"},
		"a zip that is no document":           {archive(t, "a.txt", "x"), "neither a sheet"},
		"a sheet that is a document":          {sheet(t, "word/document.xml", "x"), "neither a sheet"},
		"a sheet with macros":                 {sheet(t, "xl/vbaProject.bin", "x"), "program"},
		"a part that leads out":               {sheet(t, "../../etc/passwd", "x"), "called"},
		"a part named twice":                  {sheet(t, "XL/workbook.xml", "x"), "twice"},
		"an archive with a comment":           {slices.Concat(z[:len(z)-2], []byte{3, 0}, []byte("abc")), "follows the archive"},
		"an archive with another behind":      {append(bytes.Clone(z), z...), "not where it says"},
		"an archive cut short":                {z[:len(z)-30], "follows the archive"},
		"a part that swells a thousand times": {sheet(t, "xl/bomb.xml", strings.Repeat("\x00", 8<<20)), "swells"},
		"more parts than a document has":      {sheet(t, manyParts()...), "parts"},
		"parts that share their bytes":        {overlapping(t), "share"},
		"a part larger than it says":          {lying(t), "another size"},
	} {
		if got, err := Check(tc.content); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tc.why)
		}
	}
}

func manyParts() (out []string) {
	for i := range maxParts {
		out = append(out, fmt.Sprintf("xl/%d.xml", i), "")
	}
	return out
}

// overlapping is a sheet of which the directory names the same bytes twice, as in
// bombs that swell without a part that does.
func overlapping(t *testing.T) []byte {
	z := sheet(t, "xl/aaaaaaaa.xml", "the same content", "xl/bbbbbbbb.xml", "the same content")
	first, second := bytes.Index(z, []byte("xl/aaaaaaaa.xml"))-30, bytes.Index(z, []byte("xl/bbbbbbbb.xml"))-30
	at := bytes.LastIndex(z, []byte("xl/bbbbbbbb.xml")) - 46 + 42
	if z[at] != byte(second) || z[at+1] != byte(second>>8) {
		t.Fatal("this is not where the directory says where the part is")
	}
	z[at], z[at+1] = byte(first), byte(first>>8)
	return z
}

// lying is a sheet of which a part declares one byte less than it holds.
func lying(t *testing.T) []byte {
	const content = "the content of this part"
	z := sheet(t, "xl/lie.xml", content)
	at := bytes.LastIndex(z, []byte("xl/lie.xml")) - 46 + 24
	if z[at] != byte(len(content)) {
		t.Fatal("this is not where the directory declares the size")
	}
	z[at]--
	return z
}

// TestABombIsRefusedInLittleMemory: many parts that each stay below the bounds
// declare more than is opened, and what is opened goes through one buffer.
func TestABombIsRefusedInLittleMemory(t *testing.T) {
	bomb := manyTimes(t, strings.Repeat("0123456789abcdef", 1<<20/16), 300)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Check(bomb); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "opens to more") {
		t.Errorf("300 MiB in %d bytes: %v", len(bomb), err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
}

// manyTimes is a sheet with one content as many parts, compressed once.
func manyTimes(t *testing.T, content string, times int) []byte {
	t.Helper()
	once, err := zip.NewReader(bytes.NewReader(sheet(t, "xl/one.xml", content)), int64(len(sheet(t, "xl/one.xml", content))))
	if err != nil {
		t.Fatal(err)
	}
	one := once.File[2]
	raw, err := one.OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	compressed, err := io.ReadAll(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range times {
		h := one.FileHeader
		h.Name = fmt.Sprintf("xl/%d.xml", i)
		w, err := z.CreateRaw(&h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(compressed); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(aPDF))
	f.Add(picture(f, png.Encode))
	f.Add(picture(f, asJPEG))
	f.Add(sheet(f))
	f.Add(sheet(f)[4:])
	f.Add([]byte("a,b\n1,2\n"))
	f.Add([]byte("\ufeff<svg"))
	known := []string{PDF, PNG, JPEG, Text, CSV, XLSX, DOCX}
	f.Fuzz(func(t *testing.T, content []byte) {
		mediaType, err := Check(content)
		if err != nil {
			if !errors.Is(err, ErrType) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if !slices.Contains(known, mediaType) {
			t.Fatalf("it is %q", mediaType)
		}
		// Nothing is two things: what an archiver opens is an Office document.
		if _, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil && mediaType != XLSX && mediaType != DOCX {
			t.Fatalf("a %s that a zip reader opens", mediaType)
		}
	})
}
