package main

import (
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

// health is the answer of aeo doctor.
type health struct {
	Schema   string    `json:"schema"`
	Findings []finding `json:"findings"`
}

type finding struct {
	OK   bool   `json:"ok"`
	What string `json:"what"`
}

func newDoctorCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "say how the node stands, in words",
		Long:  "Looks at a running node and says what needs attention. The exit code is 0 when nothing\ndoes, 75 otherwise.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.node()
			if err != nil {
				return err
			}
			h, err := examine(c)
			if err != nil {
				return err
			}
			if err := a.result(h, func(w io.Writer) {
				for _, f := range h.Findings {
					mark := "✓"
					if !f.OK {
						mark = "!"
					}
					fmt.Fprintf(w, "%s %s\n", mark, f.What)
				}
			}); err != nil {
				return err
			}
			for _, f := range h.Findings {
				if !f.OK {
					return exitWith(exitLater)
				}
			}
			return nil
		},
	}
}

const (
	hour = 3600
	// keyWarning is how long before a key or the roster ends it is said: two
	// people have to meet, and a new key is announced for a week or more.
	keyWarning = 60 * 24 * hour
	week       = 7 * 24 * hour
)

func examine(c *client) (*health, error) {
	var s registry.NodeStatus
	var keys api.List[registry.KeyStatus]
	var peers api.List[*registry.PeerStatus]
	for path, v := range map[string]any{"/node": &s, "/keys": &keys, "/peers": &peers} {
		if err := c.get(path, v); err != nil {
			return nil, err
		}
	}
	h := &health{Schema: "aeo.health/1"}
	say := func(ok bool, format string, args ...any) {
		h.Findings = append(h.Findings, finding{ok, fmt.Sprintf(format, args...)})
	}
	say(true, "%s answers for %s", s.EntityID, s.Administration)
	if s.Unproven {
		say(false, "the node was restored and signs nothing yet: stop it and prove its log with aeo log recover")
	} else if s.ReadOnly != "" {
		say(false, "the ledger is damaged and only read: %s", s.ReadOnly)
	}
	say(s.LogSize == s.PublishedSize, "log of %d leaves, %d of them published", s.LogSize, s.PublishedSize)
	if s.Authority == s.Territory {
		say(s.BundleSeq > 0 && s.Now-s.BundleIat < 2*hour, "trust bundle %d of %s", s.BundleSeq, instant(s.BundleIat))
	}
	sayKeys(&s, keys.Items, say)
	for _, p := range peers.Items {
		age := s.Now - p.SyncedAt
		say(p.SyncedAt > 0 && age < 24*hour, "%s last synchronised %s", p.Territory, syncedAt(p))
		if p.SyncedAt > 0 && age > week {
			say(false, "verdicts about %s are beyond the usual limit of seven days", p.Territory)
		}
	}
	list, err := readArrangements(c)
	if err != nil {
		return nil, err
	}
	for _, s := range list.Items {
		notes, grave := attention(s)
		for i, note := range notes {
			say(!grave[i], "%s", note)
		}
	}
	for _, k := range list.Negotiations {
		say(k.Waits == registry.WaitsForPartners, "%s: version %d, %s", k.ID, k.Version, waiting(k))
	}
	return h, nil
}

// sayKeys warns of roles whose key ends soon without a successor, and tells of
// rotations under way.
func sayKeys(s *registry.NodeStatus, keys []registry.KeyStatus, say func(bool, string, ...any)) {
	succeeded := map[string]bool{}
	for _, k := range keys {
		switch k.State {
		case registry.KeyAnnounced:
			succeeded[k.Role] = true
			say(true, "the next %s key is announced and signs from %s", k.Role, day(k.NotBefore))
		case registry.KeyUnlisted:
			say(false, "a rotation of the %s key was cut short: the key signs nothing until a roster lists it", k.Role)
		}
	}
	signing := map[string]bool{}
	for _, k := range keys {
		if k.State != registry.KeyCurrent {
			continue
		}
		signing[k.Role] = true
		if k.SignUntil-s.Now < keyWarning && !succeeded[k.Role] {
			say(false, "the %s key signs until %s only: aeo key rotate --role %s", k.Role, day(k.SignUntil), k.Role)
		}
	}
	for _, k := range keys {
		if k.State == registry.KeyEnded && !signing[k.Role] {
			signing[k.Role] = true // once a role
			say(false, "no %s key may sign since %s: aeo key rotate --role %s", k.Role, instant(k.SignUntil), k.Role)
		}
	}
	if s.RosterExp > 0 && s.RosterExp-s.Now < keyWarning {
		say(false, "the key roster holds until %s only: the root key has to sign the next", day(s.RosterExp))
	}
}
