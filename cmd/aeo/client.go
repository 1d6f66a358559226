package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

const (
	// maxReply is more than any answer of a node; the largest is a bundle.
	maxReply = bundle.MaxBundle
	// replyTimeout leaves a node time to follow a slow partner.
	replyTimeout = 6 * time.Minute
)

// socketBase is what a URL begins with where it goes through a socket: the host is nobody's.
const socketBase = "http://node"

// A client speaks to the node of a directory through its socket, or to one on the
// network through its inside listener.
type client struct {
	http  *http.Client
	base  string // what comes before the path
	dir   string // or the URL of the node
	token string // of who is logged in; empty = the machine's own user speaks
}

// node is the client for the node that was named.
func (a *app) node() (*client, error) {
	if a.nodeURL != "" {
		return a.remote()
	}
	dir, err := a.nodeDir()
	if err != nil {
		return nil, err
	}
	socket, err := api.SocketPath(dir)
	if err != nil {
		return nil, err
	}
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	return &client{base: socketBase, dir: dir, token: token, http: &http.Client{Timeout: replyTimeout, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}, nil
}

// get reads an answer of /api/v1 into v.
func (c *client) get(path string, v any) error { return c.call(http.MethodGet, path, nil, v) }

// post sends a request to /api/v1 and reads the answer into v.
func (c *client) post(path string, request, v any) error {
	raw, err := jcs.Marshal(request)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("write request: %w", err)) // what was given is no text
	}
	return c.call(http.MethodPost, path, raw, v)
}

func (c *client) call(method, path string, body []byte, v any) error {
	raw, err := c.raw(method, path, body)
	if err != nil {
		return err
	}
	if err := jcs.UnmarshalOpen(raw, v); err != nil {
		return fmt.Errorf("read the node's answer: %w", err)
	}
	return nil
}

// raw is the body of a good answer; problem details become errors with their exit code.
func (c *client) raw(method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequest(method, c.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, fmt.Errorf("read the node's answer: %w", err)
	}
	if len(raw) > maxReply {
		return nil, fmt.Errorf("read the node's answer: more than %d bytes", maxReply)
	}
	if resp.StatusCode == http.StatusOK {
		return raw, nil
	}
	if resp.StatusCode == http.StatusAccepted {
		var waits awaitsSecond
		if err := jcs.UnmarshalOpen(raw, &waits.approval); err != nil {
			return nil, fmt.Errorf("read the node's answer: %w", err)
		}
		return nil, &waits
	}
	return nil, problemError(resp.StatusCode, raw)
}

var errNotServed = errors.New("no node is running")

func (c *client) unreachable(err error) error {
	if unknown := (x509.UnknownAuthorityError{}); errors.As(err, &unknown) {
		return fail(exitUsage, fmt.Errorf("speak to %s: its certificate is of no authority this machine trusts: name it with --node-ca", c.dir))
	}
	if c.base != socketBase {
		return fail(exitLater, fmt.Errorf("speak to %s: %w", c.dir, err))
	}
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return fail(exitLater, fmt.Errorf("%w in %s", errNotServed, c.dir), commandLine("aeo", "serve", c.dir, "--identity", "FILE"))
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fail(exitLater, errors.New("the node did not answer in time"))
	}
	return fail(exitLater, fmt.Errorf("speak to the node in %s: %w", c.dir, err))
}

// statusCodes are the exit codes of problems by their HTTP status, but for those
// of problemCodes, by type; see registry/api.
var (
	statusCodes = map[int]int{
		http.StatusBadRequest: exitUsage, http.StatusRequestEntityTooLarge: exitUsage, http.StatusUnprocessableEntity: exitUsage,
		http.StatusForbidden: exitNotAllowed, http.StatusUnauthorized: exitNotAllowed, http.StatusTooManyRequests: exitLater, http.StatusNotFound: exitFile, http.StatusConflict: exitConflict, http.StatusPreconditionFailed: exitConflict,
		http.StatusBadGateway: exitLater, http.StatusServiceUnavailable: exitLater, http.StatusGatewayTimeout: exitLater,
		http.StatusInsufficientStorage: exitLater,
	}
	problemCodes = map[string]int{
		"cancelled": exitCancelled, "read-only": exitStorage, "unproven": exitBehind, "law-lost": exitBehind, "identity": exitConflict, "refused": exitConflict,
		"split-view": exitMisbehaviour, "rollback": exitMisbehaviour, "token-differs": exitMisbehaviour, "faulty-log": exitMisbehaviour,
	}
)

func problemError(status int, raw []byte) error {
	var p api.Problem
	if err := jcs.UnmarshalOpen(raw, &p); err != nil || p.Title == "" {
		return fmt.Errorf("the node answers with status %d", status)
	}
	text := cmp.Or(p.Detail, p.Title)
	name := p.Type[min(len(p.Type), len(api.ProblemPrefix)):]
	return fail(cmp.Or(problemCodes[name], statusCodes[status], exitInternal), &refusal{status, text})
}

// escape makes a word fit for a path.
func escape(word string) string { return url.PathEscape(word) }

// reply prints what a node answered: with --json as it is, with a schema put in front.
func (a *app) reply(schema string, v any, human func(w io.Writer)) error {
	raw, err := withSchema(schema, v)
	if err != nil {
		return err
	}
	return a.result(jsontext.Value(raw), a.naming(human))
}

// change says what will be done, asks, and has the node do it. With --dry-run
// the request, which must say so itself, is only judged by the node.
func (a *app) change(what, path string, request, answer any) error {
	c, err := a.node()
	if err != nil {
		return err
	}
	if !a.dryRun {
		if err := a.confirm(what); err != nil {
			return err
		}
	}
	if err := c.post(path, request, answer); err != nil {
		return err
	}
	if a.dryRun {
		a.note("dry run: %s; nothing was changed", what)
	}
	return nil
}

// changed has the node change something and prints what it is then.
func changed[T any](a *app, what, path string, request any, print func(T) error) error {
	var v T
	if err := a.change(what, path, request, &v); err != nil {
		return err
	}
	return print(v)
}

// wouldDo ends a dry run that has nothing to show.
func (a *app) wouldDo(format string, args ...any) error {
	would := fmt.Sprintf(format, args...)
	a.note("dry run: %s; nothing was changed", would)
	if !a.json {
		return nil
	}
	return a.result(dryRun{"aeo.dry-run/1", would}, nil)
}

// dryRun is aeo.dry-run/1.
type dryRun struct {
	Schema string `json:"schema"`
	Would  string `json:"would"`
}

// showing is the verb that shows one thing of the node's, by its name under a path.
func showing[T any](a *app, use, short, path string, print func(T) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var v T
			if err := a.fetch(path+"/"+escape(args[0]), &v); err != nil {
				return err
			}
			return print(v)
		},
	}
}

// fetch reads an answer of the node that was named.
func (a *app) fetch(path string, answer any) error {
	c, err := a.node()
	if err != nil {
		return err
	}
	return c.get(path, answer)
}
