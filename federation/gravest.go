package federation

import "slices"

// gravity orders exit codes, the gravest first (ux.md, exit codes).
var gravity = [...]int{25, 22, 20, 21, 26, 23, 24, 27, 4, 0}

func gravityOf(r Reason) int { return slices.Index(gravity[:], r.Exit()) }

// Gravest is the exit code of a batch: that of its gravest decision, 0 for none.
func Gravest(ds []*Decision) int {
	worst := len(gravity) - 1
	for _, d := range ds {
		worst = min(worst, gravityOf(d.Reason))
	}
	return gravity[worst]
}
