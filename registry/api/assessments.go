package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/files"
	"github.com/gorilla/mux"
)

const (
	evidencePath  = "/applications/evidence"
	uploadTimeout = 5 * time.Minute
	uploadsAtOnce = 4 // what bounds the memory they take: each twice its size
	uploadsOfOne  = 2 // who sends slowly keeps others waiting
	uploadWait    = 10 * time.Second
)

// localAssessments are what is gathered beside an application.
func localAssessments(r *mux.Router, n *registry.Node) {
	get(r, "/applications/{id}/assessment", named(n.Assessment))
	get(r, "/applications/{id}/questionnaire", named(n.Questionnaire))
	command(r, "/applications/questionnaire", n.AnswerQuestionnaire)
	command(r, "/applications/section", n.AssignSection)
	uploads := newPlaces(uploadsAtOnce, uploadsOfOne, uploadWait)
	describe(r, http.MethodPost, evidencePath, nil, reflect.TypeFor[authorisation.Assessment](), "", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		leave, err := uploads.enter(q.Context(), registry.CallerOf(q.Context()).Account)
		if err != nil {
			refuse(w, err)
			return
		}
		defer leave()
		addEvidence(w, q, n)
	}))
	raw(r, http.MethodPost, evidencePath+"/read", "application/octet-stream", func(w http.ResponseWriter, q *http.Request) { readEvidence(w, q, n) })
	get(r, "/evidence/check", reading(n.CheckFiles))
	command(r, "/applications/certificates", n.RegisterCertificate)
	command(r, "/applications/young", n.JudgeYoung)
	command(r, "/applications/actions", n.RequireAction)
	command(r, "/applications/actions/extend", n.ExtendAction)
	command(r, "/applications/actions/close", n.CloseAction)
	command(r, "/applications/scores", n.SecondScore)
	get(r, "/scoring", reading(n.ScoringReport))
	command(r, "/scoring/draw", func(ctx context.Context, q registry.DrawSample) (List[registry.Drawn], error) {
		return asList(n.DrawSample(ctx, q))
	})
}

// addEvidence takes a file as the body of the request, of any media type: what it
// is, is told from its content. What describes it is in the query.
func addEvidence(w http.ResponseWriter, r *http.Request, n *registry.Node) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTimeout))
	e, err := described(r)
	if err == nil {
		err = n.MayTouch(r.Context(), e.Application) // before the file is read
	}
	if err != nil {
		refuse(w, err)
		return
	}
	var content bytes.Buffer
	content.Grow(int(min(max(r.ContentLength, 0), files.MaxFile)) + bytes.MinRead)
	if _, err := content.ReadFrom(r.Body); err != nil {
		refuse(w, fmt.Errorf("%w: read the file: %w", registry.ErrInvalid, err))
		return
	}
	ctx, heard, err := bound(r, evidencePath+"?"+r.URL.RawQuery, content.Bytes(), true)
	if err != nil {
		refuse(w, err)
		return
	}
	var resp any
	done, again, err := n.Once(ctx, func() (err error) {
		resp, err = n.AddEvidence(ctx, e, content.Bytes())
		return err
	})
	replays(w, again)
	if again {
		resp = done
	}
	if err == nil {
		resp, err = shownTo(r, resp)
	}
	if err == nil {
		tagged(w, heard.Version())
	}
	answerJSON(w, resp, err)
}

// described reads the description of a file; a member nobody knows is refused, as in a body.
func described(r *http.Request) (e registry.AddEvidence, err error) {
	for name, values := range r.URL.Query() {
		if name == "criterion" {
			e.Criteria = values
			continue
		}
		if len(values) != 1 {
			return e, fmt.Errorf("%w: %.40q is given %d times", registry.ErrInvalid, name, len(values))
		}
		switch v := values[0]; name {
		case "application":
			e.Application = v
		case "title":
			e.Title = v
		case "site":
			e.Site = v
		case "keep_until":
			if e.KeepUntil, err = strconv.ParseInt(v, 10, 64); err != nil {
				return e, fmt.Errorf("%w: keep_until %.40q is no number of seconds", registry.ErrInvalid, v)
			}
		case "by":
			e.By = v
		case "dry_run":
			e.DryRun = v == "true"
		default:
			return e, fmt.Errorf("%w: %.40q describes no file", registry.ErrInvalid, name)
		}
	}
	return e, nil
}

// readEvidence answers with the content, to be kept and not to be shown: whoever
// handed it in may mean harm.
func readEvidence(w http.ResponseWriter, r *http.Request, n *registry.Node) {
	raw, err := io.ReadAll(r.Body)
	var req registry.ReadEvidence
	if err == nil {
		err = jcs.Unmarshal(raw, &req)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", registry.ErrInvalid, err)
	} else {
		err = mayTouch(r, req)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	e, content, err := n.ReadEvidence(r.Context(), req)
	if errors.Is(err, files.ErrMissing) || errors.Is(err, files.ErrDamaged) {
		err = fmt.Errorf("%w: %w", registry.ErrNotFound, err)
	}
	if err == nil {
		w.Header().Set("Content-Disposition", `attachment; filename="`+e.SHA256[:16]+extension(e)+`"`)
	}
	answer(w, content, e.MediaType, err)
}

func extension(e authorisation.Evidence) string {
	return map[string]string{files.PDF: ".pdf", files.PNG: ".png", files.JPEG: ".jpg", files.Text: ".txt", files.CSV: ".csv", files.XLSX: ".xlsx", files.DOCX: ".docx"}[e.MediaType]
}
