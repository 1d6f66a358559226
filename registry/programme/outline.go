package programme

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// OutlineFormat is the format name of an outline.
const OutlineFormat = "aeo.outline/2"

// base is what an outline leaves open: the criteria of the SAFE Framework by
// their letters, and the most careful answer to everything else, marked unsure.
//
//go:embed base.json
var base []byte

// An outline is a pack of which only what tells one programme from another was
// entered. It works and says what nobody has looked up; an administration that
// runs a node replaces it by a whole pack.
type outline struct {
	Format         string    `json:"format"`
	Territory      string    `json:"territory"`
	Name           string    `json:"name"`
	Administration string    `json:"administration"`
	TimeZone       string    `json:"time_zone"`
	Code           string    `json:"code"`
	Title          string    `json:"title"`
	Since          int       `json:"since"`
	Types          []Type    `json:"types"`
	Roles          []RoleUse `json:"roles"`
	Scheme         Scheme    `json:"scheme"`
	Notes          []Note    `json:"notes"`
}

// formatOf is the format a pack's JSON says it has.
func formatOf(raw []byte) string {
	var p struct {
		Format string `json:"format"`
	}
	if jcs.UnmarshalOpen(raw, &p) != nil {
		return ""
	}
	return p.Format
}

// complete is the pack an outline stands for, as JSON.
func complete(raw []byte) ([]byte, error) {
	var o outline
	if err := jcs.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	p := new(Pack)
	if err := jcs.Unmarshal(base, p); err != nil {
		return nil, fmt.Errorf("base: %w", err)
	}
	p.Format, p.Territory, p.Name, p.Administration, p.TimeZone = Format, o.Territory, o.Name, o.Administration, o.TimeZone
	p.Code, p.Title, p.Since, p.Types, p.Roles, p.Schemes, p.Notes = o.Code, o.Title, o.Since, o.Types, o.Roles, []Scheme{o.Scheme}, o.Notes
	p.Contact.Mailbox = "aeo@customs." + strings.ToLower(o.Territory) + ".example"
	p.Members = []Member{}
	p.Procedure.Visit = map[string]string{}
	for _, t := range p.Types {
		if len(t.Components) == 0 {
			p.Procedure.Visit[t.Code] = VisitRiskBased
		}
	}
	return jcs.Marshal(p)
}
