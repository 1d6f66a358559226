package authorisation

import "fmt"

// Facts about an operator.
type (
	OperatorRegistered struct{ Holder }
	OperatorAmended    struct{ Holder }
	ReleaseGranted     struct {
		Purpose  Purpose  `json:"purpose"`
		Basis    Basis    `json:"basis"`
		Partners []string `json:"partners"`
	}
	ReleaseWithdrawn struct {
		Purpose Purpose `json:"purpose"`
	}
)

func (OperatorRegistered) event() (string, int64) { return "operator.registered", 1 }
func (OperatorAmended) event() (string, int64)    { return "operator.amended", 1 }
func (ReleaseGranted) event() (string, int64)     { return "operator.release_granted", 1 }
func (ReleaseWithdrawn) event() (string, int64)   { return "operator.release_withdrawn", 1 }

var operatorForms = map[string]form{
	"operator.registered/1":        read[OperatorRegistered],
	"operator.amended/1":           read[OperatorAmended],
	"operator.release_granted/1":   read[ReleaseGranted],
	"operator.release_withdrawn/1": read[ReleaseWithdrawn],
}

func (OperatorRegistered) opens() {}

// ApplicationAssessed is what an assessor found.
type ApplicationAssessed struct {
	Findings []Finding `json:"findings"`
}

var assessForms = map[string]form{
	"application.assessed/1": read[ApplicationAssessed],
	"application.assessed/2": read[ApplicationAssessed],
}

// withAuthority is the version of a form that names the member of a union that
// decides; the first version knew none.
func withAuthority(authority string) int64 {
	if authority == "" {
		return 1
	}
	return 2
}

// member admits the code of a member of a union, or none.
func member(authority string) error {
	if authority == "" {
		return nil
	}
	if len(authority) != 2 || authority[0] < 'A' || authority[0] > 'Z' || authority[1] < 'A' || authority[1] > 'Z' {
		return &InputError{"authority", "want two capital letters"}
	}
	return nil
}

func (h Holder) check() error {
	if len(h.Identifiers) > maxList || len(h.Names) > maxList {
		return &InputError{"identifiers or names", fmt.Sprintf("more than %d", maxList)}
	}
	for _, id := range h.Identifiers {
		if err := text("identifiers", id, maxName); err != nil {
			return err
		}
	}
	for _, n := range h.Names {
		if len(n.Script) != 4 {
			return &InputError{"names", "script is not an ISO 15924 code"}
		}
		if err := first(code("names", n.Script), text("names", n.Value, maxName)); err != nil {
			return err
		}
	}
	return first(text("legal_name", h.LegalName, maxName), h.Address.check())
}

func (a Address) check() error {
	return first(
		optional("address country", a.Country, 2), optional("address locality", a.Locality, maxName),
		optional("address postcode", a.Postcode, maxCode), optional("address street", a.Street, maxLine),
	)
}

func (d ReleaseGranted) check() error {
	return first(
		oneOf("purpose", d.Purpose, d.Purpose.Values()...),
		oneOf("basis", d.Basis, d.Basis.Values()...), codes("partners", d.Partners, 0),
	)
}

func (d ReleaseWithdrawn) check() error {
	return oneOf("purpose", d.Purpose, d.Purpose.Values()...)
}

// since is the version of a form in which a wish may name what it succeeds.
func (w Wish) since(before, with int64) int64 {
	if w.SuccessorOf != "" {
		return with
	}
	return before
}

func (w Wish) check() error {
	return first(
		code("operator", w.Operator), code("programme", w.Programme), code("type", w.Type),
		codes("components", w.Components, 1), codes("roles", w.Roles, 1), several("requirements", w.Requirements, 1, maxRequirements),
		member(w.Authority), sites(w.Sites), optionalCode("successor_of", w.SuccessorOf),
	)
}
