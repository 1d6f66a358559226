package witness_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
)

// A loop posts to a handler in the same process.
type loop struct{ http.Handler }

func (l loop) Post(_ context.Context, url, mediaType string, body []byte, max int64) (*peer.Answer, error) {
	w := httptest.NewRecorder()
	l.ServeHTTP(w, httptest.NewRequest(http.MethodPost, url, strings.NewReader(string(body))))
	return &peer.Answer{Status: w.Code, Type: w.Header().Get("Content-Type"), Body: w.Body.Bytes()}, nil
}

func (p *post) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Handle(w, r, func(w http.ResponseWriter, err error) { http.Error(w, err.Error(), http.StatusInternalServerError) })
}

func TestAskAndAnswer(t *testing.T) {
	l := newLog(t).grow(9, "")
	p := newPost(t, l)
	ask := func(r *witness.Request) ([]transparency.Cosignature, error) {
		return witness.Ask(t.Context(), loop{p}, "https://jp.example/witness", r, textOf(r.Checkpoint), p.key.VKey)
	}
	got, err := ask(l.request(0, 5))
	must(t, err)
	if len(got) != 1 || got[0].At != start || got[0].Key != p.key.VKey {
		t.Errorf("%+v", got)
	}
	var refused *witness.Refusal
	if _, err := ask(l.request(0, 9)); !errors.As(err, &refused) || refused.Status != 409 || refused.Size != 5 {
		t.Errorf("old not the newest: %v", err)
	}
	if _, err := ask(l.request(refused.Size, 9)); err != nil {
		t.Errorf("from the size it named: %v", err)
	}
	if _, err := ask(l.fork(2).request(9, 9)); !errors.Is(err, witness.ErrRefused) || status(err) != 422 {
		t.Errorf("another history: %v", err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	l := newLog(t).grow(5, "")
	key := signer(t, "jp.example/witness", keys.NoteCosignature, 9)
	r := l.request(0, 5)
	other, err := transparency.NewCosignature("another text\n", key, start)
	must(t, err)
	for name, c := range map[string]struct {
		status      int
		media, body string
		want        int // 0 = ErrAnswer
	}{
		"no line":                             {200, "text/plain", "", 0},
		"a cosignature of something else":     {200, "text/plain", other.Line, 0},
		"a redirect":                          {302, "", "", 0},
		"its own trouble":                     {503, "", "", 0},
		"409 without a size, as in v1.0.0":    {409, "text/plain", "conflict\n", 422},
		"409 with another spelling of a size": {409, witness.SizeType, "05\n", 422},
		"409 with a size":                     {409, witness.SizeType, "5\n", 409},
		"404":                                 {404, "", "", 404},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.media)
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		})
		_, err := witness.Ask(t.Context(), loop{h}, "https://jp.example/witness", r, textOf(r.Checkpoint), key.VKey)
		if c.want == 0 && !errors.Is(err, peer.ErrAnswer) || c.want != 0 && status(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
