package registry

import (
	"sync"
	"testing"
)

func TestLocksNobodyHoldsTakeNoMemory(t *testing.T) {
	var locks caseLocks
	counts := map[string]int{}
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			name := string(rune('a' + i%4))
			defer locks.lock(name)()
			locks.mu.Lock()
			defer locks.mu.Unlock()
			counts[name]++
		})
	}
	group.Wait()
	if len(locks.held) != 0 || counts["a"] != 16 {
		t.Errorf("%d locks are left; counted %v", len(locks.held), counts)
	}
}
