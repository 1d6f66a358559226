package registry

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// A backup is a tar archive of regular files, encrypted with age to the node's
// identity or passphrase. Its last member is manifest.json:
//
//	{"schema": "aeo.backup/1", "kind": "node" or "subject-keys", "entity_id",
//	 "made_at", "checkpoint", "files": [{"name", "size", "sha256"}]}
//
// with the files in the order of the archive. An archive whose files are not
// exactly those is refused. A node's holds what its directory does (see [paths]),
// but for the log, which is journal/<number>.journal (see registry/ledger) with
// checkpoint as its head, and without subjects' keys: those are an archive of
// their own, so that it can be kept for a short time only (protocol 6).
const (
	backupSchema = "aeo.backup/1"
	kindNode     = "node"
	kindKeys     = "subject-keys"
	manifestName = "manifest.json"

	maxManifest    = 64 << 20
	maxBackupFile  = 64 << 30
	maxBackupFiles = 1 << 20
)

// ErrBackup says that a file is no backup, or not a whole one.
var ErrBackup = errors.New("backup does not hold")

// A BackupManifest says what a backup holds.
type BackupManifest struct {
	Schema     string       `json:"schema"`
	Kind       string       `json:"kind"`
	EntityID   string       `json:"entity_id"`
	MadeAt     int64        `json:"made_at"` // Unix seconds
	Checkpoint string       `json:"checkpoint,omitzero"`
	Files      []BackupFile `json:"files"`
}

// A BackupFile is one member of a backup.
type BackupFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// mayHold reports whether a backup of the kind may hold a file of the name. None
// of them leads out of a directory.
func mayHold(kind, name string) bool {
	dir, rest, below := strings.Cut(name, "/")
	switch {
	case kind == kindKeys:
		subject := strings.TrimSuffix(rest, ".erased")
		return dir == "traderkeys" && len(subject) == 2*sha256.Size && strings.Trim(subject, "0123456789abcdef") == ""
	case !below:
		return slices.Contains([]string{"node.json", "keys.age", "anchor.aeoanchor", "bundle.aeobundle", "border.aeobundle", "mirror"}, name)
	case dir == "tls", dir == "negotiations", dir == "programme", dir == "approvals", dir == "reads":
		return plainName(rest)
	case dir == "passwords": // by number of the account, which is in capitals
		return plainName(strings.ToLower(rest))
	case dir == "journal":
		number, ok := strings.CutSuffix(rest, ".journal")
		return ok && len(number) == 20 && strings.Trim(number, "0123456789") == ""
	case dir == "lists":
		territory, file, _ := strings.Cut(rest, "/")
		return plainName(territory) && plainName(file)
	case dir == "files":
		subject, file, _ := strings.Cut(rest, "/")
		return plainName(subject) && plainName(file)
	case dir == "exchange":
		return plainName(rest)
	case dir == "peers", dir == "evidence", dir == "witness", dir == "auditor":
		parts := strings.Split(rest, "/")
		return len(parts) >= 2 && len(parts) <= 6 && !slices.ContainsFunc(parts, func(s string) bool { return !plainName(s) })
	}
	return false
}

// plainName is a file name of small letters, digits, points and hyphens that
// does not begin with a point.
func plainName(s string) bool {
	return s != "" && len(s) <= 253 && s[0] != '.' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

func parseBackupManifest(raw []byte, kind string) (*BackupManifest, error) {
	var m BackupManifest
	if err := jcs.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrBackup, err)
	}
	if m.Schema != backupSchema || m.Kind != kind {
		return nil, fmt.Errorf("%w: it is %.20q of %.20q, want %s of %s", ErrBackup, m.Kind, m.Schema, kind, backupSchema)
	}
	return &m, nil
}

// An archive is a backup being written.
type archive struct {
	tar      *tar.Writer
	manifest BackupManifest
}

// file adds a file of the disk, as long as it is now; one that is not there is left out.
func (a *archive) file(name, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", path)
	}
	return a.add(name, info.Size(), f)
}

func (a *archive) add(name string, size int64, content io.Reader) error {
	if !mayHold(a.manifest.Kind, name) {
		return fmt.Errorf("back up: %.80q is no name of a node's", name)
	}
	if err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX}); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	digest := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(a.tar, digest), content, size); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	a.manifest.Files = append(a.manifest.Files, BackupFile{name, size, hex.EncodeToString(digest.Sum(nil))})
	return nil
}

// tree adds all regular files below a directory.
func (a *archive) tree(name, path string) error {
	return filepath.WalkDir(path, func(file string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) && file == path {
			return nil
		}
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), ".new") {
			return err // a name that begins with a dot is a file not yet in place
		}
		rest, err := filepath.Rel(path, file)
		if err != nil {
			return err
		}
		return a.file(name+"/"+filepath.ToSlash(rest), file)
	})
}

func (a *archive) close() error {
	raw, err := jcs.Marshal(a.manifest)
	if err != nil {
		return err
	}
	if err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: manifestName, Mode: 0o600, Size: int64(len(raw)), Format: tar.FormatPAX}); err != nil {
		return fmt.Errorf("back up manifest: %w", err)
	}
	if _, err := a.tar.Write(raw); err != nil {
		return fmt.Errorf("back up manifest: %w", err)
	}
	return a.tar.Close()
}

// unpack reads a backup of a kind into a directory that nobody uses yet. Until
// it returns without an error nothing in the directory means anything.
func unpack(in io.Reader, kind, dir string) (*BackupManifest, error) {
	r := tar.NewReader(in)
	var files []BackupFile
	for {
		h, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBackup, noEOF(err))
		}
		if h.Typeflag != tar.TypeReg || h.Size < 0 || len(files) == maxBackupFiles {
			return nil, fmt.Errorf("%w: %.80q is no regular file, or one too many", ErrBackup, h.Name)
		}
		if h.Name == manifestName {
			return closing(r, h.Size, kind, files, in)
		}
		if !mayHold(kind, h.Name) || h.Size > maxBackupFile {
			return nil, fmt.Errorf("%w: a file %.80q of %d bytes", ErrBackup, h.Name, h.Size)
		}
		f, err := extract(r, h, dir)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
}

// noEOF: an archive that ends before its manifest is cut short.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func extract(r io.Reader, h *tar.Header, dir string) (out BackupFile, err error) {
	path := filepath.Join(dir, filepath.FromSlash(h.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return out, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return out, fmt.Errorf("%w: %s is in it twice", ErrBackup, h.Name)
	}
	if err != nil {
		return out, err
	}
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, digest), r)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return out, fmt.Errorf("%w: %s: %w", ErrBackup, h.Name, err)
	}
	return BackupFile{h.Name, n, hex.EncodeToString(digest.Sum(nil))}, nil
}

// closing reads the manifest, compares it with what was read and makes sure
// that nothing follows.
func closing(r *tar.Reader, size int64, kind string, files []BackupFile, in io.Reader) (*BackupManifest, error) {
	if size > maxManifest {
		return nil, fmt.Errorf("%w: a manifest of %d bytes", ErrBackup, size)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrBackup, noEOF(err))
	}
	m, err := parseBackupManifest(raw, kind)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(m.Files, files) {
		return nil, fmt.Errorf("%w: its files are not those of its manifest", ErrBackup)
	}
	if h, err := r.Next(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more follows the manifest (%v, %v)", ErrBackup, h != nil, err)
	}
	rest, err := io.ReadAll(io.LimitReader(in, 1<<20)) // and so the end of the encryption is seen
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, fmt.Errorf("%w: bytes follow the archive", ErrBackup)
	}
	return m, nil
}
