package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// A company is an invented trader; its identifier is well formed and nobody's.
type company struct {
	file       string // credentials/<file>.aeo
	at         string // whose node
	name       string
	names      []authorisation.Name
	identifier string
	address    authorisation.Address
	kind       string // type applied for
	roles      []string
	listed     bool // released for publication
	grantDay   int  // days before the present; 0 = with the others
}

var companies = []company{
	{file: "southern-orchards", at: "NZ", name: "Southern Orchards Ltd", identifier: "12345678A", kind: "SES", roles: []string{"exporter", "packer"}, listed: true,
		address: authorisation.Address{Country: "NZ", Locality: "Nelson", Postcode: "7010", Street: "14 Harbour Road"}},
	{file: "kauri-timber", at: "NZ", name: "Kauri Timber Exports Ltd", identifier: "23456789B", kind: "SES", roles: []string{"exporter"}, listed: true},
	{file: "tasman-dairy", at: "NZ", name: "Tasman Dairy Co-operative", identifier: "34567890C", kind: "SES", roles: []string{"exporter", "manufacturer"}},
	{file: "harbour-wool", at: "NZ", name: "Harbour Wool Ltd", identifier: "45678901D", kind: "SES", roles: []string{"exporter"}},
	{file: "coromandel-honey", at: "NZ", name: "Coromandel Honey Ltd", identifier: "56789012E", kind: "SES", roles: []string{"exporter"}},
	{file: "waikato-machinery", at: "NZ", name: "Waikato Machinery Ltd", identifier: "67890123F", kind: "SES", roles: []string{"exporter"}},
	{file: "otago-fruit", at: "NZ", name: "Otago Fruit Packers Ltd", identifier: "78901234G", kind: "SES", roles: []string{"exporter"}},
	{file: "sakura-precision", at: "JP", name: "Sakura Precision KK", identifier: "JP12345678901234567", kind: "AEO-EXPORTER", roles: []string{"exporter"}, listed: true,
		names: []authorisation.Name{{Script: "Jpan", Value: "桜精密株式会社"}}},
	{file: "minato-brokers", at: "JP", name: "Minato Customs Brokers KK", identifier: "JP23456789012345678", kind: "AEO-BROKER", roles: []string{"broker"}},
	{file: "merlion-components", at: "SG", name: "Merlion Components Pte Ltd", identifier: "AEOSG201912345K01", kind: "STP-PLUS", roles: []string{"exporter", "manufacturer"}},
	{file: "prairie-instruments", at: "US", name: "Prairie Instruments Inc", identifier: "CT10012345", kind: "TIER3", roles: []string{"exporter", "manufacturer"}},
	{file: "lakeside-freight", at: "US", name: "Lakeside Freight Inc", identifier: "CT20023456", kind: "TIER1", roles: []string{"forwarder"}},
	{file: "rhein-maschinenbau", at: "DE", name: "Rhein Maschinenbau GmbH", identifier: "DE1234567", kind: "AEOF", roles: []string{"exporter", "manufacturer"}, listed: true},
	{file: "elbe-optik", at: "DE", name: "Elbe Optik GmbH", identifier: "DE2345678", kind: "AEOS", roles: []string{"exporter"}, grantDay: 1},
}

// invented is why companies that do not exist were not visited.
var invented = authorisation.Without{Visit: "the company is invented"}

// Holders are the companies' names and whether each is released for publication.
func Holders() map[string]bool {
	out := map[string]bool{sensorik.name: sensorik.listed}
	for _, c := range companies {
		out[c.name] = c.listed
	}
	return out
}

// A holder is a company with its authorisation.
type holder struct {
	company
	authorisation string
}

// carry takes a company from registration to a grant, as officers would: one
// accepts and assesses, another decides.
func (w *world) carry(c company) (*holder, error) {
	s, o := w.sites[c.at], officers[c.at]
	trader := c.name
	if s.people != nil {
		trader = o.desk // takes down what comes on paper
	}
	op, err := s.node.RegisterOperator(w.as(c.at, o.desk), registry.RegisterOperator{By: o.desk, Holder: authorisation.Holder{
		LegalName: c.name, Names: c.names, Identifiers: []string{c.identifier}, Address: c.address}})
	if err != nil {
		return nil, fmt.Errorf("register %s: %w", c.name, err)
	}
	app, err := s.node.SubmitApplication(w.as(c.at, trader), registry.SubmitApplication{Operator: op.Case, Type: c.kind, Roles: c.roles, By: trader})
	if err != nil {
		return nil, fmt.Errorf("apply for %s: %w", c.name, err)
	}
	if _, err := s.node.AcceptApplication(w.as(c.at, o.desk), registry.AcceptApplication{Application: app.Case, By: o.desk}); err != nil {
		return nil, fmt.Errorf("accept %s: %w", c.name, err)
	}
	if _, err := s.node.AssessApplication(w.as(c.at, o.assessor), registry.AssessApplication{Application: app.Case, AllMet: true, By: o.assessor}); err != nil {
		return nil, fmt.Errorf("assess %s: %w", c.name, err)
	}
	_, err = s.node.DecideApplication(w.as(c.at, o.assessor), registry.DecideApplication{Application: app.Case, Grant: true, By: o.assessor})
	if !errors.Is(err, registry.ErrNotAllowed) {
		return nil, fmt.Errorf("the assessor of %s decided it alone: %v", c.name, err)
	}
	app, err = s.node.DecideApplication(w.as(c.at, o.decides), registry.DecideApplication{Application: app.Case, Grant: true, Without: invented, By: o.decides})
	if err != nil {
		return nil, fmt.Errorf("grant %s: %w", c.name, err)
	}
	if c.listed {
		if _, err := s.node.ReleaseOperator(w.as(c.at, trader), registry.ReleaseOperator{Operator: op.Case, Purpose: authorisation.Publication, Basis: authorisation.ByConsent, By: trader}); err != nil {
			return nil, fmt.Errorf("release %s: %w", c.name, err)
		}
	}
	return &holder{c, app.Authorisation}, nil
}

// save writes the credential file of a holder as it is now.
func (w *world) save(h *holder, name string, components ...string) error {
	raw, err := w.sites[h.at].node.ExportCredential(registry.ExportCredential{Authorisation: h.authorisation, Components: components})
	if err != nil {
		return fmt.Errorf("export credential of %s: %w", h.name, err)
	}
	return os.WriteFile(filepath.Join(w.dir, name), raw, 0o600)
}
