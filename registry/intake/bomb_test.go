package intake

import (
	"runtime"
	"strings"
	"testing"
)

// TestManySmallRowsTakeLittleMemory: a part as large as may be, of rows as small as
// can be, is refused before all of them are held.
func TestManySmallRowsTakeLittleMemory(t *testing.T) {
	for format, file := range map[string]string{
		JSONL: strings.Repeat("x\n", MaxPart/2),
		CSV:   "identifiers,legal_name,reference,authorisation_type,roles,granted_on\n" + strings.Repeat("x\n", MaxPart/2-100),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rows, found, err := Read(format, []byte(file), 0)
		runtime.ReadMemStats(&after)
		if err != nil || len(rows) > 0 || len(found) == 0 || len(found) > MaxRows {
			t.Errorf("%s: %d rows, %d problems, %v", format, len(rows), len(found), err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20 {
			t.Errorf("%s: %d MiB were allocated", format, used>>20)
		}
	}
}
