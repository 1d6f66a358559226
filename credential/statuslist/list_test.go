package statuslist_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"pgregory.net/rapid"
)

func newList(t testing.TB, size int64) *statuslist.List {
	t.Helper()
	l, err := statuslist.NewList(size)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestMay(t *testing.T) {
	allowed := map[statuslist.Value][]statuslist.Value{
		statuslist.Valid:      {statuslist.Ended, statuslist.Suspended, statuslist.Superseded},
		statuslist.Suspended:  {statuslist.Valid, statuslist.Ended, statuslist.Superseded},
		statuslist.Superseded: {statuslist.Ended},
	}
	for from := statuslist.Valid; from <= 4; from++ {
		for to := statuslist.Valid; to <= 4; to++ {
			want := false
			for _, v := range allowed[from] {
				want = want || v == to
			}
			if got := from.May(to); got != want {
				t.Errorf("from %v to %v: %v", from, to, got)
			}
		}
	}
}

func TestNewListTakesPowersOfTwo(t *testing.T) {
	for size, ok := range map[int64]bool{
		1 << 14: true, 1 << 17: true, 1 << 20: true,
		0: false, -1: false, 1: false, 1 << 13: false, 1 << 21: false, 1<<17 + 1: false, 3 << 14: false, -1 << 63: false,
	} {
		if _, err := statuslist.NewList(size); (err == nil) != ok || err != nil && !errors.Is(err, statuslist.ErrList) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	if _, err := statuslist.FromRaw(make([]byte, 1<<12-1), 1<<14); !errors.Is(err, statuslist.ErrList) {
		t.Errorf("a byte too few: %v", err)
	}
}

// A list behaves like a map from index to value, and its bytes say the same.
func TestListIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int64{1 << 14, 1 << 15}).Draw(t, "size")
		l, err := statuslist.NewList(size)
		if err != nil {
			t.Fatal(err)
		}
		index := rapid.OneOf(rapid.Int64Range(0, 8), rapid.Int64Range(0, size-1))
		model := rapid.MapOf(index, rapid.Map(rapid.Uint8Range(0, 3), func(v uint8) statuslist.Value { return statuslist.Value(v) })).Draw(t, "model")
		for idx, v := range model {
			if err := l.Set(idx, v); err != nil {
				t.Fatal(err)
			}
		}
		again, err := statuslist.FromRaw(l.Raw(), size)
		if err != nil {
			t.Fatal(err)
		}
		probe := index.Draw(t, "probe")
		for idx := range model {
			if got, err := again.Get(idx); err != nil || got != model[idx] {
				t.Fatalf("entry %d: %v %v, want %v", idx, got, err, model[idx])
			}
		}
		if got, err := l.Clone().Get(probe); err != nil || got != model[probe] {
			t.Fatalf("entry %d: %v %v, want %v", probe, got, err, model[probe])
		}
	})
}

func TestListRefuses(t *testing.T) {
	l := newList(t, 1<<14)
	for _, idx := range []int64{-1, 1 << 14, 1<<63 - 1, -1 << 63} {
		if _, err := l.Get(idx); !errors.Is(err, statuslist.ErrList) {
			t.Errorf("get %d: %v", idx, err)
		}
		if err := l.Set(idx, statuslist.Ended); !errors.Is(err, statuslist.ErrList) {
			t.Errorf("set %d: %v", idx, err)
		}
	}
	if err := l.Set(0, 4); !errors.Is(err, statuslist.ErrList) {
		t.Errorf("set to 4: %v", err)
	}
	var zero statuslist.List
	if _, err := zero.Get(0); !errors.Is(err, statuslist.ErrList) || zero.Size() != 0 {
		t.Errorf("zero list: %v", err)
	}
}

func TestDigest(t *testing.T) {
	const uri = "https://aeo.customs.nz.example/status/1"
	l := newList(t, 1<<14)
	if err := l.Set(1, statuslist.Suspended); err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 1<<12)
	raw[0] = 0b1000
	text := "aeo-list-v1\x00" + uri + "\x00\x02\x00\x00\x00\x00\x00\x00\x40\x00" + string(raw)
	sum := sha256.Sum256([]byte(text))
	if got, want := l.Digest(uri), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
