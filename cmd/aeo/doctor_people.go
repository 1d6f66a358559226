package main

import (
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// people says of the accounts what somebody should look at; nothing where there are none.
func (h *health) people(c *client) error {
	var accounts api.List[authorisation.Account]
	if err := c.get("/accounts", &accounts); err != nil || len(accounts.Items) == 0 {
		return err
	}
	administrators := 0
	for _, a := range accounts.Items {
		for _, held := range a.Roles {
			if held.Role == access.Administrator && !a.Disabled {
				administrators++
			}
		}
	}
	if administrators < 2 {
		h.look("accounts", "aeo user role ACCOUNT administrator", "%s: what takes two of them takes one", counted(administrators, "administrator"))
	}
	var busy api.List[registry.Busy]
	if err := c.get("/accounts/busy", &busy); err != nil {
		return err
	}
	for _, b := range busy.Items {
		h.look("accounts", commandLine("aeo", "user", "disable", b.Account, "--reason", "REASON"), "%s did %d acts within an hour; a person does %d at most", b.Account, b.Acts, b.Limit)
	}
	return nil
}
