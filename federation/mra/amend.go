package mra

import "slices"

// Amend begins the next version of an arrangement from this one, to be signed on
// a day. What the version says stays as it is until [Document.Recognise] and
// [Document.Cease] change it.
func (d *Document) Amend(signedOn string) *Document {
	next := *d
	next.Version, next.PrevSHA256, next.SignedOn = d.Version+1, d.SHA256(), signedOn
	next.Parties, next.Recognitions = slices.Clone(d.Parties), slices.Clone(d.Recognitions)
	return &next
}

// Recognise adds a rule. A rule of the same key that would collide ends on the
// day the new one begins, or goes where it would begin no earlier: a version
// is a whole statement, so what an amendment simply left out would be missing
// on the days before too.
func (d *Document) Recognise(r Recognition) {
	var rules []Recognition
	for _, q := range d.Recognitions {
		same := q.By == r.By && q.Of == r.Of && q.Programme == r.Programme && q.AuthorisationType == r.AuthorisationType && q.Pilot == r.Pilot
		if same && q.collides(&r) {
			if q.From >= r.From {
				continue
			}
			q.Until = r.From
		}
		rules = append(rules, q)
	}
	d.Recognitions = append(rules, r)
}

// Cease ends the rules by which by recognises of on a day, those of one type
// where one is named, and reports how many there were. A rule that has not
// begun by then goes.
func (d *Document) Cease(by, of, authorisationType, on string) (ceased int) {
	d.Recognitions = slices.DeleteFunc(d.Recognitions, func(q Recognition) bool {
		meant := q.By == by && q.Of == of && (authorisationType == "" || q.AuthorisationType == authorisationType)
		if meant && (q.Until == "" || q.Until > on) {
			ceased++
			return q.From >= on
		}
		return false
	})
	for i := range d.Recognitions {
		q := &d.Recognitions[i]
		if q.By == by && q.Of == of && (authorisationType == "" || q.AuthorisationType == authorisationType) && (q.Until == "" || q.Until > on) {
			q.Until = on
		}
	}
	return ceased
}
