// Package view holds what queries read: projections of the ledger's records,
// written in the same batch as the records themselves and rebuilt from them.
//
// Rows, by key:
//
//	case/<kind>/<number>       the state of an operator, application or authorisation
//	series/<series>            the highest number given in a series of case numbers
//	identifier/<identifier>    the operator that holds it
//	credential/<sha256>        where a credential is in the log and whose it is
//	slot/<uri>#<index>         the credential that owns a status index
//	due/<seconds>/<kind>/<number> a case in which something is to be done then though nobody acts
//	owed/<number>              an authorisation with a component in force that has no credential yet
//	released/<operator>        an operator that released itself for some purpose, now or once
//	for/<authority>            a member of the union that decides an application here
//	request/<key>              the case in which a request that bore a key was carried out
//	facet/<kind>/<name>/<value>\0<number>        a case that has a property
//	task/all/<due>\0<kind>/<number>/<n>         what waits for somebody; also
//	task/for/<officer>\0<due>\0<kind>/<number>/<n> and task/office/<office>\0...
//	changed/<number>           the newest changes under a case number, whatever the kind of case
//	file/<name>                the operator of whose evidence a stored file is the content
//	assessed/<operator>/<number> an application of the operator beside which something was gathered
//	alike/<skeleton>/<number>  an operator with a name that looks so
//	successor/<number>/<application> an application of who took over the holder of an authorisation
//	visit/<number>/<visit>     a visit made for an application or authorisation
//	scoring/<number>           an application of which a sample is scored twice
//	artefact/<kind>/<name>     the newest published document of that name
//	lost/lists                 a leaf whose lost credential has an index of the newest lists
package view

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// An ArtefactKind is a kind of published document; the same word stands in its leaf.
type ArtefactKind string

// The kinds of published documents.
const (
	Configuration ArtefactKind = "entity-configuration"
	Statement     ArtefactKind = "statement"
	Annex         ArtefactKind = "mra"
	Notice        ArtefactKind = "notice"
	Directory     ArtefactKind = "directory"
	Programme     ArtefactKind = "programme"
	Recognition   ArtefactKind = "recognition" // what we recognise alone
	ImportedList  ArtefactKind = "list"        // of a partner without a node: where it came from, not what it names
)

// Current names the document of which there is one.
const Current = "current"

// An Artefact is a published document with the name it is found by.
type Artefact struct {
	Kind    ArtefactKind `json:"kind"`
	Name    string       `json:"name"`
	Content string       `json:"content"`
}

// Marshal is the payload that goes with the document's leaf.
func (a Artefact) Marshal() ([]byte, error) { return jcs.Marshal(a) }

// An Issued payload goes with a credential leaf: the event and the credential itself.
type Issued struct {
	Credential string         `json:"credential"` // SD-JWT with all disclosures
	Event      jsontext.Value `json:"event"`
}

// What stands before the text of a credential, and between it and its event.
const (
	issuedHead = `{"credential":"`
	issuedNext = `","event":`
)

// Marshal is the payload that goes with the credential's leaf. An event is written
// in RFC 8785 form already, and so is the text of a credential; the ledger takes no
// payload that is not.
func (i Issued) Marshal() ([]byte, error) {
	if strings.Contains(i.Credential, `"`) || strings.Contains(i.Credential, `\`) {
		return nil, errors.New("write credential: it is no text of a credential")
	}
	raw := make([]byte, 0, len(issuedHead)+len(i.Credential)+len(issuedNext)+len(i.Event)+len("}"))
	raw = append(append(append(raw, issuedHead...), i.Credential...), issuedNext...)
	return append(append(raw, i.Event...), '}'), nil
}

// A CredentialRow says where a credential is.
type CredentialRow struct {
	Leaf          int64  `json:"leaf"`
	Authorisation string `json:"authorisation"`
}

// A Projector folds records into rows.
type Projector struct{}

// Project implements ledger.Projector. Erased payloads project nothing: the
// rows they made are gone with the next rebuild, which is what erasure is for.
// For lost ones see lost.go.
func (Projector) Project(tx ledger.Projection, r ledger.Record) error {
	if r.Lost {
		return projectLost(tx, r)
	}
	if _, ok := r.Entry.(transparency.List); ok {
		return tx.Delete(keyLost)
	}
	if r.Payload == nil {
		return nil
	}
	var err error
	if r.Opened == nil {
		if r.Opened, err = (Projector{}).Open(r); err != nil {
			return err
		}
	}
	switch o := r.Opened.(type) {
	case Artefact:
		return tx.Set(artefactKey(o.Kind, o.Name), r.Payload)
	case authorisation.Event:
		return projectEvent(tx, o, r)
	}
	return nil
}

// Open implements ledger.Opener: it reads the document or the event of a payload.
func (Projector) Open(r ledger.Record) (any, error) {
	if r.Payload == nil {
		return nil, nil
	}
	switch r.Entry.(type) {
	case transparency.Artefact:
		var a Artefact
		if err := jcs.Unmarshal(r.Payload, &a); err != nil {
			return nil, fmt.Errorf("read artefact: %w", err)
		}
		return a, nil
	case transparency.Credential:
		return openIssued(r.Payload, r.Stored)
	case transparency.Case:
		return readEvent(r.Payload, r.Stored)
	}
	return nil, nil
}

// readEvent reads an event, more quickly where one of the store is read again.
func readEvent(raw []byte, stored bool) (authorisation.Event, error) {
	if stored {
		return authorisation.UnmarshalRecorded(raw)
	}
	return authorisation.UnmarshalEvent(raw)
}

// A passed value is a string nobody needs now.
type passed struct{}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (*passed) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '"' {
		return errors.New("not a string")
	}
	return d.SkipValue()
}

func openIssued(payload []byte, stored bool) (any, error) {
	event, ok := cutEvent(payload)
	if !ok {
		var err error
		if event, err = findEvent(payload); err != nil {
			return nil, fmt.Errorf("read credential: %w", err)
		}
	}
	e, err := readEvent(event, stored)
	if err != nil {
		return nil, fmt.Errorf("read credential: %w", err)
	}
	if _, ok := e.Data.(authorisation.CredentialIssued); !ok {
		return nil, fmt.Errorf("read credential: its event is %s", e.Type())
	}
	return e, nil
}

func findEvent(payload []byte) ([]byte, error) {
	var i struct {
		Credential passed         `json:"credential"`
		Event      jsontext.Value `json:"event"`
	}
	err := jcs.Unmarshal(payload, &i)
	return i.Event, err
}

// cutEvent is findEvent for what [Issued.Marshal] wrote beside a credential, none of
// whose characters JSON writes in another way: that is nearly all there is to read.
// False says nothing. That what was cut out is an event and nothing more is seen by
// whoever reads it.
func cutEvent(payload []byte) (event []byte, ok bool) {
	rest, ok := bytes.CutPrefix(payload, []byte(issuedHead))
	if !ok {
		return nil, false
	}
	for i, c := range rest {
		switch {
		case c == '"':
			event, ok = bytes.CutPrefix(rest[i:], []byte(issuedNext))
			event, whole := bytes.CutSuffix(event, []byte("}"))
			return event, ok && whole
		case c < ' ' || c >= 0x7f || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

func projectEvent(tx ledger.Projection, e authorisation.Event, r ledger.Record) error {
	e.RecordedAt = r.At
	if d, ok := e.Data.(authorisation.CredentialIssued); ok {
		row, err := marshal(CredentialRow{r.Leaf, e.Case})
		if err != nil {
			return err
		}
		if err := tx.Set([]byte("credential/"+d.SHA256), row); err != nil {
			return err
		}
		if err := tx.Set(slotKey(d.URI, d.Idx), []byte(d.SHA256)); err != nil {
			return err
		}
	}
	first, _, _ := strings.Cut(e.Type(), ".")
	m, ok := folds[first]
	if !ok {
		return fmt.Errorf("project event: %w %s", authorisation.ErrUnknownEvent, e.Type())
	}
	if err := m.fold(tx, e); err != nil {
		return err
	}
	return noteChange(tx, m.kind, e, r.Leaf)
}

// A machine is what a view does with the cases of a kind.
type machine struct {
	kind Kind
	fold func(ledger.Projection, authorisation.Event) error
	read func(ledger.Projection, string) (any, error)
	of   reflect.Type // the state in its rows
}

// folds say by the first word of an event's type which state it belongs to.
var folds = map[string]machine{
	"operator":      folding(KindOperator, indexOperator),
	"application":   folding(KindApplication, indexApplication),
	"assessment":    folding(KindAssessment, indexAssessment),
	"authorisation": folding(KindAuthorisation, indexAuthorisation),
	"credential":    folding(KindAuthorisation, indexAuthorisation),
	"visit":         folding(KindVisit, indexVisit),
	"monitoring":    folding[authorisation.Monitoring](KindMonitoring, nil),
	"programme":     folding[authorisation.Programme](KindProgramme, nil),
	"account":       folding[authorisation.Account](KindAccount, nil),
	"approval":      folding[authorisation.Approval](KindApproval, nil),
}

func folding[S authorisation.Machine[S]](kind Kind, index func(ledger.Projection, S, S) error) machine {
	return machine{kind,
		func(tx ledger.Projection, e authorisation.Event) error { return fold(tx, kind, e, index) },
		func(tx ledger.Projection, number string) (any, error) { return readState[S](tx, kind, number) },
		reflect.TypeFor[S]()}
}

// fold applies an event to the stored state of its case.
func fold[S authorisation.Machine[S]](tx ledger.Projection, kind Kind, e authorisation.Event,
	index func(ledger.Projection, S, S) error) error {
	before, err := readState[S](tx, kind, e.Case)
	fresh := errors.Is(err, ledger.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	after, err := before.Apply(e)
	if err != nil {
		return fmt.Errorf("project %s of case %s: %w", e.Type(), e.Case, err)
	}
	if fresh {
		if err := count(tx, e.Case); err != nil {
			return err
		}
	}
	if err := indexWaking(tx, kind, e.Case, before, after); err != nil {
		return err
	}
	if err := indexFound(tx, kind, e.Case, before, after); err != nil {
		return err
	}
	if index != nil {
		if err := index(tx, before, after); err != nil {
			return err
		}
	}
	return writeState(tx, kind, e.Case, after)
}

func indexOperator(tx ledger.Projection, before, after authorisation.Operator) error {
	if err := indexNames(tx, before, after); err != nil {
		return err
	}
	for _, id := range before.Holder.Identifiers {
		if err := tx.Delete([]byte("identifier/" + id)); err != nil {
			return err
		}
	}
	for _, id := range after.Holder.Identifiers {
		if err := tx.Set([]byte("identifier/"+id), []byte(after.Case)); err != nil {
			return err
		}
	}
	if len(before.Releases) == 0 && len(after.Releases) > 0 {
		return tx.Set(releasedKey(after.Case), nil)
	}
	return nil
}

func indexApplication(tx ledger.Projection, before, after authorisation.Application) error {
	if old := after.Succeeds(); old != before.Succeeds() {
		if err := tx.Set(successorKey(old, after.Case), nil); err != nil {
			return err
		}
	}
	if before.Case != "" || after.Wish.Authority == "" {
		return nil
	}
	return tx.Set(forKey(after.Wish.Authority), nil)
}

func indexAuthorisation(tx ledger.Projection, before, after authorisation.Authorisation) error {
	switch was, is := len(before.Unissued()) > 0, len(after.Unissued()) > 0; {
	case is && !was:
		return tx.Set(owedKey(after.Case), nil)
	case was && !is:
		return tx.Delete(owedKey(after.Case))
	}
	return nil
}

// A waking case has something to be done by itself at some instant.
type waking interface{ Wakes() (at int64, ok bool) }

// indexWaking keeps one due row for each case that wakes by itself.
func indexWaking(tx ledger.Projection, kind Kind, number string, before, after any) error {
	was, ok := before.(waking)
	if !ok {
		return nil
	}
	old, had := was.Wakes()
	at, has := after.(waking).Wakes()
	if had == has && old == at {
		return nil
	}
	if had {
		if err := tx.Delete(dueKey(old, kind, number)); err != nil {
			return err
		}
	}
	if !has {
		return nil
	}
	return tx.Set(dueKey(at, kind, number), nil)
}

func caseKey(kind Kind, number string) []byte {
	return []byte("case/" + string(kind) + "/" + number)
}

func artefactKey(kind ArtefactKind, name string) []byte {
	return []byte("artefact/" + string(kind) + "/" + name)
}

func slotKey(uri string, idx int64) []byte { return fmt.Appendf(nil, "slot/%s#%d", uri, idx) }

func dueKey(at int64, kind Kind, number string) []byte {
	return fmt.Appendf(nil, "due/%019d/%s/%s", at, kind, number)
}

func owedKey(number string) []byte { return []byte("owed/" + number) }

func releasedKey(operator string) []byte { return []byte("released/" + operator) }

func successorKey(authorisation, number string) []byte {
	return []byte("successor/" + authorisation + "/" + number)
}

func read[V any](tx ledger.Projection, key []byte) (v V, err error) {
	raw, err := tx.Get(key)
	if err != nil {
		return v, err
	}
	return v, unmarshal(key, raw, &v)
}

func unmarshal(key, row []byte, v any) error {
	if err := jcs.Unmarshal(row, v); err != nil {
		return fmt.Errorf("row %s: %w", key, err)
	}
	return nil
}

// marshal writes a row: the same bytes for the same state, so that rows can be
// compared, but not in RFC 8785 form, since nobody signs or hashes them.
func marshal(v any) ([]byte, error) {
	if a, ok := v.(authorisation.Authorisation); ok {
		return a.Row()
	}
	return json.Marshal(v, json.Deterministic(true))
}
