package view

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/mtibben/confusables"
	"golang.org/x/text/unicode/norm"
)

// Skeletons are what a name looks like, whatever letters it is written with (Unicode
// Technical Standard 39, section 4): as it stands, since capitals look like other
// letters than small ones do, and with its case folded. They are compared, never shown.
func Skeletons(name string) []string {
	folded := confusables.Skeleton(access.Fold(name))
	standing := confusables.Skeleton(access.Fold(confusables.Skeleton(norm.NFKC.String(name))))
	if folded == standing {
		return []string{folded}
	}
	return []string{folded, standing}
}

// Alike are the operators one of whose names looks like a name, in order.
func Alike(tx ledger.Projection, name string) (out []string, err error) {
	for _, s := range Skeletons(name) {
		more, err := numbers(tx, alikeKey(s, ""))
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func indexNames(tx ledger.Projection, before, after authorisation.Operator) error {
	for _, look := range looksOf(before) {
		if err := tx.Delete(alikeKey(look, before.Case)); err != nil {
			return err
		}
	}
	for _, look := range looksOf(after) {
		if err := tx.Set(alikeKey(look, after.Case), nil); err != nil {
			return err
		}
	}
	return nil
}

func looksOf(o authorisation.Operator) (looks []string) {
	if o.Case == "" {
		return nil
	}
	looks = Skeletons(o.Holder.LegalName)
	for _, n := range o.Holder.Names {
		looks = append(looks, Skeletons(n.Value)...)
	}
	return looks
}

// alikeKey has the digest of a skeleton, of which no letter can be mistaken for the end.
func alikeKey(skeleton, number string) []byte {
	sum := sha256.Sum256([]byte(skeleton))
	return []byte("alike/" + hex.EncodeToString(sum[:16]) + "/" + number)
}
