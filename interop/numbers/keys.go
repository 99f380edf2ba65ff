package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	kmultisig "github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/address"
)

// writeKeys writes keys, addresses, signatures and Merkle roots.
func writeKeys(path string) {
	out := map[string]any{}
	var keys []cryptotypes.PubKey
	var rows []any
	for i := 1; i <= 20; i++ {
		sec := sha256.Sum256([]byte(fmt.Sprintf("secp256k1 %d", i)))
		k := &secp256k1.PrivKey{Key: sec[:]}
		sig, _ := k.Sign([]byte(fmt.Sprintf("message %d", i)))
		keys = append(keys, k.PubKey())
		rows = append(rows, map[string]string{"secret": hex.EncodeToString(sec[:]), "key": hex.EncodeToString(k.PubKey().Bytes()), "address": hex.EncodeToString(k.PubKey().Address()), "message": fmt.Sprintf("message %d", i), "signature": hex.EncodeToString(sig)})
	}
	out["secp256k1"] = rows
	rows = nil
	var edk cryptotypes.PubKey
	for i := 1; i <= 5; i++ {
		sec := sha256.Sum256([]byte(fmt.Sprintf("ed25519 %d", i)))
		k := ed25519.GenPrivKeyFromSecret([]byte(fmt.Sprintf("ed25519 %d", i)))
		sig, _ := k.Sign([]byte(fmt.Sprintf("message %d", i)))
		edk = k.PubKey()
		rows = append(rows, map[string]string{"secret": hex.EncodeToString(sec[:]), "key": hex.EncodeToString(k.PubKey().Bytes()), "address": hex.EncodeToString(k.PubKey().Address()), "message": fmt.Sprintf("message %d", i), "signature": hex.EncodeToString(sig)})
	}
	out["ed25519"] = rows
	rows = nil
	for _, c := range [][2]int{{1, 1}, {1, 2}, {2, 3}, {3, 5}, {7, 7}, {9, 20}} {
		m := kmultisig.NewLegacyAminoPubKey(c[0], keys[:c[1]])
		rows = append(rows, map[string]any{"threshold": c[0], "keys": c[1], "nested": false, "amino": hex.EncodeToString(m.Bytes()), "address": hex.EncodeToString(m.Address())})
	}
	inner := kmultisig.NewLegacyAminoPubKey(2, keys[1:4])
	m := kmultisig.NewLegacyAminoPubKey(2, []cryptotypes.PubKey{keys[0], inner, edk})
	rows = append(rows, map[string]any{"threshold": 2, "keys": 3, "nested": true, "amino": hex.EncodeToString(m.Bytes()), "address": hex.EncodeToString(m.Address())})
	out["multisig"] = rows
	rows = nil
	for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 33, 100} {
		var leaves [][]byte
		for i := 0; i < n; i++ {
			leaves = append(leaves, []byte(fmt.Sprintf("leaf %d", i)))
		}
		root, proofs := merkle.ProofsFromByteSlices(leaves)
		row := map[string]any{"leaves": n, "root": hex.EncodeToString(root)}
		if n > 0 {
			var aunts []string
			for _, a := range proofs[n-1].Aunts {
				aunts = append(aunts, hex.EncodeToString(a))
			}
			row["last_aunts"] = aunts
			aunts = nil
			for _, a := range proofs[n/2].Aunts {
				aunts = append(aunts, hex.EncodeToString(a))
			}
			row["middle_aunts"] = aunts
		}
		rows = append(rows, row)
	}
	out["merkle"] = rows
	out["module"] = []any{
		map[string]any{"name": "alliance", "keys": []string{}, "address": hex.EncodeToString(address.Module("alliance"))},
		map[string]any{"name": "gov", "keys": []string{}, "address": hex.EncodeToString(address.Module("gov"))},
		map[string]any{"name": "vault", "keys": []string{"one"}, "address": hex.EncodeToString(address.Module("vault", []byte("one")))},
		map[string]any{"name": "vault", "keys": []string{"one", "two", "three"}, "address": hex.EncodeToString(address.Module("vault", []byte("one"), []byte("two"), []byte("three")))},
	}
	f, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	e := json.NewEncoder(f)
	e.SetIndent("", " ")
	if err := e.Encode(out); err != nil {
		panic(err)
	}
}
