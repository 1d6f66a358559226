package authorisation

import "fmt"

// Renew lets an authorisation that ends by itself last until a later instant. Like a
// grant it takes two officers.
type Renew struct {
	By
	ExpiresAt int64
	Second    string
}

func (Renew) name() string { return "renew" }

// AuthorisationRenewed moves the end of all components that have not ended.
type AuthorisationRenewed struct {
	ExpiresAt int64  `json:"expires_at"`
	Second    string `json:"second"`
}

func (AuthorisationRenewed) event() (string, int64) { return "authorisation.renewed", 1 }

var renewalForms = map[string]form{"authorisation.renewed/1": read[AuthorisationRenewed]}

func (a Authorisation) renew(c Renew) ([]Event, error) {
	if err := twoOfficers(c.By, c.Second); err != nil {
		return nil, fmt.Errorf("renew: %w", err)
	}
	switch {
	case a.Ended():
		return nil, &TransitionError{a.words(), c.name(), "it has ended: a new application is needed"}
	case a.ExpiresAt == 0:
		return nil, &TransitionError{a.words(), c.name(), "it is unlimited"}
	case c.ExpiresAt <= a.ExpiresAt:
		return nil, &InputError{"expires_at", "not later than it ends now"}
	}
	return one(c.By, c.At, AuthorisationRenewed{c.ExpiresAt, c.Second})
}

func (a *Authorisation) renewed(d AuthorisationRenewed) {
	a.ExpiresAt = d.ExpiresAt
	for i := range a.Components {
		if a.Components[i].State != Ended {
			a.Components[i].await(ActExpire, d.ExpiresAt)
		}
	}
}

func (d AuthorisationRenewed) check() error {
	return first(instant("expires_at", d.ExpiresAt), text("second", d.Second, maxName))
}
