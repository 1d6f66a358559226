package api

import (
	"context"
	"net/http"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/gorilla/mux"
)

// localPeople are the routes about accounts, tokens and what waits for a second person.
func localPeople(r *mux.Router, n *registry.Node) {
	get(r, "/accounts", listed(n.Accounts))
	get(r, "/accounts/busy", func(*http.Request) (List[registry.Busy], error) { return listOf(n.Busy()), nil })
	get(r, "/accounts/reads", func(q *http.Request) (List[registry.Read], error) {
		v := q.URL.Query()
		return asList(n.Reads(v.Get("day"), v.Get("operator"), v.Get("account")))
	})
	get(r, "/accounts/{id}", named(n.Account))
	get(r, "/accounts/{id}/tokens", func(q *http.Request) (List[registry.Token], error) { return asList(n.Tokens(q.Context(), id(q))) })
	command(r, "/accounts", n.OpenAccount)
	command(r, "/accounts/role", n.ChangeRole)
	command(r, "/accounts/disable", n.DisableAccount)
	command(r, "/accounts/attorney", n.GiveAttorney)
	command(r, "/accounts/conflict", n.DeclareConflict)
	command(r, "/accounts/deputy", n.NameDeputy)
	command(r, "/accounts/password", n.SetPassword)

	command(r, "/login", n.Login)
	get(r, "/self", func(q *http.Request) (authorisation.Account, error) { return n.Self(q.Context()) })
	command(r, "/tokens", n.MakeToken)
	command(r, "/tokens/revoke", func(ctx context.Context, q registry.RevokeToken) (List[registry.Token], error) {
		return asList(n.RevokeToken(ctx, q))
	})

	get(r, "/approvals", func(q *http.Request) (List[authorisation.Approval], error) {
		return asList(n.Approvals(q.URL.Query().Get("closed") == "true"))
	})
	get(r, "/approvals/{id}", named(n.Approval))
	command(r, "/approvals/answer", n.Approve)
}
