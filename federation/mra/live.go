package mra

import "time"

// Live reports whether a recognises anything of b, or b of a, at an instant.
func (r *Register) Live(a, b string, at time.Time) bool {
	for _, arrangement := range r.arrangements {
		for _, v := range arrangement.versions {
			for _, rule := range v.annex.Recognitions {
				if rule.By == a && rule.Of == b || rule.By == b && rule.Of == a {
					q := Query{By: rule.By, Of: rule.Of, Programme: rule.Programme, Type: rule.AuthorisationType, Held: rule.Roles, At: at}
					if r.Evaluate(q).Failure == OK {
						return true
					}
				}
			}
		}
	}
	return false
}
