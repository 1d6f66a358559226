package demo

import (
	"bytes"
	"fmt"
	"strings"
)

// alterations: one bit or one part changed in what the holder shows.
func (d *docket) alterations() error {
	source := credentialOf("southern-orchards")
	one := func(name, verdict, reason string, change func(*sheet) error, args ...string) error {
		file := strings.NewReplacer(" ", "-", ":", "", ",", "").Replace(name)
		made, err := d.forge.alter(source, file, change)
		if err != nil {
			return err
		}
		d.verify(name, made, "JP", verdict, reason, args...)
		return nil
	}
	first := func(s *sheet) *parts { return s.credentials[0] }
	steps := []error{
		one("altered: a bit of the key's name in the header", "cannot_tell", "issuer_key_unknown", func(s *sheet) error { return flip(first(s).header, `"kid":"`) }),
		one("altered: a bit of the type in the header", "not_a_credential", "wrong_format", func(s *sheet) error { return flip(first(s).header, `"typ":"`) }),
		one("altered: a bit of the payload", "not_authentic", "bad_signature", func(s *sheet) error { return flip(first(s).payload, `"programme":"`) }),
		one("altered: a bit that breaks the payload's JSON", "not_a_credential", "unreadable", func(s *sheet) error { return flip(first(s).payload, `"programme`) }),
		one("altered: a bit of the signature", "not_authentic", "bad_signature", func(s *sheet) error { first(s).signature[17] ^= 1; return nil }),
		one("name not disclosed", "cannot_tell", "name_not_disclosed", func(s *sheet) error { first(s).keep("roles", "identifiers"); return nil }),
		one("roles not disclosed", "cannot_tell", "not_disclosed", func(s *sheet) error { first(s).keep("legal_name", "identifiers"); return nil }),
		one("a disclosure of another credential", "not_authentic", "disclosure_unknown", d.foreignDisclosure),
		one("too large for a credential", "not_a_credential", "too_large", func(s *sheet) error {
			first(s).disclosures = append(first(s).disclosures, bytes.Repeat([]byte("x"), 64<<10))
			return nil
		}),
	}
	for _, err := range steps {
		if err != nil {
			return err
		}
	}
	if err := d.everyDisclosure(source); err != nil {
		return err
	}
	return d.otherFiles()
}

// foreignDisclosure puts the name of another holder under this credential.
func (d *docket) foreignDisclosure(s *sheet) error {
	raw, err := d.forge.read(credentialOf("tasman-dairy"))
	if err != nil {
		return err
	}
	other, err := takeApart(raw)
	if err != nil {
		return err
	}
	other.credentials[0].keep("legal_name")
	s.credentials[0].keep("identifiers", "roles")
	s.credentials[0].disclosures = append(s.credentials[0].disclosures, other.credentials[0].disclosures...)
	return nil
}

// everyDisclosure alters each disclosure of the file in turn.
func (d *docket) everyDisclosure(source string) error {
	raw, err := d.forge.read(source)
	if err != nil {
		return err
	}
	s, err := takeApart(raw)
	if err != nil {
		return err
	}
	for i, disclosure := range s.credentials[0].disclosures {
		claim := strings.Split(string(disclosure), `"`)[3]
		made, err := d.forge.alter(source, "disclosure-"+claim, func(s *sheet) error {
			b := s.credentials[0].disclosures[i]
			b[len(b)-3] ^= 1
			return nil
		})
		if err != nil {
			return err
		}
		d.verify("altered: a bit of the disclosure "+claim, made, "JP", "not_authentic", "disclosure_unknown")
	}
	return nil
}

// otherFiles: several components of which one is altered, one alone, and what is no credential.
func (d *docket) otherFiles() error {
	const altered, alone = "several components, one altered: the file is not authentic", "type: AEOC alone where AEOS is needed"
	if d.sitesMissing("DE") {
		d.without(altered, alone)
	} else {
		source := credentialOf("rhein-maschinenbau")
		made, err := d.forge.alter(source, "one-component-altered", func(s *sheet) error { s.credentials[1].signature[5] ^= 1; return nil })
		if err != nil {
			return err
		}
		d.verify(altered, made, "JP", "not_authentic", "bad_signature")
		made, err = d.forge.alter(source, "aeoc-alone", func(s *sheet) error { s.credentials, s.receipts = s.credentials[1:], ""; return nil })
		if err != nil {
			return err
		}
		d.verify(alone, made, "JP", "not_recognised", "type")
	}
	text, err := d.forge.write("cases/certificate.txt", []byte("This is to certify that Phantom Trading Ltd is an Authorized Economic Operator.\n"))
	if err != nil {
		return err
	}
	d.verify("no credential: a certificate in words", text, "JP", "not_a_credential", "unreadable")
	raw, err := d.forge.read("published/NZ/status-1.jwt")
	if err != nil {
		return err
	}
	token, err := d.forge.write("cases/status-token.aeo", append(bytes.TrimSpace(raw), '~', '\n'))
	if err != nil {
		return err
	}
	d.verify("no credential: a signed status list", token, "JP", "not_a_credential", "wrong_format")
	return nil
}

// receipts: whether the credential is shown to be in the issuer's log.
func (d *docket) receipts() error {
	source := credentialOf("southern-orchards")
	transparency := []string{"--level", "transparency"}
	d.verify("transparency: with its receipt", source, "JP", "recognised", "by_arrangement", transparency...)
	bare, err := d.forge.alter(source, "no-receipt", func(s *sheet) error { s.receipts = ""; return nil })
	if err != nil {
		return err
	}
	d.verify("transparency: without a receipt", bare, "JP", "cannot_tell", "receipt_missing", transparency...)
	made, err := d.forge.alter(source, "receipt-altered", flipProof)
	if err != nil {
		return err
	}
	d.verify("altered: a bit of the receipt's proof, transparency asked", made, "JP", "cannot_tell", "receipt_missing", transparency...)
	d.verify("altered: a bit of the receipt's proof, status asked", made, "JP", "recognised", "by_arrangement")
	made, err = d.forge.alter(source, "receipt-malformed", func(s *sheet) error {
		s.receipts = strings.Replace(s.receipts, "index ", "index!", 1)
		return nil
	})
	if err != nil {
		return err
	}
	d.verify("altered: a bit that breaks the receipt's form", made, "JP", "not_a_credential", "wrong_format")
	if made, err = d.forge.uncosigned(source); err != nil {
		return err
	}
	d.verify("transparency: a receipt for a head that nobody cosigned", made, "JP", "cannot_tell", "quorum_missing", transparency...)
	d.verify("a receipt for a head that nobody cosigned, status asked", made, "JP", "recognised", "by_arrangement")
	made, err = d.forge.splitView(source)
	if err != nil {
		return err
	}
	d.verify("a receipt from another history of the same log", made, "JP", "cannot_tell", "log_misbehaviour", transparency...)
	return nil
}

// flipProof changes the first hash of the proof, which stays well formed.
func flipProof(s *sheet) error {
	lines := strings.SplitN(s.receipts, "\n", 4)
	if len(lines) < 4 || len(lines[2]) != 44 {
		return fmt.Errorf("no proof hash in the receipt")
	}
	hash := []byte(lines[2])
	if hash[0] == 'A' {
		hash[0] = 'B'
	} else {
		hash[0] = 'A'
	}
	lines[2] = string(hash)
	s.receipts = strings.Join(lines, "\n")
	return nil
}

// forgeries: made with keys that are not in the roster, and with stolen ones.
func (d *docket) forgeries() error {
	made, err := d.forge.unknownIssuer()
	if err != nil {
		return err
	}
	d.verify("forged: an issuer nobody knows", made, "JP", "cannot_tell", "issuer_unknown")
	d.verify("issuer not in this verifier's bundle: the EU in Singapore", credentialOf("rhein-maschinenbau"), "SG", "cannot_tell", "issuer_unknown")
	if made, err = d.forge.unknownKey(); err != nil {
		return err
	}
	d.verify("forged: a key that is not in the issuer's roster", made, "JP", "cannot_tell", "issuer_key_unknown")
	if made, err = d.forge.noStatus(); err != nil {
		return err
	}
	d.verify("forged with the issuer's key: no such status list in its log", made, "JP", "cannot_tell", "status_missing")
	if made, err = d.forge.repeatedDigest(credentialOf("southern-orchards")); err != nil {
		return err
	}
	d.verify("forged with the issuer's key: one digest twice", made, "JP", "not_authentic", "duplicate_digest")
	return nil
}

// damagedBundles: one bit of the manifest, one of a member.
func (d *docket) damagedBundles() error {
	for _, c := range []struct{ name, member, file string }{
		{"altered: a bit of the bundle's manifest", "manifest.jwt", "cases/JP-manifest.aeobundle"},
		{"altered: a bit of a member of the bundle", "p/nz/history.json", "cases/JP-member.aeobundle"},
	} {
		made, err := d.forge.flipBundle(bundleOf("JP"), c.file, c.member)
		if err != nil {
			return err
		}
		d.verify(c.name, credentialOf("southern-orchards"), "JP", "cannot_tell", "bundle_invalid").Bundle = made
	}
	return nil
}

// union: nobody becomes a member of a union by being its partner.
func (d *docket) union(statement []byte) error {
	const partner = "the United States through the EU: a partner is no member"
	if d.sitesMissing("US") || d.sitesMissing("EU") {
		d.without(partner)
		return nil
	}
	made, err := d.forge.throughUnion(statement)
	if err != nil {
		return err
	}
	d.verify(partner, credentialOf("prairie-instruments"), "JP", "cannot_tell", "chain_invalid").Bundle = made
	return nil
}
