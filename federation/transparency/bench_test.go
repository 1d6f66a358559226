package transparency_test

import (
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// BenchmarkReplay goes through a log of mixed leaves in batches of 25.
func BenchmarkReplay(b *testing.B) {
	const batches = 400
	l := newLog(b, list0)
	for n := range int64(batches) {
		var batch []transparency.Leaf
		for i := range int64(12) {
			batch = append(batch, l.status(list0, 12*n+i, statuslist.Suspended, opened), transparency.Case{SHA256: digest(int(100*n + i))})
		}
		l.batch(opened+n, batch...)
	}
	b.ReportAllocs()
	for b.Loop() {
		p := transparency.NewReplay(origin)
		for _, raw := range l.entries {
			if _, err := p.Add(raw); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(l.entries)), "ns/leaf")
}
