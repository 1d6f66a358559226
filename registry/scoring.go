package registry

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// DrawSample draws what is scored a second time, by another assessor who does not
// see what the first found.
type DrawSample struct {
	// Application is drawn for certain; where it is empty, as many of those under
	// examination are drawn as the programme says.
	Application string `json:"application,omitzero"`
	// Percent of the criteria of each that are scored again; 0 = 20.
	Percent int64  `json:"percent,omitzero"`
	By      string `json:"by"`
	DryRun  bool   `json:"dry_run,omitzero"`
}

const criteriaPercent = 20

// A Drawn application is one of which a sample is scored twice.
type Drawn struct {
	Application string   `json:"application"`
	Criteria    []string `json:"criteria"`
	Percent     int64    `json:"percent"`
	Seed        string   `json:"seed"`
}

// DrawSample draws from the head of the log: nobody chooses, and whoever has the
// log draws the same again. An application belongs to the sample where the first
// eight bytes of SHA-256(seed, number), modulo 100, are below the programme's
// percentage; of its criteria those whose SHA-256(seed, number, code) are smallest.
func (n *Node) DrawSample(ctx context.Context, r DrawSample) (out []Drawn, err error) {
	head := n.ledger.Head()
	seed := hex.EncodeToString(head.Root[:])
	numbers := []string{r.Application}
	if r.Application == "" {
		if numbers, err = n.drawn(seed); err != nil {
			return nil, err
		}
	}
	percent := cmp.Or(r.Percent, criteriaPercent)
	for _, number := range numbers {
		a, err := n.onAssessment(ctx, number, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
			return authorisation.DrawSample{By: b.by, Criteria: smallest(seed, b.Assessment, percent), Percent: percent, Seed: seed}, b.undecided()
		}, assessors...)
		if err != nil {
			return out, err
		}
		out = append(out, Drawn{number, a.Sample.Criteria, percent, seed})
	}
	return out, nil
}

// drawn are the applications under examination that a seed draws, without those of
// which there is a sample.
func (n *Node) drawn(seed string) (numbers []string, err error) {
	apps, err := n.Applications()
	if err != nil {
		return nil, err
	}
	for _, app := range apps {
		if app.State != authorisation.Accepted && app.State != authorisation.UnderExamination {
			continue
		}
		draw := sha256.Sum256([]byte(seed + "\n" + app.Case))
		if percent := n.lawOf(app).Procedure.SecondScoringPercent; binary.BigEndian.Uint64(draw[:])%100 >= uint64(max(percent, 0)) {
			continue
		}
		a, _, err := n.assessmentOf(app.Case)
		if err != nil {
			return nil, err
		}
		if a.Sample == nil {
			numbers = append(numbers, app.Case)
		}
	}
	return numbers, nil
}

// smallest are so many percent of the criteria, one at least.
func smallest(seed string, a authorisation.Assessment, percent int64) []string {
	order := map[string][32]byte{}
	for _, q := range a.Criteria {
		order[q.Code] = sha256.Sum256([]byte(seed + "\n" + a.Case + "\n" + q.Code))
	}
	codes := slices.SortedFunc(maps.Keys(order), func(x, y string) int {
		dx, dy := order[x], order[y]
		return cmp.Or(slices.Compare(dx[:], dy[:]), cmp.Compare(x, y))
	})
	n := (int64(len(codes))*max(percent, 0) + 99) / 100
	codes = codes[:min(max(n, 1), int64(len(codes)))]
	slices.Sort(codes)
	return codes
}

// SecondScore is what a second assessor found for a sample.
type SecondScore struct {
	Application string                  `json:"application"`
	Findings    []authorisation.Finding `json:"findings"`
	By          string                  `json:"by"`
	DryRun      bool                    `json:"dry_run,omitzero"`
}

// SecondScore records second scores. The answer shows them only where the first are in.
func (n *Node) SecondScore(ctx context.Context, r SecondScore) (authorisation.Assessment, error) {
	var app authorisation.Application
	a, err := n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		app = b.app
		if b.Sample == nil {
			return authorisation.SecondScore{By: b.by}, b.undecided() // refused by the machine
		}
		if err := n.visitedBy(app.Case, b.by); err != nil {
			return nil, err // what they found together is the first score
		}
		findings, err := spelledOut(n.lawOf(app), b.Sample.Criteria, sitesOf(app), r.Findings, false)
		if err != nil {
			return nil, err
		}
		for i, f := range findings {
			f.Evidence = inFull(b.Assessment, f.Evidence)
			findings[i] = f
			if err := b.Supports(f, b.by.At); err != nil {
				return nil, invalid(err)
			}
		}
		return authorisation.SecondScore{By: b.by, Findings: findings, First: app.Assessors}, b.undecided()
	}, assessors...)
	a, _ = a.Blind(app)
	return a, err
}

// A Spread is how the scores of one assessor, or of one office, differ from those of
// who scored the same.
type Spread struct {
	Who   string `json:"who"`
	Pairs int    `json:"pairs"`
	Agree int    `json:"agree"`
	// Lean is the mean difference in hundredths of a step (not met, partly, met,
	// exceeds): above zero, this one is the milder.
	Lean int `json:"lean"`
	// Apart is the mean distance, whatever its direction, in hundredths of a step.
	Apart int `json:"apart"`
}

// A ScoringReport says how consistently assessors score.
type ScoringReport struct {
	Pairs         int                  `json:"pairs"`
	Outstanding   int                  `json:"outstanding"` // applications with a sample of which a score is missing
	Assessors     []Spread             `json:"assessors"`
	Offices       []Spread             `json:"offices"`
	Disagreements []authorisation.Pair `json:"disagreements"`
}

// ScoringReport compares all that was scored twice.
func (n *Node) ScoringReport() (r ScoringReport, err error) {
	var numbers []string
	err = n.ledger.View(func(tx ledger.Projection) (err error) {
		numbers, err = view.Scoring(tx)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Disagreements = []authorisation.Pair{}
	assessors, offices := tally{}, tally{}
	for _, number := range numbers {
		a, app, err := n.assessmentOf(number)
		if err != nil {
			return r, err
		}
		seen, _ := a.Blind(app)
		if len(seen.Second) < len(a.Second) || len(a.Second) == 0 {
			r.Outstanding++
		}
		_, shown := a.Blind(app)
		for _, p := range seen.Pairs(shown) {
			r.Pairs++
			if p.First != p.Second {
				r.Disagreements = append(r.Disagreements, p)
			}
			first, okFirst := p.First.Score()
			second, okSecond := p.Second.Score()
			same, comparable := p.First == p.Second, okFirst && okSecond
			assessors.add(p.FirstBy, same, comparable, first-second)
			assessors.add(p.SecondBy, same, comparable, second-first)
			if p.Office != "" {
				offices.add(p.Office, same, comparable, first-second)
			}
		}
	}
	r.Assessors, r.Offices = assessors.spreads(), offices.spreads()
	return r, nil
}

type tally map[string]*struct{ pairs, agree, compared, lean, apart int }

func (t tally) add(who string, same, comparable bool, by int) {
	if t[who] == nil {
		t[who] = new(struct{ pairs, agree, compared, lean, apart int })
	}
	s := t[who]
	s.pairs++
	if same {
		s.agree++
	}
	if comparable {
		s.compared++
		s.lean += by
		s.apart += max(by, -by)
	}
}

func (t tally) spreads() []Spread {
	out := []Spread{}
	for _, who := range slices.Sorted(maps.Keys(t)) {
		s := t[who]
		out = append(out, Spread{who, s.pairs, s.agree, 100 * s.lean / max(s.compared, 1), 100 * s.apart / max(s.compared, 1)})
	}
	return out
}

func (d Drawn) String() string { return fmt.Sprintf("%s: %v", d.Application, d.Criteria) }
