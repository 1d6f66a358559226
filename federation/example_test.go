package federation_test

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation"
)

// A forwarder in Japan checks a New Zealand exporter before contracting.
func Example() {
	w := theWorld()
	raw, anchor := w.japan(0).pack(w.jp), anchorOf(w.jp) // from the customs administration
	presented := file(w.sdjwt["orchards"])               // from the exporter
	clock := int64(built + 3600)

	question := federation.Question{Now: clock, Role: "exporter", Direction: "import"}
	v, _, err := federation.Open(raw, anchor, nil, clock, 0)
	if err != nil {
		fmt.Println(federation.Refuse(err, presented, question).Reason.Text())
		return
	}
	if err := v.CheckQuestion(question); err != nil {
		fmt.Println(err)
		return
	}
	d := v.Verify(presented, question)
	fmt.Println(d.Verdict, d.Reason, "- exit", d.Reason.Exit())
	fmt.Println(d.Holder.LegalName, d.Holder.Identifiers)
	fmt.Println("there:", d.Status, "- here:", d.Recognition, "for", d.RecognisedFor[0].Direction, "as", d.RecognisedFor[0].As)
	// Output:
	// recognised by_arrangement - exit 0
	// Orchards Ltd [NZ:biz:EF70B8FF]
	// there: in_force - here: recognised for import as AEO exporter
}
