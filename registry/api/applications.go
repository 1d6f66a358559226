package api

import (
	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

// localApplications are the procedure of an application, from draft to appeal.
func localApplications(r *mux.Router, n *registry.Node) {
	get(r, "/applications/{id}", named(n.ApplicationFile))
	command(r, "/applications", n.SubmitApplication)
	command(r, "/applications/draft", n.DraftApplication)
	command(r, "/applications/request-info", n.RequestInformation)
	command(r, "/applications/answer", n.GiveInformation)
	command(r, "/applications/accept", n.AcceptApplication)
	command(r, "/applications/extend", n.ChangePeriod)
	command(r, "/applications/consult", n.Consult)
	command(r, "/applications/answer-consultation", n.AnswerConsultation)
	command(r, "/applications/assess", n.AssessApplication)
	command(r, "/applications/hear", n.HearApplicant)
	command(r, "/applications/reply", n.ReplyToGrounds)
	command(r, "/applications/assign", n.AssignApplication)
	command(r, "/applications/decide", n.DecideApplication)
	command(r, "/applications/withdraw", n.WithdrawApplication)
	command(r, "/applications/serve", n.ServeDecision)
	command(r, "/applications/appeal", n.AppealApplication)
	command(r, "/applications/stay", n.StayApplication)
	command(r, "/applications/set-aside", n.SetAsideApplication)
	command(r, "/applications/rectify", n.RectifyApplication)
}
