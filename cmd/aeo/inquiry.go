package main

import (
	"github.com/aeo-registry/aeo/federation"
	"github.com/spf13/cobra"
)

// An inquiry is what the flags of verify and check ask, and by which bundle.
type inquiry struct {
	source
	as, at, typ, role, direction, level, maxAge string
	statusOnly, pilot                           bool
}

func (i *inquiry) flags(cmd *cobra.Command) {
	i.source.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&i.bundle, "bundle", "", "the trust bundle to judge by")
	f.StringVar(&i.as, "as", "", "for whom the verdict is (default: the bundle's territory)")
	f.BoolVar(&i.statusOnly, "status-only", false, "ask only what holds where it was granted, not whether it is recognised")
	f.StringVar(&i.at, "at", "", "ask about this time instead of now (forms as for --now)")
	f.StringVar(&i.typ, "type", "", "type of authorisation needed")
	f.StringVar(&i.role, "role", "", "role needed in the supply chain, e.g. exporter")
	f.StringVar(&i.direction, "direction", "", "import or export, seen from --as")
	f.BoolVar(&i.pilot, "pilot", false, "also say what a pilot makes of it as test data; the verdict does not change")
	f.StringVar(&i.maxAge, "max-age", "", "the longest since the status was confirmed, e.g. 24h or 7d (default: as agreed)")
}

// question is what the flags ask at an instant.
func (i *inquiry) question(now int64) (federation.Question, error) {
	q := federation.Question{
		Now: now, As: i.as, StatusOnly: i.statusOnly, Type: i.typ, Role: i.role,
		Direction: i.direction, Level: federation.Level(i.level), Pilot: i.pilot,
	}
	if err := readFlag("at", i.at, parseInstant, &q.At); err != nil {
		return q, err
	}
	return q, readFlag("max-age", i.maxAge, parseAge, &q.MaxAge)
}

// open opens the bundle and makes the question, which can be asked there.
func (i *inquiry) open(a *app) (*desk, federation.Question, error) {
	d, err := a.open(&i.source)
	if err != nil {
		return nil, federation.Question{}, err
	}
	q, err := i.question(d.now)
	if err != nil {
		return nil, q, err
	}
	return d, q, d.check(q)
}
