package ledger

import "hash/maphash"

// seenBits is the size of a [seen]: for ten million rows it is mistaken about one in
// fifty that it never saw. 16 MiB.
const seenBits = 1 << 27

// seen knows of nearly every key whether it was ever added, and never denies one that
// was: rows that are made anew are mostly asked for before they are there, and what
// the store had of them was thrown away, but not yet from its files.
type seen struct {
	seed maphash.Seed
	bits []uint64
}

func newSeen() *seen { return &seen{maphash.MakeSeed(), make([]uint64, seenBits/64)} }

func (s *seen) add(key string) {
	for _, at := range s.places(maphash.String(s.seed, key)) {
		s.bits[at/64] |= 1 << (at % 64)
	}
}

func (s *seen) has(key []byte) bool {
	for _, at := range s.places(maphash.Bytes(s.seed, key)) {
		if s.bits[at/64]&(1<<(at%64)) == 0 {
			return false
		}
	}
	return true
}

// places are two of the bits, as a Bloom filter has them.
func (s *seen) places(hash uint64) [2]uint64 {
	return [2]uint64{hash % seenBits, (hash >> 32) % seenBits}
}
