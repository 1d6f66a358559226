// Package interop has our witness and our witness client talk to those of the
// public ecosystem: the witness and client of transparency-dev/witness, and
// Tessera, a log that has itself witnessed. It is a module of its own so that
// the product gains none of their dependencies.
package interop

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	ours "github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	theirclient "github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/persistence/inmemory"
	theirs "github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A log is a tree of any leaves, signed with our key of a log.
type log struct {
	key    *keys.NoteSigner
	hashes []tlog.Hash
}

func (l *log) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		out[i] = l.hashes[x]
	}
	return out, nil
}

func newLog(t testing.TB, salt string, size int64) *log {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	l := &log{key: must(keys.NewNoteSigner("aeo.nz.example/log", keys.NoteEd25519, key))(t)}
	for n := range size {
		l.hashes = append(l.hashes, must(tlog.StoredHashes(n, fmt.Appendf(nil, "%s %d", salt, n), l))(t)...)
	}
	return l
}

func (l *log) checkpoint(t testing.TB, size int64) []byte {
	return must(transparency.SignCheckpoint(size, must(tlog.TreeHash(size, l))(t), l.key))(t)
}

func (l *log) proof(t testing.TB, old, size int64) tlog.TreeProof {
	if old == 0 || old == size {
		return nil
	}
	return must(tlog.ProveTree(size, old, l))(t)
}

// ourWitness serves our witness for logs by their verifier keys.
func ourWitness(t testing.TB, logs ...string) (*httptest.Server, *keys.NoteSigner) {
	key := must(keys.NewNoteSigner("aeo.jp.example/witness", keys.NoteCosignature, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))))(t)
	known := map[string]*keys.VKey{}
	for _, l := range logs {
		v := must(keys.ParseVKey(l))(t)
		known[v.Name()] = v
	}
	c := ours.New(ours.Options{Dir: t.TempDir(), Signer: func() (*keys.NoteSigner, error) { return key, nil }, Now: time.Now,
		Log: func(origin string) *keys.VKey { return known[origin] }})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /witness/add-checkpoint", func(w http.ResponseWriter, r *http.Request) {
		c.Handle(w, r, func(w http.ResponseWriter, err error) { http.Error(w, err.Error(), http.StatusInternalServerError) })
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s, key
}

// TestTheirClientOurWitness: every answer of ours is the one their client expects.
func TestTheirClientOurWitness(t *testing.T) {
	l, fork := newLog(t, "", 40), newLog(t, "other", 40)
	s, key := ourWitness(t, l.key.VKey.String())
	client := theirclient.NewWitness(must(url.Parse(s.URL+"/witness"))(t), s.Client())
	ask := func(from *log, old, size int64) ([]byte, uint64, error) {
		var proof [][]byte
		for _, h := range from.proof(t, old, size) {
			proof = append(proof, h[:])
		}
		return client.Update(t.Context(), uint64(old), from.checkpoint(t, size), proof)
	}
	verifier := must(fnote.NewVerifierForCosignatureV1(key.VKey.String()))(t)
	last := int64(0)
	for _, size := range []int64{1, 1, 7, 8, 31, 40} {
		sig, _, err := ask(l, last, size)
		if err != nil {
			t.Fatalf("%d to %d: %v", last, size, err)
		}
		n := must(note.Open(append(l.checkpoint(t, size), sig...), note.VerifierList(verifier)))(t)
		if len(n.Sigs) != 1 {
			t.Errorf("size %d: %d cosignatures that their verifier takes", size, len(n.Sigs))
		}
		last = size
	}
	if _, size, err := ask(l, 8, 40); !errors.Is(err, theirs.ErrCheckpointStale) || size != 40 {
		t.Errorf("an old size that is not the newest: %v, %d", err, size)
	}
	if _, _, err := ask(fork, 40, 40); !errors.Is(err, theirs.ErrInvalidProof) { // 422, which their client gives this name
		t.Errorf("another root at the same size: %v", err)
	}
	if _, _, err := client.Update(t.Context(), 0, []byte("aeo.xx.example/log\n1\nAAAA\n\n— a b\n"), nil); !errors.Is(err, theirs.ErrUnknownLog) {
		t.Errorf("a log nobody knows: %v", err)
	}
	if _, _, err := client.Update(t.Context(), 0, []byte("nonsense"), nil); err == nil {
		t.Error("nonsense was cosigned")
	}
	unsigned := bytes.Replace(l.checkpoint(t, 40), []byte("\n40\n"), []byte("\n41\n"), 1)
	if _, _, err := client.Update(t.Context(), 40, unsigned, nil); !errors.Is(err, theirs.ErrNoValidSignature) {
		t.Errorf("no valid signature: %v", err)
	}
	t.Logf("figure interop_witness 11 answers of our witness understood by the client of transparency-dev/witness, 6 of them cosignatures")
}

// poster is our client's transport over plain HTTP, which httptest speaks.
type poster struct{ *http.Client }

func (p poster) Post(ctx context.Context, url, media string, body []byte, max int64) (*peer.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", media)
	resp, err := p.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", peer.ErrUnreachable, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, max))
	return &peer.Answer{Status: resp.StatusCode, Type: resp.Header.Get("Content-Type"), Body: raw}, err
}

// TestOurClientTheirWitness: we get their cosignatures, and know what they refuse and why.
func TestOurClientTheirWitness(t *testing.T) {
	l, fork := newLog(t, "", 40), newLog(t, "other", 40)
	secret, vkey, err := note.GenerateKey(rand.Reader, "witness.example")
	if err != nil {
		t.Fatal(err)
	}
	signer := must(fnote.NewSignerForCosignatureV1(secret))(t)
	cosigner := must(cosignerKey(vkey))(t)
	logVerifier := must(note.NewVerifier(l.key.VKey.String()))(t)
	w := must(theirs.New(t.Context(), theirs.Opts{Persistence: inmemory.New(), Signers: []note.Signer{signer},
		VerifierForLog: func(_ context.Context, origin string) (note.Verifier, bool, error) {
			return logVerifier, origin == l.key.Name(), nil
		}}))(t)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", theirs.NewHTTPHandler(w).AddCheckpoint)
	s := httptest.NewServer(mux)
	defer s.Close()
	ask := func(from *log, old, size int64) ([]transparency.Cosignature, error) {
		cp := must(transparency.ParseCheckpoint(from.checkpoint(t, size), l.key.VKey))(t)
		return ours.Ask(t.Context(), poster{s.Client()}, s.URL,
			&ours.Request{Old: old, Proof: from.proof(t, old, size), Checkpoint: cp.Raw}, cp.Text(), cosigner)
	}
	last := int64(0)
	for _, size := range []int64{1, 1, 7, 8, 31, 40} {
		found, err := ask(l, last, size)
		if err != nil || len(found) != 1 || found[0].At < time.Now().Unix()-60 {
			t.Fatalf("%d to %d: %v, %v", last, size, found, err)
		}
		last = size
	}
	var refused *ours.Refusal
	if _, err := ask(l, 8, 40); !errors.As(err, &refused) || refused.Status != 409 || refused.Size != 40 {
		t.Errorf("an old size that is not the newest: %v", err)
	}
	if _, err := ask(fork, 40, 40); !errors.As(err, &refused) || refused.Status != 422 {
		t.Errorf("another root at the same size: %v", err)
	}
	t.Logf("figure interop_client 8 answers of the witness of transparency-dev/witness understood by our client, 6 of them cosignatures")
}

// cosignerKey is the verifier key of type cosignature/v1 for a plain Ed25519 one.
func cosignerKey(plain string) (*keys.VKey, error) {
	name, rest, _ := strings.Cut(plain, "+")
	_, data, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, err
	}
	return keys.NewVKey(name, keys.NoteCosignature, raw[1:])
}

// TestTesseraIsWitnessedByUs: a log of the ecosystem publishes nothing without
// our cosignature, under a policy text that both sides read.
func TestTesseraIsWitnessedByUs(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	secret, vkey, err := note.GenerateKey(rand.Reader, "tessera.example/log")
	if err != nil {
		t.Fatal(err)
	}
	s, key := ourWitness(t, vkey)
	text := fmt.Sprintf("witness jp %s %s/witness\ngroup quorum-of-jp all jp\nquorum quorum-of-jp\n", key.VKey, s.URL)
	witnesses := must(tessera.NewWitnessGroupFromPolicy([]byte(text)))(t)
	policy := must(transparency.ParsePolicy(text))(t)

	ctx := t.Context()
	driver := must(posix.New(ctx, posix.Config{Path: t.TempDir()}))(t)
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(must(note.NewSigner(secret))(t)).WithBatching(4, 10*time.Millisecond).
		WithCheckpointInterval(200*time.Millisecond).WithWitnesses(witnesses, nil))
	if err != nil {
		t.Fatal(err)
	}
	await := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 50*time.Millisecond)
	logKey := must(keys.ParseVKey(vkey))(t)
	for i := range 5 {
		_, raw, err := await.Await(ctx, appender.Add(ctx, tessera.NewEntry(fmt.Appendf(nil, "entry %d", i))))
		if err != nil {
			t.Fatal(err)
		}
		cp := must(transparency.ParseCheckpoint(raw, logKey))(t)
		if _, ok := policy.Met(transparency.Cosignatures(raw, cp.Text(), key.VKey)); !ok {
			t.Errorf("published without our cosignature:\n%s", raw)
		}
	}
	if err := shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("figure interop_tessera 5 entries in checkpoints of Tessera that our witness cosigned")
}
