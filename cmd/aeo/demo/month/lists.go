package month

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
)

// Chile has no node. Its companies, invented as all are, come in a file by mail.
const (
	vineyard = "CL761234567,Valle Alto Vinos SA,OEA,exporter,in_force,2024-05-02\n"
	fishery  = "CL771234565,Pesquera Chiloe Ltda,OEA,exporter,in_force,2025-01-15\n"
	columns  = "identifier,legal_name,authorisation_type,roles,status,effective_on\n"
)

// mailed: New Zealand begins alone, with its own recognition over the list that came.
func (s *story) mailed() error {
	n := s.nodes["NZ"]
	if err := s.importList(columns+vineyard+fishery, 15); err != nil {
		return err
	}
	rule := "programme=CL-OEA,type=OEA,roles=exporter,direction=import,as=SES partner,from=" + s.day(10).Format(time.DateOnly)
	if _, err := s.aeo("NZ", "mra", "recognise", "CL-NZ", "--partner", "CL", "--title", "Decision on operators of Chile", "--citation", "invented for the demonstration",
		"--mailbox", "oea@aduana.cl.example", "--rule", rule, "--by", n.desk, "--second", n.decides); err != nil {
		return err
	}
	for _, id := range []string{"CL:rut:CL761234567", "CL:rut:CL771234565"} {
		if err := s.lookUp(id, "recognised", "by_arrangement"); err != nil {
			return err
		}
	}
	return nil
}

// mailedAgain: who is no longer on the next list has lost it with that list's day.
func (s *story) mailedAgain() error {
	if err := s.importList(columns+vineyard, 21); err != nil {
		return err
	}
	if err := s.lookUp("CL:rut:CL761234567", "recognised", "by_arrangement"); err != nil {
		return err
	}
	if err := s.lookUp("CL:rut:CL771234565", "not_in_force", "ended"); err != nil {
		return err
	}
	_, _, exit := s.try("NZ", "exchange", "reconcile", s.path("cases", "chile-15.csv"), "--partner", "CL", "--about", "them")
	s.fact(exit == 6, "the older list is told from the newer", "aeo exchange reconcile exits with %d, one authorisation differs", exit)
	return nil
}

func (s *story) importList(text string, day int) error {
	n := s.nodes["NZ"]
	file := s.path("cases", fmt.Sprintf("chile-%d.csv", day))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	out, err := s.aeo("NZ", "exchange", "import", file, "--partner", "CL", "--stated-as-of", s.day(day).Format(time.DateOnly), "--by", n.desk, "--second", n.decides)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(out), "\n")
	s.say("Chile mails a list; two officers of New Zealand take it over: %.60s", first)
	return nil
}

// borderBundle is the newest border bundle of New Zealand, with the lists.
const borderBundle = "bundles/NZ-border.aeobundle"

// lookUp notes whether New Zealand's border desk finds what it must of a number
// on a list.
func (s *story) lookUp(identifier, verdict, reason string) error {
	if _, err := s.aeo("NZ", "bundle", "pull", "--profile", "border", "--out", s.path(borderBundle)); err != nil {
		return err
	}
	line := append([]string{"check", identifier, "--bundle", s.path(borderBundle), "--anchor", s.path("nodes", "NZ", "anchor.aeoanchor"), "--no-state", "--json"}, border...)
	out, errs, _ := s.try("", line...)
	var a struct {
		Rows []struct {
			Decision answer `json:"decision"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(out, &a); err != nil || len(a.Rows) != 1 {
		return fmt.Errorf("aeo %s: %v: %s", strings.Join(line, " "), err, errs)
	}
	d := a.Rows[0].Decision
	s.fact(d.Outcome == demo.Outcome{Verdict: verdict, Reason: reason} && d.Basis == "list", identifier+" at the border of NZ", "%s, basis %s", d, d.Basis)
	return nil
}
