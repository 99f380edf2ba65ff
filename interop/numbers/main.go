package main

import (
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"path/filepath"
	"strings"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

var r = rand.New(rand.NewSource(20261122))

func mag(maxBits int) *big.Int {
	one := big.NewInt(1)
	switch r.Intn(8) {
	case 0:
		k := r.Intn(maxBits + 1)
		x := new(big.Int).Lsh(one, uint(k))
		x.Add(x, big.NewInt(int64(r.Intn(3)-1)))
		if x.BitLen() > maxBits {
			x.Sub(new(big.Int).Lsh(one, uint(maxBits)), one)
		}
		return x
	case 1: // near multiples of half a unit
		x := big.NewInt(int64(r.Intn(2000)))
		x.Mul(x, big.NewInt(500000000000000000))
		return x.Add(x, big.NewInt(int64(r.Intn(3))))
	case 2:
		return big.NewInt(int64(r.Intn(12)))
	case 3, 4, 5:
		return new(big.Int).Rand(r, new(big.Int).Lsh(one, uint(40+r.Intn(100))))
	default:
		k := 1 + r.Intn(maxBits)
		return new(big.Int).Rand(r, new(big.Int).Lsh(one, uint(k)))
	}
}
func signed(maxBits int) *big.Int {
	x := mag(maxBits)
	if r.Intn(3) == 0 {
		x.Neg(x)
	}
	return x
}
func try(f func() string) (s string) {
	defer func() {
		if recover() != nil {
			s = "!"
		}
	}()
	return f()
}
func d(x *big.Int) math.LegacyDec { return math.LegacyNewDecFromBigIntWithPrec(x, 18) }
func sc(x math.LegacyDec) string  { return x.BigInt().String() }

func create(path string) *os.File {
	f, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	return f
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . FOLDER-OF-THE-KERNEL-SOURCES")
		os.Exit(2)
	}
	writeDecimals(filepath.Join(os.Args[1], "num", "tests", "dec.tsv"))
	writeCoins(filepath.Join(os.Args[1], "num", "tests", "coins.tsv"))
	writeKeys(filepath.Join(os.Args[1], "crypto", "known_answers.json"))
}

// writeDecimals writes the answers of LegacyDec and Int.
func writeDecimals(path string) {
	f := create(path)
	defer f.Close()
	row := func(op string, a, b fmt.Stringer, g func() string) {
		fmt.Fprintf(f, "%s\t%s\t%s\t%s\n", op, a, b, try(g))
	}
	fmt.Fprintln(f, "# Answers of cosmossdk.io/math v1.2.0 (LegacyDec, Int): operation, operands, result; decimals are scaled by 10^18, `!` is a panic.")
	for i := 0; i < 120; i++ {
		a, b := signed(315), signed(315)
		if i%3 == 0 {
			a, b = signed(160), signed(130)
		}
		row("add", a, b, func() string { return sc(d(a).Add(d(b))) })
		row("sub", a, b, func() string { return sc(d(a).Sub(d(b))) })
		a, b = signed(200), signed(180)
		row("mul", a, b, func() string { return sc(d(a).Mul(d(b))) })
		row("mul_truncate", a, b, func() string { return sc(d(a).MulTruncate(d(b))) })
		row("mul_round_up", a, b, func() string { return sc(d(a).MulRoundUp(d(b))) })
		a, b = signed(315), signed(200)
		row("quo", a, b, func() string { return sc(d(a).Quo(d(b))) })
		row("quo_truncate", a, b, func() string { return sc(d(a).QuoTruncate(d(b))) })
		row("quo_round_up", a, b, func() string { return sc(d(a).QuoRoundUp(d(b))) })
		n := signed(256)
		if i%2 == 0 {
			n = signed(64)
		}
		row("mul_int", a, n, func() string { return sc(d(a).MulInt(math.NewIntFromBigInt(n))) })
		row("quo_int", a, n, func() string { return sc(d(a).QuoInt(math.NewIntFromBigInt(n))) })
		p := new(big.Int).Rand(r, big.NewInt(int64([]int{8, 40, 3000, 2000000}[i%4])))
		base := new(big.Int).Add(big.NewInt(1e18), big.NewInt(r.Int63n(int64([]int64{9e17, 1e16, 1e13}[i%3]))-int64([]int64{45e16, 5e15, 5e12}[i%3])))
		row("power", base, p, func() string { return sc(d(base).Power(p.Uint64())) })
		zero := big.NewInt(0)
		row("truncate_int", a, zero, func() string { return d(a).TruncateInt().String() })
		row("round_int", a, zero, func() string { return d(a).RoundInt().String() })
		row("ceil", a, zero, func() string { return sc(d(a).Ceil()) })
		row("text", a, zero, func() string { return d(a).String() })
		x, y := signed(256), signed(256)
		if i%2 == 0 {
			x, y = signed(140), signed(130)
		}
		I := math.NewIntFromBigInt
		row("int_add", x, y, func() string { return I(x).Add(I(y)).String() })
		row("int_sub", x, y, func() string { return I(x).Sub(I(y)).String() })
		row("int_mul", x, y, func() string { return I(x).Mul(I(y)).String() })
		row("int_quo", x, y, func() string { return I(x).Quo(I(y)).String() })
		row("int_modulo", x, y, func() string { return I(x).Mod(I(y)).String() })
	}
}

// writeCoins writes the answers of Coins and DecCoins.
func writeCoins(path string) {
	c := create(path)
	defer c.Close()
	fmt.Fprintln(c, "# Answers of github.com/cosmos/cosmos-sdk v0.50.4 (Coins, DecCoins): operation, operands, result; `!` is an error or a panic.")
	texts := []string{"", " ", "10uente", "10 uente", " 10uente ", "10\tuente", "1.9uente", ".5uente", "1.uente", "-1uente", "+1uente", "uente", "10", "10ue", "10u:e", "10u", "0uente", "0uente,5uatom", "5uatom,3uente", "3uente,5uatom", "5uatom,3uatom", "5uatom,0uatom", "5uatom,", ",5uatom", "5uatom, 3uente", "5uatom;3uente", "007uatom", "1.0000000000000000001uatom", "1.000000000000000001uatom", "5ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2", "5factory/abc/def", "5_abc", "51abc", "5a b", "5äbc", "115792089237316195423570985008687907853269984665640564039457584007913129639935uatom", "115792089237316195423570985008687907853269984665640564039457584007913129639936uatom", "1e5uatom", "1,5uatom", "5uatom,5uatom,0x", "1..5uatom", "1.5.5uatom", "5" + strings.Repeat("a", 128), "5" + strings.Repeat("a", 129)}
	for _, t := range texts {
		fmt.Fprintf(c, "parse_coins\t%q\t\t%s\n", t, try(func() string {
			x, e := sdk.ParseCoinsNormalized(t)
			if e != nil {
				return "!"
			}
			return sdk.NewCoins(x...).String()
		}))
		fmt.Fprintf(c, "parse_dec_coins\t%q\t\t%s\n", t, try(func() string {
			x, e := sdk.ParseDecCoins(t)
			if e != nil {
				return "!"
			}
			return x.String()
		}))
	}
	lists := []string{"", "abc 1", "abc 0", "abc -5", "ab 1", "abc 1;abd 2", "abd 1;abc 2", "abc 1;abc 2", "abc 1;abd 0", "abc 1;abd -7", "abc 1;a 2", "abc 1;abd 2;abc 3", "abc 1;abd 2;abd 3", "abc 0;abd 2", "Abc 1;abc 1", "abc 1;Abc 1", "1bc 1", "abc 1;ab*d 1"}
	for _, l := range lists {
		var cs sdk.Coins
		if l != "" {
			for _, p := range strings.Split(l, ";") {
				q := strings.Split(p, " ")
				n, _ := math.NewIntFromString(q[1])
				cs = append(cs, sdk.Coin{Denom: q[0], Amount: n})
			}
		}
		e := cs.Validate()
		t := "ok"
		if e != nil {
			t = e.Error()
		}
		fmt.Fprintf(c, "validate\t%q\t\t%s\n", l, t)
	}
	denoms := []string{"aaa", "bbb", "Ccc", "ibc/x", "zzz"}
	coins := func() sdk.Coins {
		var cs []sdk.Coin
		for _, x := range denoms {
			if r.Intn(2) == 0 {
				n := new(big.Int).Rand(r, new(big.Int).Lsh(big.NewInt(1), uint(1+r.Intn(90))))
				if r.Intn(4) > 0 {
					n = big.NewInt(int64(r.Intn(5)))
				}
				cs = append(cs, sdk.NewCoin(x, math.NewIntFromBigInt(n)))
			}
		}
		return sdk.NewCoins(cs...)
	}
	dcoins := func() sdk.DecCoins {
		var cs []sdk.DecCoin
		for _, x := range denoms {
			if r.Intn(2) == 0 {
				n := mag(140)
				cs = append(cs, sdk.NewDecCoinFromDec(x, d(n)))
			}
		}
		return sdk.NewDecCoins(cs...)
	}
	for i := 0; i < 60; i++ {
		a, b := coins(), coins()
		two := func(op string, g func() string) { fmt.Fprintf(c, "%s\t%s\t%s\t%s\n", op, a, b, try(g)) }
		bs := func(x bool) string { return fmt.Sprint(x) }
		two("add", func() string { return a.Add(b...).String() })
		two("sub", func() string { return a.Sub(b...).String() })
		two("safe_sub", func() string { x, n := a.SafeSub(b...); return x.String() + " " + bs(n) })
		two("min", func() string { return a.Min(b).String() })
		two("max", func() string { return a.Max(b).String() })
		two("is_all_gte", func() string { return bs(a.IsAllGTE(b)) })
		two("is_all_lte", func() string { return bs(a.IsAllLTE(b)) })
		two("is_any_gt", func() string { return bs(a.IsAnyGT(b)) })
		two("is_any_gte", func() string { return bs(a.IsAnyGTE(b)) })
		x, y := dcoins(), dcoins()
		dtwo := func(op string, g func() string) { fmt.Fprintf(c, "%s\t%s\t%s\t%s\n", op, x, y, try(g)) }
		dtwo("dec_add", func() string { return x.Add(y...).String() })
		dtwo("dec_sub", func() string { return x.Sub(y).String() })
		dtwo("dec_safe_sub", func() string { z, n := x.SafeSub(y); return z.String() + " " + bs(n) })
		dtwo("dec_intersect", func() string { return x.Intersect(y).String() })
		f := d(mag(100))
		done := func(op string, g func() string) { fmt.Fprintf(c, "%s\t%s\t%s\t%s\n", op, x, f, try(g)) }
		done("mul_dec", func() string { return x.MulDec(f).String() })
		done("mul_dec_truncate", func() string { return x.MulDecTruncate(f).String() })
		done("quo_dec", func() string { return x.QuoDec(f).String() })
		done("quo_dec_truncate", func() string { return x.QuoDecTruncate(f).String() })
		fmt.Fprintf(c, "truncate_decimal\t%s\t\t%s\n", x, try(func() string { w, q := x.TruncateDecimal(); return w.String() + " " + q.String() }))
	}
}
