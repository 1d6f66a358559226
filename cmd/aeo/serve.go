package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/signal"
	"syscall"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/spf13/cobra"
)

func newServeCmd(a *app) *cobra.Command {
	var format string
	var at addresses
	var history int
	var poll time.Duration
	var mirror mirroring
	var demonstrating bool
	var u unlocking
	cmd := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "run a node: public listener and local socket",
		Long: `Runs the node of a directory until it is interrupted: a TLS listener for the world
and the socket DIR/aeo.sock for commands of this machine's user. One process has a
directory. It prints one line when it is ready; its log goes to standard error.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.dir = args[0]
			}
			log, err := a.logger(format)
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			if demonstrating {
				if ctx, err = a.demonstrate(ctx); err != nil {
					return err
				}
			}
			return a.serve(ctx, at, history, poll, mirror, &u, log)
		},
	}
	cmd.Flags().StringVar(&at.inside, "inside", "", "address of the inside listener: the API over TLS, for who has a token; none where it is not given")
	cmd.Flags().StringVar(&at.public, "public", "127.0.0.1:8443", "address of the public listener; port 0 takes a free one")
	cmd.Flags().StringVar(&format, "log", "text", "form of the log: text or json")
	cmd.Flags().StringVar(&mirror.dir, "mirror", "", "directory, better on another disk, that gets every batch of the log as well; remembered")
	cmd.Flags().BoolVar(&mirror.none, "no-mirror", false, "forget the mirror and go on without one")
	cmd.MarkFlagsMutuallyExclusive("mirror", "no-mirror")
	cmd.Flags().BoolVar(&mirror.template, "template-programme", false, "go on by the rules this software brings along, where those approved here were lost with a key")
	cmd.Flags().IntVar(&history, "history-days", 400, "how far back the bundles of this node answer")
	cmd.Flags().BoolVar(&demonstrating, "demo-clock", false, "live in the time of the demo the directory lies in")
	cmd.Flags().Lookup("demo-clock").Hidden = true
	cmd.Flags().DurationVar(&poll, "poll", registry.DefaultPoll, "how often a partner that answers is looked at; one that fails is asked less often")
	u.flags(cmd)
	return cmd
}

func (a *app) logger(format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(a.err, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.err, nil)), nil
	}
	return nil, fail(exitUsage, fmt.Errorf("--log %.20q, want text or json", format))
}

// mirroring is what serve was told about the mirror, and how to go on after a loss.
type mirroring struct {
	dir      string
	none     bool
	template bool
}

// addresses are where a node listens.
type addresses struct{ public, inside string }

func (a *app) serve(ctx context.Context, at addresses, history int, poll time.Duration, mirror mirroring, u *unlocking, log *slog.Logger) error {
	dir, err := a.nodeDir()
	if err != nil {
		return err
	}
	if history < 1 {
		return fail(exitUsage, errors.New("--history-days wants at least 1"))
	}
	if poll < time.Second {
		return fail(exitUsage, errors.New("--poll wants at least 1s"))
	}
	unlock, err := u.open()
	if err != nil {
		return err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	private()
	registry.TuneMemory()
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	n, err := registry.Open(ctx, registry.Options{Dir: dir, Unlock: unlock, Now: a.now, Elapsed: a.sinceStart(), Log: log, HistoryDays: history, Poll: poll,
		Mirror: mirror.dir, NoMirror: mirror.none, TemplateLaw: mirror.template})
	if err != nil {
		return nodeError(err)
	}
	if err := a.listen(ctx, n, dir, at, log); err != nil {
		return errors.Join(err, n.Close())
	}
	return n.Close()
}

func (a *app) listen(ctx context.Context, n *registry.Node, dir string, at addresses, log *slog.Logger) error {
	config, err := n.TLS()
	if err != nil {
		return err
	}
	for _, address := range []string{at.public, at.inside} {
		if _, err := net.ResolveTCPAddr("tcp", address); address != "" && err != nil {
			return fail(exitUsage, fmt.Errorf("listen on %.80q, want HOST:PORT: %w", address, err))
		}
	}
	listener, err := net.Listen("tcp", at.public)
	if err != nil {
		return fail(exitConflict, fmt.Errorf("listen on %s: %w", at.public, err))
	}
	var inside net.Listener
	if at.inside != "" {
		if inside, err = net.Listen("tcp", at.inside); err != nil {
			return errors.Join(fail(exitConflict, fmt.Errorf("listen on %s: %w", at.inside, err)), listener.Close())
		}
	}
	socket, err := api.ListenSocket(dir)
	if err != nil {
		err = errors.Join(err, listener.Close())
		if inside != nil {
			err = errors.Join(err, inside.Close())
		}
		return err
	}
	if inside != nil {
		fmt.Fprintf(a.err, "aeo: the API is on https://%s\n", inside.Addr())
	}
	fmt.Fprintf(a.out, "serving %s on %s\n", n.Config().EntityID, listener.Addr())
	return api.Serve(ctx, n, api.Listeners{Public: listener, Inside: inside, MaxConnections: maxConnections(), TLS: config, Local: socket, Log: log})
}

// ownFiles is what a node may have open itself, most of it the ledger.
const ownFiles = 2048

// maxConnections leaves the node its own files, and half of very few.
func maxConnections() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return api.DefaultConnections
	}
	most := int64(min(files.Cur, 1<<30))
	return int(min(api.DefaultConnections, max(most-ownFiles, most/2)))
}

// nodeError gives errors of opening a node their exit codes.
func nodeError(err error) error {
	for _, f := range []struct {
		is   error
		code int
	}{
		{registry.ErrNoNode, exitFile}, {registry.ErrExists, exitConflict}, {registry.ErrInvalid, exitUsage},
		{ledger.ErrLocked, exitConflict}, {ledger.ErrBehind, exitBehind}, {ledger.ErrUnproven, exitBehind},
		{registry.ErrMirror, exitConflict}, {registry.ErrBackup, exitNotAuthentic}, {registry.ErrNotAllowed, exitNotAllowed}, {ledger.ErrReadOnly, exitStorage},
		{ledger.ErrDamaged, exitStorage}, {ledger.ErrClock, exitLater}, {keyring.ErrUnlock, exitNotAllowed},
	} {
		if errors.Is(err, f.is) {
			return fail(f.code, err)
		}
	}
	return err
}

// demonstrate gives this process the time of the demo its node belongs to;
// outside the directory of a demo there is none to be had. The node ends with
// its standard input, so that none is left behind by a demo that was killed.
func (a *app) demonstrate(ctx context.Context) (context.Context, error) {
	dir, err := a.nodeDir()
	if err != nil {
		return nil, err
	}
	c, err := demo.ClockOf(dir)
	if errors.Is(err, demo.ErrNoDemo) {
		return nil, fail(exitUsage, fmt.Errorf("--demo-clock: %w", err))
	}
	if err != nil {
		return nil, err
	}
	a.now, a.elapsed = c.Now, c.Elapsed
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, a.in)
	}()
	return ctx, nil
}

// sinceStart is the time since now by the monotonic clock, which nobody sets.
func (a *app) sinceStart() func() time.Duration {
	if a.elapsed != nil {
		return a.elapsed
	}
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
