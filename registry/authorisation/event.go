package authorisation

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// MaxEvent bounds the bytes of an event: a sealed payload is no larger than a leaf may be.
const MaxEvent = 65535

// An Event is a fact about one case. It carries three times: when it was decided,
// when it takes effect in law, and when the ledger recorded it.
type Event struct {
	Case        string
	Actor       string
	DecidedAt   int64
	EffectiveAt int64
	RecordedAt  int64 // set by whoever reads the ledger; no part of the bytes
	Request     Origin
	Data        Data
}

// An Origin is the request that brought an event about, where whoever asked gave
// it a key of their own: with the event in the log, the same request made again finds that it
// was carried out. Both are SHA-256 digests in lower-case hexadecimal; the zero
// Origin is none.
type Origin struct {
	Body string `json:"body"` // of what was asked
	Key  string `json:"key"`  // of who asked, and their key
}

func (r Origin) check() error {
	if r == (Origin{}) {
		return nil
	}
	return first(digest("request", r.Body), digest("request", r.Key))
}

// Data is what happened: one of the forms the package documentation lists.
type Data interface {
	event() (name string, version int64)
	check() error
}

// Type is the name of what happened, such as "authorisation.suspended".
func (e Event) Type() string {
	name, _ := e.Data.event()
	return name
}

// Version is the version of the form of the event's data.
func (e Event) Version() int64 {
	_, version := e.Data.event()
	return version
}

// envelope is the JSON form of an event, its members in the order they are
// written: D is [Data] to be written, or the bytes read.
type envelope[D any] struct {
	Actor       string `json:"actor"`
	Case        string `json:"case"`
	Data        D      `json:"data"`
	DecidedAt   int64  `json:"decided_at"`
	EffectiveAt int64  `json:"effective_at"`
	Request     Origin `json:"request,omitzero"`
	Type        string `json:"type"`
	Version     int64  `json:"version"`
}

func (e Event) enveloped() envelope[Data] {
	return envelope[Data]{e.Actor, e.Case, e.Data, e.DecidedAt, e.EffectiveAt, e.Request, e.Type(), e.Version()}
}

func (e envelope[D]) event(data Data) Event {
	return Event{Case: e.Case, Actor: e.Actor, DecidedAt: e.DecidedAt, EffectiveAt: e.EffectiveAt, Request: e.Request, Data: data}
}

// MarshalEvent writes an event in RFC 8785 form: the bytes the ledger seals and
// commits to.
func MarshalEvent(e Event) ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("writing event: %w", err)
	}
	raw, err := e.marshal()
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", e.Type(), err)
	}
	if len(raw) > MaxEvent {
		return nil, fmt.Errorf("writing %s: larger than %d bytes", e.Type(), MaxEvent)
	}
	return raw, nil
}

// An appender is data that writes itself in RFC 8785 form: what there is most of,
// since reflection takes four times as long.
type appender interface {
	appendTo(dst []byte) ([]byte, error)
}

func (e Event) marshal() ([]byte, error) {
	data, ok := e.Data.(appender)
	if !ok {
		return jcs.Marshal(e.enveloped())
	}
	w := writer{raw: make([]byte, 0, 640)}
	w.text(`{"actor":`, e.Actor)
	w.text(`,"case":`, e.Case)
	w.data(`,"data":`, data)
	w.number(`,"decided_at":`, e.DecidedAt)
	w.number(`,"effective_at":`, e.EffectiveAt)
	if e.Request != (Origin{}) {
		w.text(`,"request":{"body":`, e.Request.Body)
		w.text(`,"key":`, e.Request.Key)
		w.raw = append(w.raw, '}')
	}
	w.text(`,"type":`, e.Type())
	w.number(`,"version":`, e.Version())
	return append(w.raw, '}'), w.err
}

// A writer appends members in the order they are given.
type writer struct {
	raw []byte
	err error
}

func (w *writer) text(name, s string) {
	if w.err == nil {
		w.raw, w.err = jsontext.AppendQuote(append(w.raw, name...), s)
	}
}

func (w *writer) number(name string, n int64) {
	w.raw = strconv.AppendInt(append(w.raw, name...), n, 10)
}

func (w *writer) data(name string, d appender) {
	if w.err == nil {
		w.raw, w.err = d.appendTo(append(w.raw, name...))
	}
}

// UnmarshalEvent reads exactly what [MarshalEvent] writes: there is one spelling
// of every event, and no other is accepted.
func UnmarshalEvent(raw []byte) (Event, error) {
	if len(raw) > MaxEvent {
		return Event{}, fmt.Errorf("reading event: larger than %d bytes", MaxEvent)
	}
	if e, ok := cutIssued(raw); ok {
		return e, nil
	}
	return parseEvent(raw)
}

// UnmarshalRecorded reads an event that [UnmarshalEvent] read when it was recorded:
// as strictly, except that it is not written again to see that there is no other
// spelling of it, which takes longer than reading it.
func UnmarshalRecorded(raw []byte) (Event, error) {
	if e, ok := cutIssued(raw); ok {
		return e, nil
	}
	env, ok := cutEvent(raw)
	if !ok {
		return UnmarshalEvent(raw)
	}
	data, err := readData(env.Type, env.Version, env.Data)
	if err != nil {
		return Event{}, fmt.Errorf("reading event: %w", err)
	}
	return env.event(data), nil
}

// parseEvent reads an event of any form.
func parseEvent(raw []byte) (Event, error) {
	var env envelope[jsontext.Value]
	if err := jcs.Unmarshal(raw, &env); err != nil {
		return Event{}, fmt.Errorf("reading event: %w", err)
	}
	data, err := readData(env.Type, env.Version, env.Data)
	if err != nil {
		return Event{}, fmt.Errorf("reading event: %w", err)
	}
	e := env.event(data)
	again, err := MarshalEvent(e)
	if err != nil {
		return Event{}, fmt.Errorf("reading event: %w", err)
	}
	if !bytes.Equal(again, raw) {
		if err := jcs.CheckCanonical(raw); err != nil {
			return Event{}, fmt.Errorf("reading %s: %w", env.Type, err)
		}
		return Event{}, fmt.Errorf("reading %s: a member is missing or null", env.Type)
	}
	return e, nil
}

func (e Event) check() error {
	if e.Data == nil {
		return errors.New("data is missing")
	}
	err := first(
		code("case", e.Case), text("actor", e.Actor, maxName),
		instant("decided_at", e.DecidedAt), instant("effective_at", e.EffectiveAt), e.Request.check(), e.Data.check(),
	)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Type(), err)
	}
	return nil
}

// A form reads the data of one version of an event.
type form = func(jsontext.Value) (Data, error)

// forms are all an event ever had, each with the machine it belongs to. They are
// added, never changed.
var forms = together(operatorForms, authorisationForms, importForms, suspensionForms, remedyForms, restingForms, measureServiceForms, wayBackForms, renewalForms, monitoringForms, credentialForms,
	intakeForms, assessForms, timeForms, consultForms, hearingForms, assignForms, decisionForms, appealForms, assessmentForms, visitForms, programmeForms,
	accountForms, approvalForms)

func together(tables ...map[string]form) map[string]form {
	all := map[string]form{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

func readData(name string, version int64, raw jsontext.Value) (Data, error) {
	read, ok := forms[name+"/"+strconv.FormatInt(version, 10)]
	if !ok {
		return nil, fmt.Errorf("%w %q version %d", ErrUnknownEvent, name, version)
	}
	return read(raw)
}

func read[D Data](raw jsontext.Value) (Data, error) {
	var data D
	if err := jcs.Unmarshal(raw, &data); err != nil {
		return nil, err
	}
	return data, nil
}
