package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// An Outcome is what a verification came to.
type Outcome struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
}

// A Case is one verification: what was asked, what it must answer, what it answered.
type Case struct {
	Name    string   `json:"name"`
	Command string   `json:"command"` // verify, check
	Input   string   `json:"input"`   // file below the demo's directory; identifier for check
	Args    []string `json:"args"`
	Bundle  string   `json:"bundle"`
	Anchor  string   `json:"anchor"`
	Expect  Outcome  `json:"expect"`
	Got     Outcome  `json:"got"`
	Exit    int      `json:"exit"`
	MS      int64    `json:"ms"`
}

// A Fact is something that must hold while the nodes of a demo live.
type Fact struct {
	Name string `json:"name"`
	At   int64  `json:"at"` // of the demo's clock
	OK   bool   `json:"ok"`
	Got  string `json:"got"` // what was found, in words
}

// A Report is report.json (aeo.demo/1).
type Report struct {
	Schema string  `json:"schema"`
	Now    int64   `json:"now"`
	Facts  []Fact  `json:"facts,omitempty"` // of a demo that looks at its nodes while they live
	Cases  []*Case `json:"cases"`

	LeftOut []string `json:"left_out,omitempty"` // names of cases whose nodes are not there
}

// Failed are the cases that did not come to what they must.
func (r *Report) Failed() []*Case {
	var out []*Case
	for _, c := range r.Cases {
		if c.Got != c.Expect {
			out = append(out, c)
		}
	}
	return out
}

// Untrue are the facts that do not hold.
func (r *Report) Untrue() []Fact {
	return slices.DeleteFunc(slices.Clone(r.Facts), func(f Fact) bool { return f.OK })
}

// Write writes report.json into the directory of a demo.
func (r *Report) Write(dir string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "report.json"), append(raw, '\n'), 0o600)
}

// Run runs the program itself with a command line and returns its standard output and exit code.
type Run func(args []string) (stdout []byte, exit int)

// Ask asks one case of the program, as anybody can repeat it afterwards.
func (c *Case) Ask(dir string, run Run) error {
	start := time.Now()
	out, exit := run(c.line(dir))
	c.MS, c.Exit = time.Since(start).Milliseconds(), exit
	var answer struct {
		Outcome
		Rows []struct {
			Decision Outcome `json:"decision"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return fmt.Errorf("case %s: the answer is no JSON: %w: %.200s", c.Name, err, out)
	}
	c.Got = answer.Outcome
	if len(answer.Rows) == 1 {
		c.Got = answer.Rows[0].Decision
	}
	return nil
}

func (c *Case) line(dir string) []string {
	input := c.Input
	if c.Command == "verify" {
		input = filepath.Join(dir, input)
	}
	line := []string{c.Command, input, "--bundle", filepath.Join(dir, c.Bundle), "--anchor", filepath.Join(dir, c.Anchor)}
	if c.remembers() {
		line = append(line, "--state", filepath.Join(dir, "state"))
	} else {
		line = append(line, "--no-state")
	}
	return append(append(line, c.Args...), "--json")
}

// remembers: only the cases about rollback need what the verifier has seen before.
func (c *Case) remembers() bool { return len(c.Name) >= 11 && c.Name[:11] == "rolled-back" }
