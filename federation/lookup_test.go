package federation_test

import (
	"testing"

	"github.com/aeo-registry/aeo/federation"
)

func TestLookup(t *testing.T) {
	w := theWorld()
	carrier, status := now(), now()
	carrier.Role, status.StatusOnly = "carrier", true
	high := now()
	high.Level = federation.LevelTransparency
	for name, c := range map[string]struct {
		identifier string
		q          federation.Question
		want       federation.Reason
	}{
		"of a partner's operator":                             {identifier(w.nz, "orchards"), now(), federation.ByArrangement},
		"of a member's operator":                              {identifier(w.de, "german"), now(), federation.ByArrangement},
		"of one's own operator":                               {identifier(w.jp, "home"), now(), federation.OwnProgramme},
		"of a foreigner its own administration does not list": {"ZZ:biz:5", now(), federation.ByArrangement},
		"of an operator known only":                           {identifier(w.us, "american"), now(), federation.NoArrangement},
		"status alone":                                        {identifier(w.us, "american"), status, federation.OK},
		"suspended":                                           {identifier(w.nz, "suspended"), now(), federation.StatusSuspended},
		"before it took effect":                               {identifier(w.nz, "orchards"), at(now(), opened+2*day-1), federation.NotYet},
		"when it took effect":                                 {identifier(w.jp, "home"), at(now(), opened+2*day), federation.OwnProgramme},
		"for a role it does not have":                         {identifier(w.nz, "orchards"), carrier, federation.RoleNotCovered},
		"where a list is not enough":                          {identifier(w.sg, "exchange only"), now(), federation.NotExchanged},
		"where the log must show it":                          {identifier(w.nz, "orchards"), high, federation.ReceiptMissing},
		"of an operator that is not listed":                   {identifier(w.nz, "ended"), now(), federation.NotListed},
		"of a territory nobody knows":                         {"ZZ:biz:1", now(), federation.NotListed},
		"of no identifier":                                    {"orchards", now(), federation.NotListed},
		"in the future":                                       {identifier(w.nz, "orchards"), at(now(), built+3601), federation.AtAfterBundle},
		"of an unlisted one, in the future":                   {"ZZ:biz:1", at(now(), built+3601), federation.AtAfterBundle},
		"under an expired bundle":                             {identifier(w.jp, "home"), federation.Question{Now: built + 31*day}, federation.BundleExpired},
	} {
		t.Run(name, func(t *testing.T) {
			d := fromJapan().Lookup(c.identifier, c.q)
			wantReason(t, d, c.want)
			checkRows(t, d)
			if d.Basis != federation.Directory {
				t.Errorf("basis %s", d.Basis)
			}
		})
	}
}

func TestLookupShowsNameAndScope(t *testing.T) {
	w := theWorld()
	q := now()
	q.Name = "Somebody Else"
	d := fromJapan().Lookup(identifier(w.nz, "orchards"), q)
	if h := d.Holder; h == nil || h.LegalName != "Orchards Ltd" || h.EffectiveOn != date(opened+2*day) || len(h.Roles) != 1 {
		t.Errorf("holder %+v", h)
	}
	if caveats(d) != "name_differs" {
		t.Errorf("caveats %v", d.Caveats)
	}
}

func TestNotListedSaysNothingElse(t *testing.T) {
	d := fromJapan().Lookup("NZ:biz:0", now())
	if d.Holder != nil || d.Issuer != nil || d.Status != federation.Unknown || d.Recognition != federation.Unknown {
		t.Errorf("%+v", d)
	}
}

func TestLookupName(t *testing.T) {
	found := fromJapan().LookupName("ORCHARDS ltd", now())
	if len(found) != 1 || found[0].Holder.LegalName != "Orchards Ltd" {
		t.Fatalf("%d holders", len(found))
	}
	wantReason(t, found[0], federation.ByArrangement)
	if none := fromJapan().LookupName("Nobody", now()); none != nil {
		t.Errorf("%d holders called Nobody", len(none))
	}
}

func TestCheckIdentifier(t *testing.T) {
	if err := federation.CheckIdentifier("NZ:biz:12345678A"); err != nil {
		t.Error(err)
	}
	for _, id := range []string{"", "NZ", "nz:biz:1", "NZ:biz:12-34", "NZ:biz:1:2"} {
		if _, ok := federation.CheckIdentifier(id).(*federation.QuestionError); !ok {
			t.Errorf("%q is taken", id)
		}
	}
}
