// Go's transparency log (golang.org/x/mod/sumdb, of Debian) audits a log of
// ours: judge_log LOGDIR ORIGIN LOGKEY, the key in base64.
//
// The checkpoint must open as a signed note; the tree rebuilt from the entries
// alone must have its root; every entry must be proven in it, and every
// smaller tree consistent with it; every tile on disk must be the one that the
// rebuilt tree has. Its own tile reader is not used (CVE-2026-56865).
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type store []tlog.Hash

func (s store) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		if x >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is not stored", x)
		}
		out[i] = s[x]
	}
	return out, nil
}

func die(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "judge_log: "+format+"\n", args...)
	os.Exit(1)
}

func must(err error) {
	if err != nil {
		die("%v", err)
	}
}

// tlog-tiles leaves out the height that sumdb's paths begin with.
func path(dir string, t tlog.Tile) string {
	return filepath.Join(dir, "tile", strings.TrimPrefix(t.Path(), "tile/8/"))
}

func entries(dir string, n int64, width int) [][]byte {
	t := tlog.Tile{H: 8, L: 0, N: n, W: width}
	name := strings.Replace(path(dir, t), "/tile/0/", "/tile/entries/", 1)
	data, err := os.ReadFile(name)
	must(err)
	var out [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
			die("%s is cut short", name)
		}
		k := int(data[0])<<8 + int(data[1])
		out = append(out, data[2:2+k])
		data = data[2+k:]
	}
	if len(out) != width {
		die("%s has %d entries, not %d", name, len(out), width)
	}
	return out
}

func main() {
	if len(os.Args) != 4 {
		die("usage: judge_log LOGDIR ORIGIN LOGKEY")
	}
	dir, origin := os.Args[1], os.Args[2]
	key, err := base64.StdEncoding.DecodeString(os.Args[3])
	must(err)
	vkey, err := note.NewEd25519VerifierKey(origin, key)
	must(err)
	verifier, err := note.NewVerifier(vkey)
	must(err)
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	must(err)
	n, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" {
		die("not a checkpoint of %s", origin)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)

	var s store
	var roots []tlog.Hash
	for i := int64(0); i < size; {
		width := 256
		if size-i < 256 {
			width = int(size - i)
		}
		for _, e := range entries(dir, i/256, width) {
			h, err := tlog.StoredHashes(i, e, s)
			must(err)
			s = append(s, h...)
			i++
			r, err := tlog.TreeHash(i, s)
			must(err)
			roots = append(roots, r)
		}
	}
	got, err := tlog.TreeHash(size, s)
	must(err)
	if got != root {
		die("the entries lead to root %v, the checkpoint says %v", got, root)
	}
	for i := int64(0); i < size; i++ {
		e := entries(dir, i/256, min(256, size-i/256*256))[i%256]
		p, err := tlog.ProveRecord(size, i, s)
		must(err)
		must(tlog.CheckRecord(p, size, root, i, tlog.RecordHash(e)))
		t, err := tlog.ProveTree(size, i+1, s)
		must(err)
		must(tlog.CheckTree(t, size, root, i+1, roots[i]))
	}
	tiles := 0
	var all []tlog.Tile
	for level, count := 0, size; count > 0; level, count = level+1, count>>8 {
		for n := int64(0); n < (count+255)/256; n++ {
			all = append(all, tlog.Tile{
				H: 8, L: level, N: n, W: min(256, count-n*256)})
		}
	}
	for _, t := range all {
		want, err := tlog.ReadTileData(t, s)
		must(err)
		have, err := os.ReadFile(path(dir, t))
		must(err)
		if !bytes.Equal(have, want) {
			die("%s is not the tile of this tree", path(dir, t))
		}
		tiles++
	}
	fmt.Printf("%d entries and %d tiles audited by x/mod\n", size, tiles)
}

func min(a, b int64) int {
	if a < b {
		return int(a)
	}
	return int(b)
}
