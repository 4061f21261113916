// Reads a log of Causeway over HTTP with golang.org/x/mod's own note and tlog, which share no line with ours.
//
// It verifies the signed checkpoint, reads tiles and bundles of entries, checks that each entry is where it should be,
// and that the log still begins with an older checkpoint. What it found is printed as JSON; the exit code is 1 where
// anything does not hold.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
	most   = 32 << 20
)

var client = &http.Client{Timeout: 30 * time.Second}

type found struct {
	Origin     string   `json:"origin,omitempty"`
	Size       int64    `json:"size"`
	Root       string   `json:"root,omitempty"`
	Signers    []string `json:"signers,omitempty"`
	Entries    int64    `json:"entries"`
	Leaves     int64    `json:"leaves"`
	Proofs     int64    `json:"proofs"`
	Consistent []int64  `json:"consistent,omitempty"`
	Error      string   `json:"error,omitempty"`
}

type checkpoint struct {
	origin string
	tree   tlog.Tree
	signed *note.Note
}

// tiles reads over HTTP; where sumdb says tile/8/0/001, C2SP tlog-tiles says tile/0/001.
type tiles struct{ prefix, authorization string }

func (t tiles) Height() int { return height }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		one, err := t.get(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		data = append(data, one)
	}
	return data, nil
}

func (t tiles) get(path string) ([]byte, error) {
	request, err := http.NewRequest("GET", strings.TrimSuffix(t.prefix, "/")+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if t.authorization != "" {
		request.Header.Set("Authorization", t.authorization)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, most))
}

// bundle gives the entries of one bundle: each has its length in two bytes before it.
func (t tiles) bundle(number int64, size int64) ([][]byte, error) {
	path := strings.Replace(tlog.Tile{H: height, L: -1, N: number, W: int(size)}.Path(), "tile/8/data/", "tile/entries/", 1)
	data, err := t.get(path)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s is cut off", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if int64(len(entries)) != size {
		return nil, fmt.Errorf("%s holds %d entries instead of %d", path, len(entries), size)
	}
	return entries, nil
}

func open(data []byte, keys note.Verifiers) (*checkpoint, error) {
	signed, err := note.Open(data, keys)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 {
		return nil, errors.New("the checkpoint has too few lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return nil, errors.New("the checkpoint's size is no number")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, err
	}
	return &checkpoint{lines[0], tlog.Tree{N: size, Hash: root}, signed}, nil
}

func (f *found) checkEntries(log tiles, tree tlog.Tree, hashes tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += width {
		entries, err := log.bundle(first/width, min(width, tree.N-first))
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if err := f.checkLeaf(tree, hashes, first+int64(i), tlog.RecordHash(entry)); err != nil {
				return err
			}
			f.Entries++
		}
	}
	return nil
}

// checkLeaf compares a leaf with the tree's, and proves some of them: each proof reads its tiles again.
func (f *found) checkLeaf(tree tlog.Tree, hashes tlog.HashReader, index int64, leaf tlog.Hash) error {
	held, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return err
	}
	if held[0] != leaf {
		return fmt.Errorf("entry %d is not the one that the tree holds", index)
	}
	if tree.N > 1000 && index%97 != 0 {
		return nil
	}
	proof, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return err
	}
	f.Proofs++
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf)
}

// checkLeaves reads "index hexhash" lines.
func (f *found) checkLeaves(path string, tree tlog.Tree, hashes tlog.HashReader) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var index int64
		var text string
		if _, err := fmt.Sscan(lines.Text(), &index, &text); err != nil {
			return err
		}
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return fmt.Errorf("%q is no hash", text)
		}
		if err := f.checkLeaf(tree, hashes, index, tlog.Hash(raw)); err != nil {
			return err
		}
		f.Leaves++
	}
	return lines.Err()
}

func (f *found) checkOlder(path string, keys note.Verifiers, tree tlog.Tree, hashes tlog.HashReader) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	older, err := open(data, keys)
	if err != nil {
		return err
	}
	if older.origin != f.Origin {
		return fmt.Errorf("the older checkpoint is of %s", older.origin)
	}
	if older.tree.N > 0 {
		proof, err := tlog.ProveTree(tree.N, older.tree.N, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.tree.N, older.tree.Hash); err != nil {
			return fmt.Errorf("the log of %d entries does not begin with that of %d: %w", tree.N, older.tree.N, err)
		}
	}
	f.Consistent = append(f.Consistent, older.tree.N)
	return nil
}

func (f *found) run() error {
	address := flag.String("log", "", "the log's address, without /checkpoint")
	vkey := flag.String("vkey", "", "the log's verifier key")
	authorization := flag.String("authorization", "", "sent as the header of that name")
	entries := flag.Bool("entries", false, "read all bundles of entries too")
	leaves := flag.String("leaves", "", "a file of lines: index and leaf hash in hex")
	flag.Parse()

	verifier, err := note.NewVerifier(*vkey)
	if err != nil {
		return err
	}
	keys := note.VerifierList(verifier)
	log := tiles{*address, *authorization}
	data, err := log.get("checkpoint")
	if err != nil {
		return err
	}
	point, err := open(data, keys)
	if err != nil {
		return err
	}
	f.Origin, f.Size = point.origin, point.tree.N
	f.Root = base64.StdEncoding.EncodeToString(point.tree.Hash[:])
	for _, signature := range append(point.signed.Sigs, point.signed.UnverifiedSigs...) {
		f.Signers = append(f.Signers, signature.Name)
	}
	if f.Origin != verifier.Name() {
		return fmt.Errorf("the checkpoint is of %s, the key of %s", f.Origin, verifier.Name())
	}

	hashes := tlog.TileHashReader(point.tree, &remembering{tiles: log, read: map[tlog.Tile][]byte{}})
	if *entries {
		if err := f.checkEntries(log, point.tree, hashes); err != nil {
			return err
		}
	}
	if *leaves != "" {
		if err := f.checkLeaves(*leaves, point.tree, hashes); err != nil {
			return err
		}
	}
	for _, path := range flag.Args() {
		if err := f.checkOlder(path, keys, point.tree, hashes); err != nil {
			return err
		}
	}
	return nil
}

// remembering keeps the tiles that tlog found to lead to the signed root.
type remembering struct {
	tiles
	read map[tlog.Tile][]byte
}

func (r *remembering) SaveTiles(read []tlog.Tile, data [][]byte) {
	for i, tile := range read {
		r.read[tile] = data[i]
	}
}

func (r *remembering) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		if known, ok := r.read[tile]; ok {
			data[i] = known
			continue
		}
		one, err := r.tiles.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return nil, err
		}
		data[i] = one[0]
	}
	return data, nil
}

func main() {
	var f found
	err := f.run()
	if err != nil {
		f.Error = err.Error()
	}
	_ = json.NewEncoder(os.Stdout).Encode(f)
	if err != nil {
		os.Exit(1)
	}
}
