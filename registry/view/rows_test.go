package view_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// rows is the key space of read models in memory.
type rows map[string]string

func (r rows) Get(key []byte) ([]byte, error) {
	v, ok := r[string(key)]
	if !ok {
		return nil, ledger.ErrNotFound
	}
	return []byte(v), nil
}

func (r rows) Set(key, value []byte) error {
	r[string(key)] = string(value)
	return nil
}

func (r rows) Delete(key []byte) error {
	delete(r, string(key))
	return nil
}

func (r rows) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, key := range slices.Sorted(maps.Keys(r)) {
		if !strings.HasPrefix(key, string(prefix)) {
			continue
		}
		if more, err := fn([]byte(key), []byte(r[key])); err != nil || !more {
			return err
		}
	}
	return nil
}

// A log is records in order, as a ledger would give them to a projector.
type log struct {
	t       testing.TB
	rows    rows
	records []ledger.Record
}

func newLog(t testing.TB) *log { return &log{t: t, rows: rows{}} }

func (l *log) add(entry transparency.Leaf, payload []byte) error {
	r := ledger.Record{Leaf: int64(len(l.records)), At: 1000 + int64(len(l.records)), Entry: entry, Payload: payload}
	l.records = append(l.records, r)
	return view.Projector{}.Project(l.rows, r)
}

// event records an event under a case leaf.
func (l *log) event(e authorisation.Event) error {
	l.t.Helper()
	return l.add(transparency.Case{}, l.marshal(e))
}

func (l *log) marshal(e authorisation.Event) []byte {
	l.t.Helper()
	raw, err := authorisation.MarshalEvent(e)
	if err != nil {
		l.t.Fatal(err)
	}
	return raw
}

func (l *log) must(e authorisation.Event) {
	l.t.Helper()
	if err := l.event(e); err != nil {
		l.t.Fatal(err)
	}
}

func event(number string, at, effective int64, data authorisation.Data) authorisation.Event {
	return authorisation.Event{Case: number, Actor: "Desk", DecidedAt: at, EffectiveAt: effective, Data: data}
}

func holder(name string, identifiers ...string) authorisation.Holder {
	return authorisation.Holder{LegalName: name, Identifiers: identifiers, Names: []authorisation.Name{}}
}

func granted(components ...string) authorisation.AuthorisationGranted {
	return authorisation.AuthorisationGranted{Application: "NZ-APP-000001", Operator: "NZ-OP-000001", Programme: "NZ-SES", Type: "SES",
		Components: components, Roles: []string{"exporter"}}
}
