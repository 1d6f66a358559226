package files

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"slices"
	"strings"
)

// What an Office document may hold.
const (
	maxParts   = 2000
	maxOpened  = 192 << 20 // bytes of all its parts
	maxSwells  = 250       // a part larger than swellsFrom has at most so many times its compressed size
	swellsFrom = 1 << 20
)

// checkOffice tells a document from a sheet by its main part, and reads every part
// once, one buffer at a time: what a part declares about itself is true, or it is refused.
func checkOffice(content []byte) (string, error) {
	if err := endsWithDirectory(content); err != nil {
		return "", err
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return "", refuse("a zip archive that does not hold: %v", err)
	}
	if len(z.File) > maxParts {
		return "", refuse("an archive of %d parts", len(z.File))
	}
	if err := checkParts(z.File); err != nil {
		return "", err
	}
	parts := map[string]bool{}
	for _, f := range z.File {
		if parts[strings.ToLower(f.Name)] {
			return "", refuse("the part %.60q is there twice", f.Name)
		}
		parts[strings.ToLower(f.Name)] = true
		if err := checkPart(f); err != nil {
			return "", err
		}
	}
	sheet, document := parts["xl/workbook.xml"], parts["word/document.xml"]
	switch {
	case !parts["[content_types].xml"] || sheet == document:
		return "", refuse("an archive that is neither a sheet (XLSX) nor a document (DOCX)")
	case sheet:
		return XLSX, nil
	}
	return DOCX, nil
}

// endsWithDirectory wants the only end record to be the last bytes, without a comment,
// and no second format (zip64) of which readers would see another directory.
func endsWithDirectory(content []byte) error {
	const record = 22
	end := len(content) - record
	if end < 0 || string(content[end:end+4]) != "PK\x05\x06" || binary.LittleEndian.Uint16(content[end+20:]) != 0 {
		return refuse("something follows the archive, or it is cut short")
	}
	size, at := binary.LittleEndian.Uint32(content[end+12:]), binary.LittleEndian.Uint32(content[end+16:])
	if uint64(size)+uint64(at) != uint64(end) {
		return refuse("the archive's directory is not where it says")
	}
	return nil
}

// checkParts looks at what is declared: sizes, names, and that no two parts share bytes.
func checkParts(files []*zip.File) error {
	type span struct{ from, to int64 }
	var spans []span
	var opened uint64
	for _, f := range files {
		if opened += f.UncompressedSize64; f.UncompressedSize64 > maxOpened || opened > maxOpened {
			return refuse("an archive that opens to more than %d bytes", maxOpened)
		}
		if f.UncompressedSize64 > swellsFrom && f.UncompressedSize64/maxSwells > f.CompressedSize64 {
			return refuse("the part %.60q swells %d times", f.Name, f.UncompressedSize64/max(f.CompressedSize64, 1))
		}
		if f.Flags&1 != 0 || f.Method != zip.Store && f.Method != zip.Deflate {
			return refuse("the part %.60q is encrypted, or compressed in a way of its own", f.Name)
		}
		if name := strings.TrimSuffix(f.Name, "/"); path.Clean("/"+name) != "/"+name || strings.ContainsAny(name, "\\\x00") {
			return refuse("a part called %.60q", f.Name)
		}
		if base := strings.ToLower(path.Base(f.Name)); strings.HasPrefix(base, "vbaproject") || strings.HasSuffix(base, ".exe") || strings.HasSuffix(base, ".js") {
			return refuse("it holds a program, %.60q", f.Name)
		}
		at, err := f.DataOffset()
		if err != nil {
			return refuse("the part %.60q is not where it should be: %v", f.Name, err)
		}
		spans = append(spans, span{at, at + int64(f.CompressedSize64)})
	}
	slices.SortFunc(spans, func(x, y span) int { return int(x.from - y.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return refuse("two parts of the archive share their bytes")
		}
	}
	return nil
}

func checkPart(f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return refuse("the part %.60q: %v", f.Name, err)
	}
	defer in.Close()
	// The reader itself refuses another sum, and another length than is declared.
	n, err := io.Copy(io.Discard, io.LimitReader(in, int64(f.UncompressedSize64)+1))
	if err != nil || uint64(n) != f.UncompressedSize64 {
		return refuse("the part %.60q has another size than it declares (%v)", f.Name, err)
	}
	return nil
}
