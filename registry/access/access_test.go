package access

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var cheap = Cost{Time: 1, Memory: 64, Threads: 1}

func TestPasswords(t *testing.T) {
	p, err := NewPassword("korrekt pferd batterie", cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	composed, err := NewPassword("m\u00fcnchen muenchen", cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kept  *Password
		given string
		want  bool
	}{
		"the password":             {p, "korrekt pferd batterie", true},
		"another":                  {p, "korrekt pferd batteriE", false},
		"nothing":                  {p, "", false},
		"with space":               {p, "korrekt pferd batterie ", false},
		"decomposed":               {composed, "mu\u0308nchen muenchen", true},
		"nobody":                   {nil, "korrekt pferd batterie", false},
		"nobody, nothing":          {nil, "", false},
		"a form that is not known": {&Password{Alg: "md5", Cost: cheap, Salt: p.Salt, Hash: p.Hash}, "korrekt pferd batterie", false},
		"a cost beyond bounds":     {&Password{Alg: "argon2id", Cost: Cost{1 << 20, 64, 1}, Salt: p.Salt, Hash: p.Hash}, "x", false},
		"too long":                 {p, strings.Repeat("x", MaxPassword+1), false},
	} {
		if got := c.kept.Matches(c.given, cheap); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", MaxPassword+1), "not utf-8 \xff at all"} {
		if _, err := NewPassword(bad, cheap, rand.Reader); !errors.Is(err, ErrPassword) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	again, _ := NewPassword("korrekt pferd batterie", cheap, rand.Reader)
	if string(again.Hash) == string(p.Hash) {
		t.Error("one password twice has one hash")
	}
}

func TestTokens(t *testing.T) {
	token, err := NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := Digest(token)
	if err != nil || len(digest) != 64 || strings.Contains(digest, token) {
		t.Fatalf("%s: %v", digest, err)
	}
	for _, bad := range []string{"", "aeo_", token[4:], token + "=", token[:len(token)-1], "aeo_" + strings.Repeat("!", 43), strings.Repeat("x", 1<<16)} {
		if _, err := Digest(bad); !errors.Is(err, ErrToken) {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
}

func FuzzDigest(f *testing.F) {
	f.Add("aeo_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := Digest(s); (err == nil) != (d != "") || err == nil && len(s) != 47 {
			t.Errorf("%q: %q %v", s, d, err)
		}
	})
}

func TestBackoff(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	var b Backoff
	try := func(name string, at time.Time) time.Duration {
		w, _ := b.Try(name, at)
		return w
	}
	for i := range 5 {
		if w := try([]string{"Anna", "anna "}[i%2], now); w != 0 {
			t.Fatalf("attempt %d waits %v", i, w)
		}
	}
	if w := try("ANNA", now); w != time.Second {
		t.Errorf("after five: %v", w)
	}
	at := now
	for range 20 {
		at = at.Add(longestWait)
		try("anna", at)
	}
	if w := try("anna", at); w != longestWait {
		t.Errorf("after many: %v", w)
	}
	if w := try("anna", at.Add(-time.Hour)); w != longestWait {
		t.Errorf("a clock that jumped back: %v", w)
	}
	if w := try("jan", at); w != 0 {
		t.Errorf("another waits %v", w)
	}
	var again Backoff
	again.Restore(b.Waiting(at))
	if w, _ := again.Try("anna", at); w != longestWait {
		t.Errorf("after a restart: %v", w)
	}
	if w := try("anna", at.Add(longestWait)); w != 0 {
		t.Errorf("after the wait: %v", w)
	}
	if !b.Succeeded("anna") || try("anna", at) != 0 {
		t.Error("it waits after success")
	}
}

// Many guesses at once are no more than one after another.
func TestManyGuessesAtOnce(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	var b Backoff
	var tried atomic.Int64
	var all sync.WaitGroup
	for range 256 {
		all.Go(func() {
			if w, _ := b.Try("anna", now); w == 0 {
				tried.Add(1)
			}
		})
	}
	all.Wait()
	if n := tried.Load(); n != freeFailures {
		t.Errorf("%d of 256 guesses were tried", n)
	}
	long := strings.Repeat("x", 1<<20)
	b.Try(long, now)
	for key := range b.failed {
		if len(key) > 64 {
			t.Errorf("a name of %d bytes is kept", len(key))
		}
	}
}

func TestRolesThatGoTogether(t *testing.T) {
	for _, c := range []struct {
		a, b Role
		want bool
	}{
		{Assessor, DecisionMaker, true}, {Assessor, Validator, true}, {MRAOfficer, DecisionMaker, true}, {Applicant, Representative, true},
		{Administrator, DecisionMaker, false}, {Auditor, Assessor, false}, {Administrator, Auditor, false}, {Applicant, Assessor, false},
		{Applicant, Auditor, false}, {Applicant, Applicant, true},
	} {
		if Together(c.a, c.b) != c.want || Together(c.b, c.a) != c.want {
			t.Errorf("%s and %s", c.a, c.b)
		}
	}
	if Fold("  ＡＮＮＡ  Straße ") != Fold("anna strasse") {
		t.Error(Fold("  ＡＮＮＡ  Straße "))
	}
}
