package registry

import (
	"slices"
	"sync"
	"time"
)

// actsPerHour is how many acts of one account within an hour are more than a person
// does: what is beyond is told to whoever looks after the node.
const actsPerHour = 200

// rates count what accounts do, so that a login that was stolen, or a script, is
// noticed. They stop nobody.
type rates struct {
	mu   sync.Mutex
	acts map[string][]int64 // Unix seconds, newest last, by account; guarded by mu
}

// Busy is an account that does more than a person can.
type Busy struct {
	Account string `json:"account"`
	Acts    int64  `json:"acts"` // within the last hour
	Limit   int64  `json:"limit"`
}

func (r *rates) count(account string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.acts == nil {
		r.acts = map[string][]int64{}
	}
	acts := r.acts[account]
	if len(acts) >= 8*actsPerHour { // more is not told apart
		acts = slices.Delete(acts, 0, 1)
	}
	r.acts[account] = append(acts, now.Unix())
}

func (r *rates) busy(now time.Time) (out []Busy) {
	r.mu.Lock()
	defer r.mu.Unlock()
	since := now.Add(-time.Hour).Unix()
	for account, acts := range r.acts {
		acts = slices.DeleteFunc(acts, func(at int64) bool { return at <= since })
		if len(acts) == 0 {
			delete(r.acts, account)
			continue
		}
		r.acts[account] = acts
		if len(acts) > actsPerHour {
			out = append(out, Busy{account, int64(len(acts)), actsPerHour})
		}
	}
	slices.SortFunc(out, func(a, b Busy) int { return int(b.Acts - a.Acts) })
	return out
}

// Busy are the accounts that do more than a person can.
func (n *Node) Busy() []Busy { return n.rates.busy(n.now()) }
