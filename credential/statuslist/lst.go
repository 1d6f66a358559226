package statuslist

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/keys"
)

// DecodeLst inflates an lst into exactly n bytes. Every legal ZLIB stream will
// do, whatever its level and window (RFC 1950, 2.2); a preset dictionary, a
// wrong checksum, one byte too few, too many, or after the stream will not.
func DecodeLst(lst string, n int) ([]byte, error) {
	if n < 0 || n > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes asked for, at most %d", ErrList, n, MaxSize)
	}
	packed, err := keys.DecodeBase64URL(lst)
	if err != nil {
		return nil, fmt.Errorf("%w: lst: %w", ErrList, err)
	}
	// A bytes.Reader is read byte by byte, so what is left in it lies behind the stream.
	in := bytes.NewReader(packed)
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%w: lst: %w", ErrList, err)
	}
	defer z.Close()
	raw := make([]byte, n)
	if got, err := io.ReadFull(z, raw); err != nil {
		return nil, fmt.Errorf("%w: lst ends after %d bytes of %d: %w", ErrList, got, n, err)
	}
	// Reading on to the end makes the reader compare the checksum.
	if extra, err := io.ReadFull(z, make([]byte, 1)); extra != 0 {
		return nil, fmt.Errorf("%w: lst holds more than %d bytes", ErrList, n)
	} else if !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: lst: %w", ErrList, err)
	}
	if in.Len() > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the lst", ErrList, in.Len())
	}
	return raw, nil
}

// At reads value idx of a list of 1, 2, 4 or 8 bits: it lies from bit
// idx*bits%8 upwards, counted from the least significant, of byte idx*bits/8
// (draft, 4.1).
func At(raw []byte, bits int, idx int64) (uint8, error) {
	switch bits {
	case 1, 2, 4, 8:
	default:
		return 0, fmt.Errorf("%w: %d bits, want 1, 2, 4 or 8", ErrList, bits)
	}
	per := int64(8 / bits)
	if idx < 0 || idx/per >= int64(len(raw)) {
		return 0, fmt.Errorf("%w: idx %d of %d entries", ErrList, idx, int64(len(raw))*per)
	}
	return raw[idx/per] >> (idx % per * int64(bits)) & (1<<bits - 1), nil
}

// EncodeLst compresses at the highest level, as the draft recommends (4.1).
func EncodeLst(raw []byte) (string, error) {
	var out bytes.Buffer
	z, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(raw); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return keys.EncodeBase64URL(out.Bytes()), nil
}
