package registry

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/go-json-experiment/json/jsontext"
)

// What takes two people is asked for by one account and agreed to by another: the
// request waits as an approval, in its very bytes, and is carried out with both
// names when the second agrees. Nobody can name the second.

const (
	approvalLife = 7 * 24 * time.Hour
	maxApproval  = 8 << 20 // bytes of a request
)

// AwaitsSecond says that a request was taken down and waits for a second person.
type AwaitsSecond struct{ Approval authorisation.Approval }

func (e *AwaitsSecond) Error() string {
	return fmt.Sprintf("%s waits for a second person until %s", e.Approval.Case, time.Unix(e.Approval.ExpiresAt, 0).UTC().Format(time.RFC3339))
}

var approvalCases = caseKind[authorisation.Approval]{
	view.Approval, func(a authorisation.Approval) string {
		if a.Operator != "" {
			return a.Operator
		}
		return a.Case
	},
}

// A jointAct is what takes two people, each in one of the roles.
type jointAct struct {
	may []access.Role
	// about is the case a request is about; "" where it is about none.
	about func(request []byte) (string, error)
	run   func(ctx context.Context, request []byte, dryRun bool) (any, error)
}

// joint makes a jointAct of a method whose request says for itself whether it is a dry run.
func joint[R, A any](do func(context.Context, R) (A, error), dryRun func(*R) *bool, about func(R) string, may ...access.Role) jointAct {
	return jointAct{may: may,
		about: func(request []byte) (string, error) {
			var r R
			err := jcs.Unmarshal(request, &r)
			return about(r), err
		},
		run: func(ctx context.Context, request []byte, dry bool) (any, error) {
			var r R
			if err := jcs.Unmarshal(request, &r); err != nil {
				return nil, err
			}
			*dryRun(&r) = dry
			return do(ctx, r)
		}}
}

func none[R any](R) string { return "" }

// jointActs are all acts that take two people, by the path they are posted to.
func (n *Node) jointActs() map[string]jointAct {
	measure := func(m *Measure) *bool { return &m.DryRun }
	about := func(m Measure) string { return m.Authorisation }
	return map[string]jointAct{
		"authorisations/revoke": joint(n.Revoke, measure, about, access.DecisionMaker),
		"authorisations/renew":  joint(n.Renew, measure, about, access.DecisionMaker),
		"authorisations/annul":  joint(n.Annul, measure, about, access.DecisionMaker),
		"authorisations/set-aside": joint(n.SetAsideMeasure, func(r *TakeBackMeasure) *bool { return &r.DryRun },
			func(r TakeBackMeasure) string { return r.Authorisation }, access.DecisionMaker),
		"authorisations/stay": joint(n.StayMeasure, func(r *TakeBackMeasure) *bool { return &r.DryRun },
			func(r TakeBackMeasure) string { return r.Authorisation }, access.DecisionMaker),
		"accounts/role":      joint(n.ChangeRole, func(r *ChangeRole) *bool { return &r.DryRun }, none, access.Administrator),
		"accounts/disable":   joint(n.DisableAccount, func(r *DisableAccount) *bool { return &r.DryRun }, none, access.Administrator),
		"keys/rotate":        joint(n.RotateKey, func(r *RotateKey) *bool { return &r.DryRun }, none, access.Administrator),
		"mras/sign":          joint(n.SignAnnex, func(r *SignAnnex) *bool { return &r.DryRun }, none, access.MRAOfficer, access.DecisionMaker),
		"mras/notices":       joint(n.GiveNotice, func(r *GiveNotice) *bool { return &r.DryRun }, none, access.MRAOfficer, access.DecisionMaker),
		"recognitions":       joint(n.Recognise, func(r *Recognise) *bool { return &r.DryRun }, none, access.MRAOfficer, access.DecisionMaker),
		"lists":              joint(n.ImportList, func(r *ImportList) *bool { return &r.DryRun }, none, access.MRAOfficer, access.DecisionMaker),
		"imports":            joint(n.ImportRegister, func(r *ImportRegister) *bool { return &r.DryRun }, none, access.DecisionMaker),
		"programme/approve":  joint(n.ApproveProgramme, func(r *ApproveDocument) *bool { return &r.DryRun }, none, access.Administrator, access.DecisionMaker),
		"programme/activate": joint(n.ActivateProgramme, func(r *ActivateDocument) *bool { return &r.DryRun }, none, access.Administrator, access.DecisionMaker),
		"peers/thaw":         joint(n.ThawPeer, func(r *ThawPeer) *bool { return &r.DryRun }, none, access.MRAOfficer, access.DecisionMaker),
	}
}

// TakesTwo reports whether what is posted to a path of the API, such as
// authorisations/revoke, takes two people.
func TakesTwo(act string) bool {
	_, ok := (*Node)(nil).jointActs()[act]
	return ok
}

// jointly holds for an act that takes two people, before anything of it is done. It
// fills in both. Until there are accounts the request names them; an account's
// request is taken down, which is the error [AwaitsSecond], unless it is the one a
// second person has agreed to.
func (n *Node) jointly(ctx context.Context, what string, request any, by, second *string, dryRun bool) error {
	c := CallerOf(ctx)
	if c.Account == "" {
		known, err := n.peopled()
		if err != nil {
			return err
		}
		if known {
			return fmt.Errorf("%w: this takes two of them", ErrUnauthenticated)
		}
		return twoPeople(*by, *second)
	}
	act, ok := n.jointActs()[what]
	if !ok {
		return fmt.Errorf("%s is no act of two people", what)
	}
	if err := unnamed(ctx, *second); err != nil {
		return err
	}
	raw, err := jcs.Marshal(request)
	if err != nil {
		return err
	}
	about, err := act.about(raw)
	if err != nil {
		return err
	}
	who, err := n.by(ctx, about, *by, act.may...)
	if err != nil {
		return err
	}
	*by, *second = who.Actor, c.second
	if c.second == "" {
		*second = "a second person" // whom a dry run cannot know
		if !dryRun {
			return n.proposeApproval(ctx, what, about, raw, act)
		}
	}
	return nil
}

// permit holds where whoever calls may act in one of the roles; until there are
// accounts, for everybody.
func (n *Node) permit(ctx context.Context, may ...access.Role) error {
	_, err := n.by(ctx, "", "", may...)
	return err
}

// alone fills in who does what one person may do towards partners.
func (n *Node) alone(ctx context.Context, named *string) error {
	by, err := n.by(ctx, "", *named, access.MRAOfficer, access.DecisionMaker)
	if err == nil && strings.TrimSpace(by.Actor) == "" {
		err = fmt.Errorf("%w: by is missing", ErrNotAllowed)
	}
	*named = by.Actor
	return err
}

// unnamed holds where a second person may be named in a request: until there are
// accounts, which agree by themselves.
func unnamed(ctx context.Context, second string) error {
	if CallerOf(ctx).Account != "" && second != "" {
		return fmt.Errorf("%w: the second person agrees by themselves: leave second out", ErrInvalid)
	}
	return nil
}

// proposeApproval takes a request down that could be carried out now.
func (n *Node) proposeApproval(ctx context.Context, what, about string, raw []byte, act jointAct) error {
	if len(raw) > maxApproval {
		return fmt.Errorf("%w: the request has more than %d bytes", ErrInvalid, maxApproval)
	}
	c := CallerOf(ctx)
	c.Request, c.Heard = authorisation.Origin{}, nil // the key is that of the approval
	if _, err := act.run(WithCaller(ctx, c), raw, true); err != nil {
		return err
	}
	operator, err := n.operatorOf(about)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	asked := authorisation.ApprovalAsked{What: what, SHA256: hex.EncodeToString(sum[:]), Operator: operator, ExpiresAt: n.now().Add(approvalLife).Unix()}
	if len(raw) <= authorisation.MaxRequest {
		asked.Request = jsontext.Value(raw)
	} else if err := n.keepRequest(asked.SHA256, raw); err != nil {
		return err
	}
	var a authorisation.Approval
	err = n.openCase(n.series("APR"), func(number string) (bool, error) {
		by, err := n.by(ctx, number, "", act.may...)
		if err != nil {
			return false, err
		}
		a, err = enact(ctx, n, approvalCases, a, authorisation.ProposeApproval{By: by, ApprovalAsked: asked}, false)
		return true, err
	})
	if err != nil {
		return err
	}
	return &AwaitsSecond{a}
}

func (p paths) approvals() string { return filepath.Join(p.dir, "approvals") }

// keepRequest keeps one that is too large for an event, under its digest.
func (n *Node) keepRequest(digest string, raw []byte) error {
	if err := os.MkdirAll(n.paths.approvals(), 0o700); err != nil {
		return err
	}
	return peer.ReplaceFile(filepath.Join(n.paths.approvals(), digest), raw)
}

// requestOf is the request of an approval, the very bytes.
func (n *Node) requestOf(a authorisation.Approval) ([]byte, error) {
	if a.Request != nil {
		return a.Request, nil
	}
	raw, err := readBounded(filepath.Join(n.paths.approvals(), a.SHA256), maxApproval)
	if err != nil {
		return nil, fmt.Errorf("read the request of %s: %w", a.Case, err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != a.SHA256 {
		return nil, fmt.Errorf("%w: the request of %s is not the one that was kept", ErrConflict, a.Case)
	}
	return raw, nil
}

// dropRequest removes the file of a request that is closed.
func (n *Node) dropRequest(a authorisation.Approval) error {
	if a.Request != nil {
		return nil
	}
	err := os.Remove(filepath.Join(n.paths.approvals(), a.SHA256))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Approve is a second person's answer.
type Approve struct {
	Approval string `json:"approval"`
	SHA256   string `json:"sha256,omitzero"` // of the request that was looked at; empty = as it stands
	Refuse   bool   `json:"refuse,omitzero"`
	Reason   string `json:"reason,omitzero"` // of a refusal
	By       string `json:"by,omitzero"`
	DryRun   bool   `json:"dry_run,omitzero"`
}

// Approved is an approval with what came of it.
type Approved struct {
	Approval authorisation.Approval `json:"approval"`
	Result   any                    `json:"result,omitzero"`
}

// answerAct is the path of the API a second person's answer is posted to.
const answerAct = "approvals/answer"

// Approve agrees to a request of another, and carries it out with both names; or
// refuses it, which who asked may too. Agreement is durable before the act: one that
// a crash kept from being carried out is repeated by agreeing again.
func (n *Node) Approve(ctx context.Context, r Approve) (*Approved, error) {
	defer n.lockCase(r.Approval)()
	a, err := readCase(n, r.Approval, view.Approval)
	if err != nil {
		return nil, err
	}
	if err := n.match(ctx, r.Approval); err != nil {
		return nil, err
	}
	act, ok := n.jointActs()[a.What]
	if !ok {
		return nil, fmt.Errorf("%w: this node knows no %s", ErrConflict, a.What)
	}
	by, err := n.by(ctx, a.Case, r.By, act.may...)
	if err != nil {
		return nil, err
	}
	if r.SHA256 != "" && r.SHA256 != a.SHA256 {
		return nil, fmt.Errorf("%w: %s is about another request", ErrConflict, a.Case)
	}
	if r.Refuse {
		a, err = enact(ctx, n, approvalCases, a, authorisation.RefuseApproval{By: by, Reason: r.Reason}, r.DryRun)
		if err == nil && !r.DryRun {
			err = n.dropRequest(a)
		}
		return &Approved{Approval: a}, err
	}
	if !a.State.Open() && a.Second == by.Actor {
		if d, found, err := n.requested(CallerOf(ctx).Request); err != nil || found && d.Number == a.Case {
			return &Approved{Approval: a}, err // the same answer once more
		}
	}
	raw, err := n.requestOf(a)
	if err != nil {
		return nil, err
	}
	again := a.State == authorisation.ApprovalGiven && a.Second == by.Actor
	if !again {
		if a, err = enact(ctx, n, approvalCases, a, authorisation.GiveApproval{By: by}, r.DryRun); err != nil {
			return nil, err
		}
	}
	together := WithCaller(ctx, Caller{Account: a.By, Act: a.What, second: by.Actor})
	result, failed := act.run(together, raw, r.DryRun)
	if r.DryRun || ctx.Err() != nil {
		return &Approved{a, result}, failed
	}
	settle := authorisation.SettleApproval{By: by}
	settle.At = n.now().Unix()
	if failed != nil {
		settle.Failed = oneLine(shortened(failed))
	}
	if a, err = enact(ctx, n, approvalCases, a, settle, false); err != nil {
		return nil, errors.Join(failed, err)
	}
	return &Approved{a, result}, errors.Join(failed, n.dropRequest(a))
}

// oneLine is a text as an event can hold it.
func oneLine(text string) string {
	return cmp.Or(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.C) }), " "), "it failed")
}

// lapse closes an approval whose time has run out.
func (n *Node) lapse(ctx context.Context, number string) error {
	a, err := act(ctx, n, approvalCases, number, false, func(a authorisation.Approval) (authorisation.Command, error) {
		return authorisation.LapseApproval{By: authorisation.By{Case: a.Case, Actor: authorisation.Scheduler, At: n.now().Unix()}}, nil
	})
	if err != nil {
		return err
	}
	return n.dropRequest(a)
}

// Approval reads one approval, with the request for as long as it waits: nobody
// should agree to what they cannot look at.
func (n *Node) Approval(number string) (authorisation.Approval, error) {
	a, err := readCase(n, number, view.Approval)
	if err == nil && a.State.Open() && a.Request == nil {
		a.Request, err = n.requestOf(a)
	}
	return a, err
}

// Approvals lists those that are open, with all also those that are closed.
func (n *Node) Approvals(closed bool) (out []authorisation.Approval, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.Approvals(tx)
		return err
	})
	if !closed {
		out = slices.DeleteFunc(out, func(a authorisation.Approval) bool { return !a.State.Open() })
	}
	return out, err
}
