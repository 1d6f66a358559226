package ledger_test

import (
	"iter"
	"os"
	"strconv"
	"strings"
	"testing"
)

// scenarios are the seeds of the random scenarios to run: the first few, as many
// as AEO_SEEDS asks for, or the one that AEO_SEED names.
func scenarios(short int) iter.Seq[int] {
	from, to := 0, seeds(short)
	if k, err := strconv.Atoi(os.Getenv("AEO_SEED")); err == nil {
		from, to = k, k+1
	}
	return func(yield func(int) bool) {
		for seed := from; seed < to && yield(seed); seed++ {
		}
	}
}

// replay says how to run a scenario again, if it went wrong. It is deferred, so
// that it is said also where a test ends in the middle.
func replay(t *testing.T, seed int) {
	if t.Failed() {
		test, _, _ := strings.Cut(t.Name(), "/")
		t.Logf("seed %d; replay: AEO_SEED=%d go test ./registry/ledger -run '^%s$'", seed, seed, test)
	}
}
