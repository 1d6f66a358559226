package files

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // for DecodeConfig
	_ "image/png"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The media types that are admitted.
const (
	PDF  = "application/pdf"
	PNG  = "image/png"
	JPEG = "image/jpeg"
	Text = "text/plain"
	CSV  = "text/csv"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// MaxFile is the largest file taken, in bytes.
const MaxFile = 32 << 20

const maxPixels = 100_000_000 // of a picture: a scan of A3 at 600 dpi has 70 million

// ErrType says that a file is none of the admitted types, or not only that.
var ErrType = errors.New("file of no admitted type")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrType, fmt.Errorf(format, args...))
}

// Check is the media type of a file's content. Admitted are PDF, PNG, JPEG, plain
// text, CSV, and Office documents without macros (XLSX, DOCX); the error is
// [ErrType] with the reason.
func Check(content []byte) (mediaType string, err error) {
	switch {
	case len(content) == 0:
		return "", refuse("it is empty")
	case len(content) > MaxFile:
		return "", refuse("it has more than %d bytes", MaxFile)
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		return checkOffice(content)
	case endOfZip(content):
		return "", refuse("it is a zip archive with something in front")
	case bytes.HasPrefix(content, []byte("%PDF-")):
		return PDF, checkPDF(content)
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, errors.Join(checkPNG(content), checkPicture(content, "png"))
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return JPEG, errors.Join(checkJPEG(content), checkPicture(content, "jpeg"))
	}
	return checkText(content)
}

// endOfZip reports whether a zip reader would find an archive that ends here: the
// end of central directory record stands in the last 64 KiB (APPNOTE 4.3.16).
func endOfZip(content []byte) bool {
	tail := content[max(0, len(content)-(22+0xffff)):]
	return bytes.Contains(tail, []byte("PK\x05\x06"))
}

// checkPDF wants the header at the start, where some readers also take it later,
// and nothing but space after the last end mark.
func checkPDF(content []byte) error {
	if len(content) < 8 || content[5] != '1' && content[5] != '2' || content[6] != '.' {
		return refuse("a PDF of no known version")
	}
	end := bytes.LastIndex(content, []byte("%%EOF"))
	if end < 0 {
		return refuse("a PDF without its end")
	}
	if len(bytes.Trim(content[end+len("%%EOF"):], "\x00\t\n\f\r ")) > 0 {
		return refuse("something follows the end of the PDF")
	}
	if !bytes.Contains(content, []byte("startxref")) {
		return refuse("a PDF without a table of its objects")
	}
	return nil
}

// checkPNG walks the chunks: the last is IEND, and nothing follows it.
func checkPNG(content []byte) error {
	for at := 8; ; {
		if len(content)-at < 12 {
			return refuse("a PNG without its end")
		}
		length := int64(binary.BigEndian.Uint32(content[at:]))
		if length > int64(len(content)-at-12) {
			return refuse("a PNG that is cut short")
		}
		kind := string(content[at+4 : at+8])
		at += 12 + int(length)
		if kind != "IEND" {
			continue
		}
		if at != len(content) {
			return refuse("%d bytes follow the end of the PNG", len(content)-at)
		}
		return nil
	}
}

// checkJPEG walks the segments up to the first scan, and wants the file to end with its end.
func checkJPEG(content []byte) error {
	body := bytes.TrimRight(content, "\x00") // cameras fill up with zeros
	if !bytes.HasSuffix(body, []byte{0xff, 0xd9}) {
		return refuse("a JPEG without its end, or with more behind it")
	}
	for at := 2; ; {
		if len(body)-at < 4 || body[at] != 0xff {
			return refuse("a JPEG that is cut short")
		}
		if body[at+1] == 0xda {
			return nil
		}
		at += 2 + int(binary.BigEndian.Uint16(body[at+2:]))
	}
}

func checkPicture(content []byte, want string) error {
	c, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || format != want {
		return refuse("a %s that is none: %v", want, err)
	}
	if int64(c.Width)*int64(c.Height) > maxPixels {
		return refuse("a picture of %d by %d", c.Width, c.Height)
	}
	return nil
}

// markup is how text begins that a browser would run.
var markup = []string{"<!doctype", "<html", "<head", "<body", "<script", "<svg", "<?xml", "<?php", "<!--", "<iframe", "{\\rtf"}

func checkText(content []byte) (string, error) {
	text := bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return "", refuse("neither PDF, PNG, JPEG, XLSX, DOCX nor text in UTF-8")
	}
	if bytes.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\f\r", r) }) {
		return "", refuse("text with control characters")
	}
	start := strings.ToLower(strings.TrimSpace(string(text[:min(len(text), 512)])))
	for _, m := range markup {
		if strings.HasPrefix(start, m) {
			return "", refuse("text that a browser would run")
		}
	}
	if isCSV(text) {
		return CSV, nil
	}
	return Text, nil
}

// isCSV holds for at least two lines of the same number of columns, two or more.
func isCSV(text []byte) bool {
	if !bytes.ContainsAny(text[:min(len(text), 64<<10)], ",;\t") {
		return false
	}
	for _, comma := range []rune{',', ';', '\t'} {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.ReuseRecord = comma, true
		lines := 0
		for {
			row, err := r.Read() // wants as many columns as the first line has
			if errors.Is(err, io.EOF) {
				if lines > 1 {
					return true
				}
				break
			}
			if err != nil || len(row) < 2 {
				break
			}
			lines++
		}
	}
	return false
}
