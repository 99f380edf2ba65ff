//go:build tools

// Package main keeps the chain that answers are compared with among the dependencies: scripts/compare builds it from here.
package main

import _ "github.com/cosmos/ibc-go/v8/testing/simapp/simd/cmd"
