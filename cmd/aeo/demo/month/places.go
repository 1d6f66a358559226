package month

import "github.com/aeo-registry/aeo/registry/programme"

// A place is an administration of the month, with one invented company. A place
// whose authority is another than its territory is a member of a union.
type place struct {
	code      string // territory, or authority of a union's member
	territory string
	host      string
	desk      string // who prepares
	decides   string // who decides
	company   company
}

// A company of the month is invented; its identifier is well-formed.
type company struct {
	name, identifier, kind string
	roles                  []string
	component              string // what it shows abroad; empty = its one credential
}

var goods = []string{"exporter", "manufacturer"}

// places are the administrations in the order in which a larger month adds them.
var places = []place{
	{"NZ", "NZ", "aeo.customs.nz.example", "M. Rangi", "T. Walker", company{"Southern Orchards Ltd", "12345678A", "SES", goods, ""}},
	{"JP", "JP", "aeo.customs.jp.example", "K. Mori", "Y. Sato", company{"Sakura Precision KK", "JP12345678901234567", "AEO-EXPORTER", []string{"exporter"}, ""}},
	{"SG", "SG", "aeo.customs.sg.example", "L. Tan", "S. Lim", company{"Merlion Components Pte Ltd", "AEOSG201912345K01", "STP-PLUS", goods, ""}},
	{"US", "US", "aeo.cbp.us.example", "J. Carter", "R. Cole", company{"Prairie Instruments Inc", "CT10012345", "TIER3", goods, ""}},
	{"EU", "EU", "aeo.customs.eu.example", "C. Dubois", "I. Novak", company{}},
	{"DE", "EU", "aeo.zoll.de.example", "F. Braun", "U. Keller", company{"Rhein Maschinenbau GmbH", "DE1234567", "AEOF", goods, "AEOS"}},
	{"MY", "MY", "aeo.customs.my.example", "N. Aziz", "C. Wong", company{"Kinabalu Rubber Sdn Bhd", "MY00123456", "AEO", goods, ""}},
	{"TH", "TH", "aeo.customs.th.example", "P. Suk", "A. Chai", company{"Chao Phraya Foods Co Ltd", "TH00123456", "AEO-TRADER", []string{"exporter"}, ""}},
	{"CN", "CN", "aeo.customs.cn.example", "Li Wei", "Zhao Min", company{"Jiangnan Optics Co Ltd", "AEOCN1101260123", "ADVANCED", goods, ""}},
	{"KR", "KR", "aeo.customs.kr.example", "J. Kim", "S. Park", company{"Hanbit Semiconductor Co Ltd", "KR1234567", "AA", []string{"exporter"}, ""}},
	{"GB", "GB", "aeo.customs.gb.example", "O. Hughes", "R. Patel", company{"Pennine Textiles Ltd", "GB123456789000", "AEOS", goods, ""}},
	{"CH", "CH", "aeo.customs.ch.example", "L. Meier", "N. Favre", company{"Aare Uhren AG", "CH12345678", "AEO", goods, ""}},
	{"CA", "CA", "aeo.customs.ca.example", "E. Roy", "D. Singh", company{"Maple Ridge Machinery Inc", "CA0012345", "PIP", []string{"exporter"}, ""}},
	{"AU", "AU", "aeo.customs.au.example", "B. Clarke", "I. Nguyen", company{"Wattle Grain Pty Ltd", "12345678901", "TRUSTED-TRADER", []string{"exporter"}, ""}},
	{"HK", "HK", "aeo.customs.hk.example", "K. Chan", "W. Lau", company{"Harbour Star Electronics Ltd", "HK00012345", "AEO", goods, ""}},
	{"BR", "BR", "aeo.customs.br.example", "C. Souza", "M. Lima", company{"Cerrado Exportadora Ltda", "BR12345678000190", "OEA-S", []string{"exporter"}, ""}},
	{"UY", "UY", "aeo.customs.uy.example", "J. Pereira", "L. Silva", company{"Rio Negro Carnes SA", "UY210000000019", "OEA", []string{"exporter"}, ""}},
	{"ID", "ID", "aeo.customs.id.example", "D. Putri", "B. Wijaya", company{"Nusantara Coffee PT", "ID00123456", "AEO", goods, ""}},
	{"PH", "PH", "aeo.customs.ph.example", "R. Cruz", "A. Reyes", company{"Visayas Electronics Inc", "PH00123456", "LEVEL2", []string{"exporter"}, ""}},
	{"MX", "MX", "aeo.customs.mx.example", "G. Flores", "H. Ortiz", company{"Sierra Madre Autopartes SA", "ABC010203AB1", "OEA", goods, ""}},
}

// All is how many nodes the whole month has.
var All = len(places)

// Fewest is the smallest month: below it are the six nodes of the short demo.
const Fewest = 7

func (p place) entity() string { return "https://" + p.host }

// member reports whether the place decides within a union.
func (p place) member() bool { return p.code != p.territory }

// offered is the first type of a programme that may be recognised abroad and
// covers exporters, with its title: what a partner calls its own equal of it.
func offered(territory string) (pack *programme.Pack, kind, title string, err error) {
	if pack, err = programme.Load(territory, ""); err != nil {
		return nil, "", "", err
	}
	for _, t := range pack.Types {
		if t.MRAEligible && len(t.Components) == 0 {
			return pack, t.Code, t.Title, nil
		}
	}
	return pack, "", "", nil
}
