package federation_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// later are the reasons that what is built so far cannot come to, and why.
func later() map[federation.Reason]string {
	return map[federation.Reason]string{
		federation.BindingMissing:      "no credential is bound to a holder key yet",
		federation.BindingBad:          "no credential is bound to a holder key yet",
		federation.LevelTooLow:         "no level below status can be asked for",
		federation.TokenDiffersFromLog: "bundles carry the bits of the log, not tokens",
		federation.LocalHold:           "public bundles carry no holds",
	}
}

// verify asks the verifier of Japan about traders' credentials in one file.
func verify(q federation.Question, traders ...string) *federation.Decision {
	var lines [][]byte
	for _, name := range traders {
		lines = append(lines, theWorld().sdjwt[name])
	}
	return fromJapan().Verify(file(lines...), q)
}

func at(q federation.Question, at int64) federation.Question {
	q.At = at
	return q
}

// reaching says for every reason how it comes about.
func reaching() map[federation.Reason]func() *federation.Decision {
	w, jp := theWorld(), fromJapan
	orchards := w.sdjwt["orchards"]
	raw := func(text []byte) *federation.Decision { return jp().Verify(text, now()) }
	one := func(trader string) func() *federation.Decision {
		return func() *federation.Decision { return verify(now(), trader) }
	}
	asked := func(trader string, edit func(*federation.Question)) func() *federation.Decision {
		return func() *federation.Decision {
			q := now()
			edit(&q)
			return verify(q, trader)
		}
	}
	spoilt := func(edit func(*recipe)) func() *federation.Decision {
		return func() *federation.Decision {
			r := w.japan(0)
			edit(r)
			return r.open(w.jp).Verify(file(orchards), now())
		}
	}
	opening := func(memory *bundle.Memory, now int64) func() *federation.Decision {
		return func() *federation.Decision {
			_, _, err := federation.Open(w.japan(0).pack(w.jp), anchorOf(w.jp), memory, now, 0)
			return federation.Refuse(err, orchards, federation.Question{Now: now})
		}
	}
	return map[federation.Reason]func() *federation.Decision{
		federation.ByArrangement: one("orchards"),
		federation.OwnProgramme:  one("home"),
		federation.OK:            asked("american", func(q *federation.Question) { q.StatusOnly = true }),

		federation.NoArrangement:        one("american"),
		federation.NotYetInEffect:       asked("orchards", func(q *federation.Question) { q.At = opened + 4*day }),
		federation.ArrangementEnded:     one("korean"),
		federation.SuspendedArrangement: one("canadian"),
		federation.TypeNotCovered:       one("other type"),
		federation.RoleNotCovered:       one("carrier"),
		federation.DirectionNotCovered:  asked("orchards", func(q *federation.Question) { q.Direction = "export" }),
		federation.NotExchanged:         one("exchange only"),

		federation.StatusSuspended: one("suspended"),
		federation.NotYet:          asked("orchards", func(q *federation.Question) { q.At = opened + day }),
		federation.Expired:         one("expired"),
		federation.Ended:           one("ended"),
		federation.Annulled:        one("annulled"),

		federation.BadSignature: func() *federation.Decision { return raw(file(swapSignature(orchards, w.sdjwt["ended"]))) },
		federation.DuplicateDigest: func() *federation.Decision {
			return raw(file(resign(orchards, w.nz.signer("issuer"), repeatDigest)))
		},
		federation.DisclosureUnknown: func() *federation.Decision {
			borrowed := strings.Split(string(w.sdjwt["ended"]), "~")[1]
			return raw(file([]byte(string(orchards) + borrowed + "~")))
		},

		federation.Unreadable:  func() *federation.Decision { return raw([]byte("hello")) },
		federation.WrongFormat: func() *federation.Decision { return raw(append(file(orchards), "and more"...)) },
		federation.TooLarge:    func() *federation.Decision { return raw(bytes.Repeat([]byte("a"), credential.MaxSize+1)) },

		federation.BundleInvalid: func() *federation.Decision {
			broken := w.japan(0).pack(w.jp)
			broken[len(broken)/2] ^= 1
			_, _, err := federation.Open(broken[:len(broken)-1], anchorOf(w.jp), nil, built, 0)
			return federation.Refuse(err, orchards, now())
		},
		federation.BundleRolledBack: opening(&bundle.Memory{Seq: 8}, built),
		federation.QuorumMissing: func() *federation.Decision {
			q := now()
			q.Level = federation.LevelTransparency
			return w.quorum().open(w.jp).Verify(credential.FormatFile([][]byte{orchards}, [][]byte{receipt(w.nz.log, w.nz, orchards)}), q)
		},
		federation.ClockBeforeBundle: opening(nil, built-301),
		federation.AtAfterBundle:     asked("orchards", func(q *federation.Question) { q.At = q.Now + 1 }),
		federation.IssuerUnknown: func() *federation.Decision {
			return raw(file(w.issue("stranger", grant{by: newAdministration("AU", "AU", "aeo.customs.au.example")})))
		},
		federation.ChainInvalid: spoilt(func(r *recipe) { delete(r.members, "p/nz/statement.jwt") }),
		federation.IssuerKeyUnknown: func() *federation.Decision {
			return raw(file(w.issue("orchards", grant{by: w.nz, key: "nobody knows"})))
		},
		federation.IssuerKeyCompromised: one("stolen key"),
		federation.AtBeforeHistory: func() *federation.Decision {
			return w.japan(opened+30*day).open(w.jp).Verify(file(orchards), at(now(), opened+10*day))
		},
		federation.BundleExpired:         asked("orchards", func(q *federation.Question) { q.Now = built + 30*day + 1 }),
		federation.StatusMissing:         func() *federation.Decision { return raw(file(w.issue("x", grant{by: w.nz, idx: 1 << 14}))) },
		federation.NewerCredentialExists: one("superseded"),
		federation.StatusStale:           asked("orchards", func(q *federation.Question) { q.Now = built + 3*day + 1 }),
		federation.ReceiptMissing:        asked("orchards", func(q *federation.Question) { q.Level = federation.LevelTransparency }),
		federation.NotDisclosed:          func() *federation.Decision { return raw(file(without(orchards, "roles"))) },
		federation.NameNotDisclosed:      func() *federation.Decision { return raw(file(without(orchards, "legal_name"))) },
		federation.ListTooOld: func() *federation.Decision {
			return fromBorder().Lookup("CL:oea:1", federation.Question{Now: built + 16*day})
		},
		federation.NotListed: func() *federation.Decision { return jp().Lookup("NZ:biz:0", now()) },
		federation.LogMisbehaviour: func() *federation.Decision {
			return raw(credential.FormatFile([][]byte{orchards}, [][]byte{receipt(forkOf(w.nz, orchards), w.nz, orchards)}))
		},
	}
}

func TestEveryReasonIsReachable(t *testing.T) {
	how, why := reaching(), later()
	for _, reason := range federation.Reasons() {
		t.Run(reason.Verdict().String()+"/"+reason.String(), func(t *testing.T) {
			if (how[reason] == nil) == (why[reason] == "") {
				t.Fatal("say how the reason is reached, or why it cannot be")
			}
			if how[reason] == nil {
				return
			}
			d := how[reason]()
			if d.Reason != reason || d.Verdict != reason.Verdict() {
				t.Fatalf("%s/%s: %+v", d.Verdict, d.Reason, d.Checks)
			}
			checkRows(t, d)
		})
	}
}

// checkRows wants every row, in order, and nothing reached after a failure.
func checkRows(t *testing.T, d *federation.Decision) {
	t.Helper()
	var ids []string
	ended := false
	for _, c := range d.Checks {
		ids = append(ids, c.ID)
		if ended != (c.Result == federation.NotReached) {
			t.Errorf("%s is %s", c.ID, c.Result)
		}
		ended = ended || c.Result == federation.Failed
	}
	if got := strings.Join(ids, " "); got != "bundle time readable format issuer chain signature disclosures "+
		"dates status freshness transparency arrangement type role direction basis hold" {
		t.Errorf("checks are %s", got)
	}
	if ended == d.Verdict.Good() {
		t.Errorf("%s though a check failed, or not though none did", d.Verdict)
	}
}

// swapSignature puts the signature of one credential under another.
func swapSignature(sdjwt, other []byte) []byte {
	jwt, rest, _ := strings.Cut(string(sdjwt), "~")
	foreign, _, _ := strings.Cut(string(other), "~")
	return []byte(jwt[:strings.LastIndex(jwt, ".")] + foreign[strings.LastIndex(foreign, "."):] + "~" + rest)
}

func repeatDigest(payload []byte) []byte {
	begin := bytes.Index(payload, []byte(`"_sd":[`)) + len(`"_sd":[`)
	const entry = len(`"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",`)
	return bytes.Replace(payload, payload[begin+entry:begin+2*entry], payload[begin:begin+entry], 1)
}

// forkOf is another history of the same length that holds the credential too.
func forkOf(a *administration, sdjwt []byte) *transparency.Copy {
	fork := transparency.NewCopy(a.host + "/log")
	honest := a.log
	for i := range int64(4) { // genesis, key, list, state
		check(fork.Add(must(honest.Prove(i, honest.Size())).Leaf))
	}
	addBatch(fork, opened+day, credentialLeaf(sdjwt))
	for i := 0; fork.Size() < honest.Size()-1; i++ {
		leaves := []transparency.Leaf{transparency.Credential{SHA256: strings.Repeat("ab", 32)}}
		if (honest.Size()-fork.Size())%2 == 1 {
			leaves = append(leaves, transparency.Credential{SHA256: strings.Repeat("cd", 32)})
		}
		addBatch(fork, opened+2*day, leaves...)
	}
	return fork
}
