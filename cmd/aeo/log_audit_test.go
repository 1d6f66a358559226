package main

import (
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// manyLeaves is a log of more than two tiles.
func manyLeaves() *office {
	o := newOffice("NZ", "NZ-SES")
	var leaves []transparency.Leaf
	for i := range 600 {
		leaves = append(leaves, transparency.Credential{SHA256: hex.EncodeToString([]byte(strings.Repeat(string(rune('A'+i%26)), 30) + string([]byte{byte(i >> 8), byte(i)})))})
	}
	o.record(opened+daySeconds, leaves...)
	return o
}

func TestAuditOfALogOfSeveralTiles(t *testing.T) {
	c := &corridor{t: t, dir: t.TempDir()}
	o := manyLeaves()
	c.writeLog("", o, o.log.Entries())
	out, errs, code := runApp("log", "audit", c.dir, "--json")
	if code != exitOK {
		t.Fatalf("exit code %d, want 0: %s", code, errs)
	}
	if want := `"tiles":4,`; !strings.Contains(out, want) { // three of level 0, one above
		t.Errorf("got %s, want %s", out, want)
	}
}

func TestAuditFindsWhatAnOwnerSignedAgainstTheRules(t *testing.T) {
	o := manyLeaves()
	entries := o.log.Entries()
	state := entries[len(entries)-1]
	cases := map[string][][]byte{
		"a batch out of order":           append(append(append([][]byte{}, entries[:10]...), entries[11], entries[10]), entries[12:]...),
		"a batch that is not closed":     entries[:len(entries)-1],
		"a state that states otherwise":  append(append([][]byte{}, entries[:len(entries)-2]...), state),
		"a leaf of an unknown kind":      append(append([][]byte{}, entries...), []byte(`{"t":"gossip"}`)),
		"nothing but what is not a leaf": {[]byte("hello")},
	}
	for name, entries := range cases {
		t.Run(name, func(t *testing.T) {
			c := &corridor{t: t, dir: t.TempDir()}
			c.writeLog("", o, entries)
			_, errs, code := runApp("log", "audit", c.dir)
			if code != exitMisbehaviour || !strings.Contains(errs, "signed a log that breaks its rules") {
				t.Errorf("exit code %d, %s; want %d", code, errs, exitMisbehaviour)
			}
		})
	}
}

func TestAuditBlamesTheCopyWhereTheRootDiffers(t *testing.T) {
	c := &corridor{t: t, dir: t.TempDir()}
	o := manyLeaves()
	c.writeLog("", o, o.log.Entries())
	checkpoint := must(readNamed(filepath.Join(c.dir, "log", "checkpoint"), maxCheckpointFile))
	entries := append([][]byte{}, o.log.Entries()...)
	entries[300] = []byte("not a leaf")
	c.writeLog("", o, entries)
	c.write("log/checkpoint", checkpoint)
	if _, errs, code := runApp("log", "audit", c.dir); code != exitNotAuthentic {
		t.Errorf("exit code %d, %s; want %d", code, errs, exitNotAuthentic)
	}
}

func TestAuditComparesStatusListTokens(t *testing.T) {
	o := manyLeaves()
	cp := o.checkpoint()
	list := o.log.Reduction().List(o.list()).Clone()
	token := func(change func(*statuslist.Token)) []byte {
		token := statuslist.Token{Sub: o.list(), Iat: opened + 2*daySeconds, Exp: opened + 3*daySeconds, TTL: statuslist.TTL, List: list.Clone(),
			Log: statuslist.Log{Origin: cp.Origin, Size: cp.Size, Root: cp.Root.String()}}
		change(&token)
		return must(statuslist.Sign(token, o.signer("issuer")))
	}
	for name, c := range map[string]struct {
		token []byte
		code  int
	}{
		"what the log says":  {token(func(*statuslist.Token) {}), exitOK},
		"an entry undone":    {token(func(k *statuslist.Token) { noError(k.List.Set(7, statuslist.Suspended)) }), exitNotAuthentic},
		"of another size":    {token(func(k *statuslist.Token) { k.Log.Size-- }), exitNotAuthentic},
		"no token":           {[]byte("e30.e30.c2ln"), exitNotAuthentic},
		"before the key was": {token(func(k *statuslist.Token) { k.Iat, k.Exp = opened-daySeconds, opened }), exitNotAuthentic},
	} {
		t.Run(name, func(t *testing.T) {
			copied := &corridor{t: t, dir: t.TempDir()}
			copied.writeLog("", o, o.log.Entries())
			copied.write("status-0.jwt", c.token)
			out, errs, code := runApp("log", "audit", copied.dir, "--json")
			if code != c.code || code == exitOK && !strings.Contains(out, `"tokens":1`) {
				t.Errorf("exit code %d, %s %s; want %d", code, out, errs, c.code)
			}
		})
	}
}

func noError(err error) {
	if err != nil {
		panic(err)
	}
}
