package federation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// readFile splits a file into lines. What is wrong with the file as a whole
// stands as a line of its own, so that one rule says which fault counts most.
func readFile(file []byte) ([]credential.Line, []*transparency.Receipt) {
	f, err := credential.SplitFile(file)
	if err != nil {
		return []credential.Line{{Err: err}}, nil
	}
	lines := f.Lines
	var receipts []*transparency.Receipt
	for i, raw := range f.Receipts {
		r, err := transparency.ParseReceipt(raw)
		if err != nil {
			lines = append(lines, credential.Line{Err: fmt.Errorf("%w: receipt %d: %w", credential.ErrFormat, i+1, err)})
			continue
		}
		receipts = append(receipts, r)
	}
	return lines, receipts
}

// gravestLine is the decision for a file of which some line is not what it
// should be, nil where all are (protocol 11): a line that is not authentic
// counts before one that is no credential, and that before one whose issuer
// cannot be told. Of several the first counts.
func gravestLine(lines []*examination) *Decision {
	order := []Verdict{NotAuthentic, NotACredential, CannotTell}
	worst := -1
	for i, e := range lines {
		if e.said != nil {
			continue
		}
		if worst < 0 || slices.Index(order, e.decision.Verdict) < slices.Index(order, lines[worst].decision.Verdict) {
			worst = i
		}
	}
	if worst < 0 {
		return nil
	}
	d := lines[worst].decision
	if len(lines) > 1 && lines[worst].line.Err == nil { // an error of reading has the line already
		d.locate(worst)
	}
	return d
}

// locate says in which line the failed check failed.
func (d *Decision) locate(line int) {
	for i := range d.Checks {
		if c := &d.Checks[i]; c.Result == Failed {
			c.Detail = fmt.Sprintf("line %d: %s", line+1, c.Detail)
		}
	}
}

// headline is the decision about a file of which every line was judged: that
// of its best component, of equals the first. Components of the type asked for
// go before others, and proof against a log before everything: it must not
// hide behind a good component.
func headline(components []*examination, input string) *Decision {
	best := components[0]
	for _, e := range components[1:] {
		if e.rank() < best.rank() {
			best = e
		}
	}
	best.warnOfOtherType(components)
	if len(components) == 1 {
		return best.decision
	}
	d, evidence := *best.decision, *best.decision.Evidence
	d.Evidence, evidence.Input = &evidence, input
	for _, e := range components {
		d.Components = append(d.Components, e.decision)
	}
	return &d
}

// rank orders components, the best first.
func (e *examination) rank() int {
	if e.decision.Reason == LogMisbehaviour {
		return -1
	}
	rank := len(gravity) - 1 - gravityOf(e.decision.Reason)
	if e.otherType() {
		rank += len(gravity)
	}
	return rank
}

func (e *examination) otherType() bool { return e.q.Type != "" && e.said.typ != e.q.Type }

// warnOfOtherType says what to ask the holder for where no component is of the
// type that is needed.
func (e *examination) warnOfOtherType(components []*examination) {
	var shown []string
	for _, c := range components {
		if !c.otherType() {
			return
		}
		if !slices.Contains(shown, c.said.typ) {
			shown = append(shown, c.said.typ)
		}
	}
	e.caveat(CaveatOtherComponent, fmt.Sprintf("%s is needed and %s was shown: ask the holder for its %s credential.",
		e.q.Type, strings.Join(shown, ", "), e.q.Type))
}
