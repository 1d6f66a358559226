package main

import (
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

// health is the answer of aeo doctor.
type health struct {
	Schema   string    `json:"schema"`
	Findings []finding `json:"findings"`
}

// How much a finding wants: nothing, that somebody looks at it, or that
// somebody acts.
const (
	levelOK   = "ok"
	levelLook = "look"
	levelAct  = "act"
)

// A finding is one thing about the node.
type finding struct {
	OK    bool   `json:"ok"` // level is ok
	Level string `json:"level"`
	About string `json:"about"` // node, clock, disk, log, bundle, keys, partner, arrangement, list
	What  string `json:"what"`
	Hint  string `json:"hint,omitempty"` // what to type next

	exit int
}

func newDoctorCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "say how the node stands, in words",
		Long: `Looks at a running node and says of each thing whether it is well (✓), wants to be
looked at (•) or wants somebody to act (!), and what to type then.

The exit code is that of the gravest: 0 when nothing has to be done, 75 when something
has, 71 while a restored node has not proven its log, 70 when the ledger is damaged,
25 when a partner's log contradicts itself.`,
		Example: "  aeo doctor -C nz\n  aeo doctor -C nz --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.node()
			if err != nil {
				return err
			}
			h, err := a.examine(c)
			if err != nil {
				return err
			}
			if err := a.result(h, h.print); err != nil {
				return err
			}
			if exit := h.exit(); exit != 0 {
				return exitWith(exit)
			}
			return nil
		},
	}
}

func (h *health) print(w io.Writer) {
	marks := map[string]string{levelOK: "✓", levelLook: "•", levelAct: "!"}
	for _, f := range h.Findings {
		fmt.Fprintf(w, "%s %s\n", marks[f.Level], plain(f.What))
		if f.Hint != "" {
			fmt.Fprintf(w, "    %s\n", plain(f.Hint))
		}
	}
}

// exit is the code of the gravest finding.
func (h *health) exit() int {
	gravest := []int{exitMisbehaviour, exitStorage, exitBehind, exitLater, exitOK}
	worst := len(gravest) - 1
	for _, f := range h.Findings {
		worst = min(worst, slices.Index(gravest, f.exit))
	}
	return gravest[worst]
}

func (h *health) add(level string, exit int, about, hint, format string, args ...any) {
	h.Findings = append(h.Findings, finding{OK: level == levelOK, Level: level, About: about, What: fmt.Sprintf(format, args...), Hint: hint, exit: exit})
}

// ok is what is well.
func (h *health) ok(about, format string, args ...any) {
	h.add(levelOK, exitOK, about, "", format, args...)
}

// look is what somebody should look at, act what somebody must do something about.
func (h *health) look(about, hint, format string, args ...any) {
	h.add(levelLook, exitOK, about, hint, format, args...)
}

func (h *health) act(about, hint, format string, args ...any) {
	h.add(levelAct, exitLater, about, hint, format, args...)
}

// say is well or wants somebody to act.
func (h *health) say(about string) func(bool, string, ...any) {
	return func(ok bool, format string, args ...any) {
		if ok {
			h.ok(about, format, args...)
		} else {
			h.act(about, "", format, args...)
		}
	}
}

const (
	hour = 3600
	// keyWarning is how long before a key or the roster ends it is said: two
	// people have to meet, and a new key is announced for a week or more.
	keyWarning = 60 * 24 * hour
	week       = 7 * 24 * hour
	// clockWarning is how far the node's clock may be from this command's.
	clockWarning = 5
	// roomWarning and roomLeast are what should be free where the log is: below
	// a tenth of the disk, but at most 1 GiB, the ledger takes nothing more.
	roomWarning = 8 << 30
	roomLeast   = 1 << 30
)

// stand is what a node says about itself.
type stand struct {
	node         registry.NodeStatus
	keys         api.List[registry.KeyStatus]
	peers        api.List[*registry.PeerStatus]
	lists        api.List[listed.Header]
	programme    registry.ProgrammeStatus
	arrangements *arrangementList
}

func (a *app) examine(c *client) (*health, error) {
	var s stand
	for path, v := range map[string]any{"/node": &s.node, "/keys": &s.keys, "/peers": &s.peers, "/lists": &s.lists, "/programme": &s.programme} {
		if err := c.get(path, v); err != nil {
			return nil, err
		}
	}
	var err error
	if s.arrangements, err = readArrangements(c); err != nil {
		return nil, err
	}
	h := &health{Schema: "aeo.health/1"}
	h.sayNode(&s.node)
	h.sayClock(s.node.Now, a.now().Unix())
	h.sayRoom(c.dir)
	h.sayHolidays(&s.programme, s.node.Now)
	sayKeys(&s.node, s.keys.Items, h.say("keys"))
	h.sayCosigned(&s.node, s.peers.Items)
	for _, p := range s.peers.Items {
		h.sayPartner(&s.node, p)
	}
	h.sayLists(s.node.Now, s.lists.Items)
	for _, m := range s.arrangements.Items {
		h.sayArrangement(&s.node, m)
	}
	for _, k := range s.arrangements.Negotiations {
		h.sayNegotiation(k)
	}
	return h, h.people(c)
}

func (h *health) sayNode(s *registry.NodeStatus) {
	h.ok("node", "%s answers for %s", s.EntityID, s.Administration)
	if s.Unproven {
		h.add(levelAct, exitBehind, "log", "aeo log recover --help", "the node was restored and signs nothing yet: stop it and prove its log with aeo log recover")
	} else if s.ReadOnly != "" {
		h.add(levelAct, exitStorage, "log", "aeo log audit --help", "the ledger is damaged and only read: %s", s.ReadOnly)
	}
	if s.LogSize == s.PublishedSize {
		h.ok("log", "log of %d leaves, %d of them published", s.LogSize, s.PublishedSize)
	} else {
		h.look("log", "", "log of %d leaves, %d of them published: the rest is due within a second", s.LogSize, s.PublishedSize)
	}
	if s.Authority != s.Territory {
		return // the bundle is the union's
	}
	if s.BundleSeq > 0 && s.Now-s.BundleIat < 2*hour {
		h.ok("bundle", "trust bundle %d of %s", s.BundleSeq, instant(s.BundleIat))
	} else {
		h.act("bundle", "aeo bundle build --yes", "the trust bundle is of %s: who fetches it is told that a newer one should exist", instant(s.BundleIat))
	}
}

// sayHolidays misses the holidays of a year in which periods end that run now: half a
// year is longer than most. Their end is reckoned with weekends alone.
func (h *health) sayHolidays(p *registry.ProgrammeStatus, now int64) {
	for _, at := range []int64{now, now + 26*week} {
		year := time.Unix(at, 0).UTC().Year()
		if !slices.Contains(p.Holidays, year) {
			h.look("holidays", fmt.Sprintf("aeo programme approve FILE, of holidays of %d", year),
				"the holidays of %d are not known: deadlines in it are reckoned with weekends alone", year)
			return
		}
	}
}

// sayClock compares the node's clock with this command's: they are of one machine.
func (h *health) sayClock(node, here int64) {
	switch d := max(node-here, here-node); {
	case d <= clockWarning:
		h.ok("clock", "the clock says %s, as this command's does", instant(node))
	case d < 300:
		h.look("clock", "", "the node's clock is %d seconds from this command's", d)
	default:
		h.act("clock", "", "the node's clock says %s, this command's %s: the log does not go back, so it waits until time has caught up", instant(node), instant(here))
	}
}

// sayRoom says how much disk is free where the node is; nothing where the
// system does not tell.
func (h *health) sayRoom(dir string) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return
	}
	free, all := int64(fs.Bavail)*int64(fs.Bsize), int64(fs.Blocks)*int64(fs.Bsize)
	switch {
	case free < min(roomLeast, all/10):
		h.act("disk", "", "%s are free: nothing more is taken until there is room", gib(free))
	case free < min(roomWarning, all/5):
		h.look("disk", "", "%s of %s are free", gib(free), gib(all))
	default:
		h.ok("disk", "%s of %s are free", gib(free), gib(all))
	}
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

// gib is a size of disks in words.
func gib(bytes int64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }
