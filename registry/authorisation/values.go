package authorisation

// What a word of the law may be: each Values lists all there are, for the checks of
// events and for whoever describes requests and answers. An empty word is none.

// Values are the states of an application.
func (ApplicationState) Values() []ApplicationState {
	return []ApplicationState{Draft, Submitted, InfoRequested, Accepted, UnderExamination, Hearing, NotAccepted, DecidedGrant, DecidedRefuse, ApplicationWithdrew, Lapsed}
}

// Values are how an appeal may end.
func (Outcome) Values() []Outcome { return []Outcome{Dismissed, Upheld, AppealWithdrawn} }

// Values are who may undo a decision.
func (Remedy) Values() []Remedy { return []Remedy{ByCourt, ByReview, ByError} }

// Values are the answers to a consultation.
func (Answer) Values() []Answer { return []Answer{AgreesConsultation, Objects, SilentConsultation} }

// Values are the ways a decision reaches somebody.
func (Channel) Values() []Channel { return []Channel{ByPortal, ByPost, ByHand, ByPublication} }

// Values are the states of what waits for a second person.
func (ApprovalState) Values() []ApprovalState {
	return []ApprovalState{ApprovalProposed, ApprovalGiven, ApprovalDone, ApprovalFailed, ApprovalRefused, ApprovalLapsed}
}

// Values are the states of a component.
func (State) Values() []State { return []State{PendingEffect, Effective, Suspended, Ended} }

// Values are the acts on a component.
func (Act) Values() []Act {
	return []Act{ActTakeEffect, ActSuspend, ActReinstate, ActRevoke, ActAnnul, ActWithdraw, ActExpire}
}

// Values are the results of a finding, and those of a holder's own check.
func (Result) Values() []Result {
	return []Result{Exceeds, Met, Partly, NotMet, NotApplicable, InOrder, ToImprove}
}

// Values are how grave a finding is.
func (Severity) Values() []Severity { return []Severity{Observation, Minor, Major} }

// Values are the weights of a criterion beside [Must].
func (Weight) Values() []Weight { return []Weight{Grave, Should} }

// Values are what a re-check may propose.
func (Proposal) Values() []Proposal {
	return []Proposal{Keep, ProposeAmend, ProposeSuspend, ProposeRevoke}
}

// Values are the kinds of a holder's reports.
func (ReportKind) Values() []ReportKind {
	return []ReportKind{ReportChange, ReportIncident, ReportCargo, ReportSelfAssessment, ReportInternalAudit, ReportRenewal}
}

// Values are the orders about goods.
func (GoodsOrder) Values() []GoodsOrder { return []GoodsOrder{Hold, LetGo} }

// Values are what data about a holder may be let out for.
func (Purpose) Values() []Purpose { return []Purpose{Publication, Exchange, Presentation} }

// Values are on what a release rests.
func (Basis) Values() []Basis { return []Basis{ByConsent, ByLaw, ByTerms} }

// Values are the grounds of a suspension.
func (Ground) Values() []Ground { return []Ground{OnDoubt, ForRemedy, OnRequest} }

// Values are the states of a visit.
func (VisitState) Values() []VisitState {
	return []VisitState{VisitPlanned, VisitReported, VisitSignedOff, VisitCancelled}
}
