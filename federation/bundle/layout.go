package bundle

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// The one layout of the container (PKWARE APPNOTE 4.3). Whatever is not named
// here is zero: flags, method (stored), time, disks, attributes, extra fields
// and comments.
const (
	localSignature   = 0x04034b50
	centralSignature = 0x02014b50
	endSignature     = 0x06054b50

	localSize   = 30
	centralSize = 46
	endSize     = 22

	zipVersion = 20
	zipDate    = 1<<5 | 1 // 1 January 1980, the first day a ZIP archive can name

	maxName = 100
)

// A field is one number of a header, little-endian.
type field struct {
	name  string
	size  int
	value uint32
}

// A member is one stored file of the container.
type member struct {
	name string
	data []byte
	crc  uint32 // as its headers say
}

func newMember(name string, data []byte) member {
	return member{name: name, data: data, crc: crc32.ChecksumIEEE(data)}
}

// A description holds the fields that local header and directory entry share.
// Headers are arrays, since every byte of every one is compared at each opening.
type description [10]field

func (m *member) described() description {
	size := uint32(len(m.data))
	return description{
		{"version needed", 2, zipVersion},
		{"flags", 2, 0},
		{"compression method", 2, 0},
		{"time", 2, 0},
		{"date", 2, zipDate},
		{"crc", 4, m.crc},
		{"compressed size", 4, size},
		{"size", 4, size},
		{"name length", 2, uint32(len(m.name))},
		{"extra field length", 2, 0},
	}
}

// local is the header before the member's name and bytes.
func (m *member) local() (header [1 + len(description{})]field) {
	header[0] = field{"signature", 4, localSignature}
	d := m.described()
	copy(header[1:], d[:])
	return header
}

// central is the member's directory entry, before its name.
func (m *member) central(offset int) (entry [7 + len(description{})]field) {
	entry[0], entry[1] = field{"signature", 4, centralSignature}, field{"version made by", 2, zipVersion}
	d := m.described()
	rest := entry[2+copy(entry[2:], d[:]):]
	copy(rest, []field{
		{"comment length", 2, 0},
		{"disk", 2, 0},
		{"internal attributes", 2, 0},
		{"external attributes", 4, 0},
		{"offset", 4, uint32(offset)},
	})
	return entry
}

// end is the end record of a directory of n members.
func end(n, directorySize, directoryOffset int) []field {
	return []field{
		{"signature", 4, endSignature},
		{"disk", 2, 0},
		{"disk of the directory", 2, 0},
		{"members on this disk", 2, uint32(n)},
		{"members", 2, uint32(n)},
		{"directory size", 4, uint32(directorySize)},
		{"directory offset", 4, uint32(directoryOffset)},
		{"comment length", 2, 0},
	}
}

func appendFields(b []byte, fields []field) []byte {
	for _, f := range fields {
		if f.size == 2 {
			b = binary.LittleEndian.AppendUint16(b, uint16(f.value))
		} else {
			b = binary.LittleEndian.AppendUint32(b, f.value)
		}
	}
	return b
}

// matchFields compares a header, which has at least the bytes of want, and
// names the first field that differs.
func matchFields(header []byte, want []field) error {
	for _, f := range want {
		got := binary.LittleEndian.Uint16(header)
		value := uint32(got)
		if f.size == 4 {
			value = binary.LittleEndian.Uint32(header)
		}
		if value != f.value {
			return fmt.Errorf("%s is %#x, want %#x", f.name, value, f.value)
		}
		header = header[f.size:]
	}
	return nil
}

// checkName allows the names that mean the same on every file system.
func checkName(name string) error {
	if len(name) == 0 || len(name) > maxName {
		return fmt.Errorf("member name of %d characters, want 1 to %d", len(name), maxName)
	}
	if i := strings.IndexFunc(name, notInName); i >= 0 {
		return fmt.Errorf("member name %.100q: character %d is not of a-z 0-9 / . _ -", name, i)
	}
	if strings.Contains(name, "..") {
		return fmt.Errorf("member name %.100q holds two dots", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." {
			return fmt.Errorf("member name %.100q has an empty part", name)
		}
	}
	return nil
}

func notInName(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-", r))
}

// writeContainer lays members out in the order given.
func writeContainer(members []member) ([]byte, error) {
	if len(members) > MaxMembers {
		return nil, fmt.Errorf("%d members, at most %d", len(members), MaxMembers)
	}
	size := endSize
	for _, m := range members {
		if err := checkName(m.name); err != nil {
			return nil, err
		}
		size += localSize + centralSize + 2*len(m.name) + len(m.data)
	}
	if size > MaxBundle {
		return nil, fmt.Errorf("bundle of %d bytes, at most %d", size, MaxBundle)
	}
	body, directory := make([]byte, 0, size), []byte(nil)
	for _, m := range members {
		entry, header := m.central(len(body)), m.local()
		directory = append(appendFields(directory, entry[:]), m.name...)
		body = append(appendFields(body, header[:]), m.name...)
		body = append(body, m.data...)
	}
	offset := len(body)
	body = append(body, directory...)
	return appendFields(body, end(len(members), len(directory), offset)), nil
}
