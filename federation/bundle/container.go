package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A container is an archive whose layout was derived anew: it is exactly what
// writeContainer gives for its members.
type container struct {
	members []member
	byName  map[string]*member
}

// readContainer reads the one layout. It allocates by members found, never by
// numbers the file declares, and looks at no member's bytes.
func readContainer(raw []byte) (*container, error) {
	if len(raw) > MaxBundle {
		return nil, fmt.Errorf("%d bytes, at most %d", len(raw), MaxBundle)
	}
	if len(raw) < endSize {
		return nil, fmt.Errorf("%d bytes are no archive", len(raw))
	}
	tail := raw[len(raw)-endSize:]
	if binary.LittleEndian.Uint32(tail) != endSignature {
		return nil, errors.New("does not end with the end record of an archive")
	}
	offset := int64(binary.LittleEndian.Uint32(tail[16:]))
	if offset > int64(len(raw)-endSize) {
		return nil, fmt.Errorf("directory at byte %d of %d", offset, len(raw))
	}
	c := &container{byName: map[string]*member{}}
	offsets, err := c.readMembers(raw[:offset])
	if err != nil {
		return nil, err
	}
	directory := raw[offset : len(raw)-endSize]
	if err := c.matchDirectory(directory, offsets); err != nil {
		return nil, err
	}
	if err := matchFields(tail, end(len(c.members), len(directory), int(offset))); err != nil {
		return nil, fmt.Errorf("end record: %w", err)
	}
	for i := range c.members {
		c.byName[c.members[i].name] = &c.members[i]
	}
	return c, nil
}

// readMembers walks from local header to local header and returns where each begins.
func (c *container) readMembers(body []byte) (offsets []int, err error) {
	seen := map[string]bool{}
	for at := 0; at < len(body); {
		if len(c.members) == MaxMembers {
			return nil, fmt.Errorf("more than %d members", MaxMembers)
		}
		m, size, err := readMember(body[at:])
		if err != nil {
			return nil, fmt.Errorf("member at byte %d: %w", at, err)
		}
		if seen[m.name] {
			return nil, fmt.Errorf("member at byte %d: a second %q", at, m.name)
		}
		seen[m.name] = true
		c.members, offsets = append(c.members, m), append(offsets, at)
		at += size
	}
	return offsets, nil
}

func readMember(body []byte) (m member, size int, err error) {
	if len(body) < localSize {
		return m, 0, errors.New("header cut short")
	}
	if sig := binary.LittleEndian.Uint32(body); sig != localSignature {
		return m, 0, fmt.Errorf("signature is %#x, want %#x", sig, localSignature)
	}
	nameSize := int(binary.LittleEndian.Uint16(body[26:]))
	if nameSize > maxName || localSize+nameSize > len(body) {
		return m, 0, fmt.Errorf("member name of %d characters, want 1 to %d", nameSize, maxName)
	}
	dataSize := int64(binary.LittleEndian.Uint32(body[22:]))
	rest := body[localSize+nameSize:]
	if dataSize > int64(len(rest)) {
		return m, 0, fmt.Errorf("size %d exceeds the %d bytes before the directory", dataSize, len(rest))
	}
	m = member{
		name: string(body[localSize : localSize+nameSize]),
		data: rest[:dataSize:dataSize],
		crc:  binary.LittleEndian.Uint32(body[14:]),
	}
	if err := checkName(m.name); err != nil {
		return m, 0, err
	}
	header := m.local()
	if err := matchFields(body, header[:]); err != nil {
		return m, 0, fmt.Errorf("%q: %w", m.name, err)
	}
	return m, localSize + nameSize + int(dataSize), nil
}

// matchDirectory compares the directory with the one that follows from the members.
func (c *container) matchDirectory(directory []byte, offsets []int) error {
	for i := range c.members {
		m := &c.members[i]
		if len(directory) < centralSize+len(m.name) {
			return fmt.Errorf("directory ends before %q", m.name)
		}
		entry := m.central(offsets[i])
		if err := matchFields(directory, entry[:]); err != nil {
			return fmt.Errorf("directory entry of %q: %w", m.name, err)
		}
		if name := string(directory[centralSize : centralSize+len(m.name)]); name != m.name {
			return fmt.Errorf("directory names %.100q where the member is %q", name, m.name)
		}
		directory = directory[centralSize+len(m.name):]
	}
	if len(directory) != 0 {
		return fmt.Errorf("%d bytes between directory and end record", len(directory))
	}
	return nil
}

// read gives a member's bytes, checked against the crc of its headers.
func (c *container) read(name string) (data []byte, ok bool, err error) {
	m := c.byName[name]
	if m == nil {
		return nil, false, nil
	}
	if crc := crc32.ChecksumIEEE(m.data); crc != m.crc {
		return nil, true, fmt.Errorf("member %q: crc %#x, its header has %#x", name, crc, m.crc)
	}
	return m.data, true, nil
}
