package trust_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/trust"
)

// path is a chain in the making: subject first.
type path []trust.Statement

// partnerPath is US's configuration as NZ vouches for it.
func partnerPath(t testing.TB) path {
	return path{configuration(t, "US", "NZ"), stated(t, "NZ", "US", "partner"), configuration(t, "NZ")}
}

// memberPath is DE's configuration as NZ vouches for it, through the EU.
func memberPath(t testing.TB) path {
	return path{
		configuration(t, "DE", "EU"),
		stated(t, "EU", "DE", "member"),
		stated(t, "NZ", "EU", "partner", host("DE"), host("FR")),
		configuration(t, "NZ"),
	}
}

func (p path) verify(t testing.TB, at int64) (*trust.Registry, error) {
	var chain []*trust.Signed
	for _, s := range p {
		chain = append(chain, parsed(t, s))
	}
	return trust.VerifyChain(chain, public(t, "NZ federation"), at)
}

func TestChains(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t testing.TB) path
		edit func(p *path)
		want string // part of the refusal; empty = accepted
	}{
		{"a partner", partnerPath, func(p *path) {}, ""},
		{"a union", partnerPath, func(p *path) {
			*p = path{configuration(t, "EU", "NZ"), stated(t, "NZ", "EU", "partner", host("DE")), configuration(t, "NZ")}
		}, ""},
		{"a member through its union", memberPath, func(p *path) {}, ""},
		{"our own member", partnerPath, func(p *path) {
			us := configuration(t, "US", "NZ")
			us.Metadata.Registry.Territory = "NZ"
			ours := stated(t, "NZ", "US", "member")
			ours.Relation.Territory = "NZ"
			*p = path{us, ours, configuration(t, "NZ")}
		}, ""},
		{"a union's partner through the union", memberPath, func(p *path) {
			*p = path{configuration(t, "US", "EU"), stated(t, "EU", "US", "partner"), (*p)[2], (*p)[3]}
		}, "not passed on"},
		{"a union's partner, though its host is permitted", memberPath, func(p *path) {
			*p = path{configuration(t, "US", "EU"), stated(t, "EU", "US", "partner"),
				stated(t, "NZ", "EU", "partner", host("DE"), host("US")), (*p)[3]}
		}, "not passed on"},
		{"a union's partner passed off as its member", memberPath, func(p *path) {
			us := configuration(t, "US", "EU")
			us.Metadata.Registry.Territory = "EU"
			*p = path{us, stated(t, "EU", "US", "member"), (*p)[2], (*p)[3]}
		}, "does not permit " + host("US")},
		{"a member the anchor does not know yet", memberPath, func(p *path) {
			(*p)[2].Constraints.NamingConstraints.Permitted = []string{host("EU"), host("FR")}
		}, "does not permit " + host("DE")},
		{"a member the anchor excludes", memberPath, func(p *path) {
			(*p)[2].Constraints.NamingConstraints.Excluded = []string{host("DE")}
		}, "does not permit " + host("DE")},
		{"a domain the anchor excludes", memberPath, func(p *path) {
			(*p)[2].Constraints.NamingConstraints.Excluded = []string{".de.example", ".customs.de.example"}
		}, "does not permit " + host("DE")},
		{"an excluded domain is not the host itself", memberPath, func(p *path) {
			(*p)[2].Constraints.NamingConstraints.Excluded = []string{"." + host("DE")}
		}, ""},
		{"a partner that is no union speaks for others", memberPath, func(p *path) {
			(*p)[2] = stated(t, "NZ", "EU", "partner")
		}, "allows 0 between"},
		{"a union's member of another territory", memberPath, func(p *path) { (*p)[1].Relation.Territory = "US" }, "territory"},
		{"a union stated for another territory", memberPath, func(p *path) { (*p)[2].Relation.Territory = "JP" }, "territory"},
		{"a member that says it is a partner of its own", memberPath, func(p *path) { (*p)[0].Metadata.Registry.Territory = "DE" }, "says it is"},
		{"a member that says it is another", memberPath, func(p *path) { (*p)[0].Metadata.Registry.Authority = "FR" }, "says it is"},
		{"a partner that says it is another", partnerPath, func(p *path) {
			(*p)[0].Metadata.Registry.Territory, (*p)[0].Metadata.Registry.Authority = "JP", "JP"
		}, "says it is"},
		{"a partner stated as an authority it is not", partnerPath, func(p *path) { (*p)[1].Relation.Authority = "XI" }, "says it is"},
		{"a subject that does not name its superior", partnerPath, func(p *path) { (*p)[0].AuthorityHints = nil }, "authority_hints"},
		{"a member that names its union's partner only", memberPath, func(p *path) { (*p)[0].AuthorityHints = []string{id("NZ")} }, "authority_hints"},
		{"a statement about another", partnerPath, func(p *path) { (*p)[1] = stated(t, "NZ", "JP", "partner") }, "the next is about"},
		{"another anchor's configuration", partnerPath, func(p *path) { (*p)[2] = configuration(t, "JP") }, "the next is about"},
		{"an intermediate's configuration between", memberPath, func(p *path) {
			*p = path{(*p)[0], (*p)[1], configuration(t, "EU", "NZ"), (*p)[2], (*p)[3]}
		}, "both ends"},
		{"no configuration at the top", partnerPath, func(p *path) { *p = path{(*p)[0], (*p)[1], stated(t, "JP", "NZ", "partner")} }, "both ends"},
		{"two configurations alone", partnerPath, func(p *path) { *p = path{(*p)[0], (*p)[2]} }, "2 statements"},
		{"nothing", partnerPath, func(p *path) { *p = nil }, "0 statements"},
		{"seven statements", partnerPath, func(p *path) {
			*p = path{(*p)[0], (*p)[1], (*p)[1], (*p)[1], (*p)[1], (*p)[1], (*p)[2]}
		}, "7 statements"},
		{"a loop", memberPath, func(p *path) {
			*p = path{(*p)[0], (*p)[1], stated(t, "DE", "EU", "partner", host("FR")), stated(t, "EU", "DE", "member"), (*p)[2], (*p)[3]}
		}, "twice"},
		{"the anchor below itself", memberPath, func(p *path) {
			*p = path{(*p)[0], (*p)[1], stated(t, "NZ", "EU", "partner", host("DE")), stated(t, "JP", "NZ", "partner"), stated(t, "NZ", "JP", "partner"), (*p)[3]}
		}, "twice"},
		{"a key that was not stated", partnerPath, func(p *path) { (*p)[1].JWKS.Keys = public(t, "US old federation") }, "not among those stated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.make(t)
			c.edit(&p)
			reg, err := p.verify(t, now)
			switch {
			case c.want == "" && err != nil, c.want != "" && (!errors.Is(err, trust.ErrChain) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want a refusal with %q", err, c.want)
			case c.want == "" && reg.Log.Origin != p[0].Metadata.Registry.Log.Origin:
				t.Errorf("returned the registry of %s", reg.Log.Origin)
			}
		})
	}
}

func TestChainKeys(t *testing.T) {
	p := partnerPath(t)
	subject, statement, anchor := parsed(t, p[0]), parsed(t, p[1]), parsed(t, p[2])
	pinned := public(t, "NZ federation")
	byStranger := p[1]
	byStranger.JWKS = trust.JWKS{Keys: public(t, "US federation")}
	selfMade := p[2]
	selfMade.JWKS = trust.JWKS{Keys: public(t, "JP federation")}
	for _, c := range []struct {
		name  string
		chain []*trust.Signed
		ok    bool
	}{
		{"all signed as stated", []*trust.Signed{subject, statement, anchor}, true},
		{"a statement signed by its own subject", []*trust.Signed{subject, parsedBy(t, byStranger, "US federation"), anchor}, false},
		{"an anchor that pinned keys did not sign", []*trust.Signed{subject, parsedBy(t, p[1], "JP federation"), parsedBy(t, selfMade, "JP federation")}, false},
		{"a missing statement", []*trust.Signed{subject, nil, anchor}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := trust.VerifyChain(c.chain, pinned, now); (err == nil) != c.ok {
				t.Errorf("got %v, want accepted = %t", err, c.ok)
			}
		})
	}
	t.Run("a signature of other bytes", func(t *testing.T) {
		raw := string(statement.Raw())
		other := p[1]
		other.Exp--
		forged := string(parsed(t, other).Raw())
		mixed, err := trust.Parse([]byte(raw[:strings.LastIndex(raw, ".")] + forged[strings.LastIndex(forged, "."):]))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trust.VerifyChain([]*trust.Signed{subject, mixed, anchor}, pinned, now); !errors.Is(err, trust.ErrChain) {
			t.Errorf("got %v", err)
		}
	})
}

func TestChainWindows(t *testing.T) {
	p := memberPath(t)
	for i := range p {
		p[i].Iat, p[i].Exp = now-1000, now+1000
	}
	for i := range p {
		q := append(path{}, p...)
		q[i].Iat, q[i].Exp = now-10, now+10
		for _, c := range []struct {
			at int64
			ok bool
		}{{now - 11, false}, {now - 10, true}, {now + 9, true}, {now + 10, false}} {
			if _, err := q.verify(t, c.at); (err == nil) != c.ok {
				t.Errorf("statement %d at now%+d: %v, want accepted = %t", i, c.at-now, err, c.ok)
			}
		}
	}
}
