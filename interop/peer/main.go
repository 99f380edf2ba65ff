// Command light follows a node with the light client that other chains run, 07-tendermint of ibc-go: it verifies headers, adjacent
// and not, and proofs of membership and of absence in the node's stores. With EVIDENCE_HEIGHT it verifies the proof of misbehaviour in
// that block with CometBFT's own code, and follows the headers over it. It prints one line per call, as the other clients here do.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"cosmossdk.io/log"
	"cosmossdk.io/store/dbadapter"
	storetypes "cosmossdk.io/store/types"
	"github.com/cometbft/cometbft/evidence"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	clienttypes "github.com/cosmos/ibc-go/v8/modules/core/02-client/types"
	commitmenttypes "github.com/cosmos/ibc-go/v8/modules/core/23-commitment/types"
	ibctm "github.com/cosmos/ibc-go/v8/modules/light-clients/07-tendermint"
)

type follower struct {
	rpc   *rpchttp.HTTP
	ctx   sdk.Context
	cdc   codec.BinaryCodec
	store storetypes.KVStore
	state *ibctm.ClientState
	chain string
}

func main() {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/cosmos/ibc-go/v8" {
				fmt.Printf("07-tendermint of ibc-go %s\n", dep.Version)
			}
		}
	}
	rpc, err := rpchttp.New(os.Getenv("NODE_RPC"), "/websocket")
	must("connect", err)
	f := &follower{rpc: rpc}
	if height, err := strconv.ParseInt(os.Getenv("EVIDENCE_HEIGHT"), 10, 64); err == nil {
		call("CometBFT's evidence pool would take the proof", func() (string, error) { return f.proven(height) })
		call("a client of the height before follows over the slash", func() (string, error) { return f.over(height) })
		return
	}
	call("a client is made of a trusted header", f.begin)
	call("the adjacent header is verified", func() (string, error) { return f.follow(1) })
	call("a header further on is verified by a third of the trusted set", func() (string, error) { return f.follow(3) })
	call("a header with another app hash is refused", f.tampered)
	owner := os.Getenv("OWNER")
	call("a balance is a member", func() (string, error) { return f.balance(owner, true) })
	call("another balance is not", f.otherValue)
	call("the balance of nobody is absent", func() (string, error) { return f.balance("", false) })
	call("what is there is not proven absent", func() (string, error) { return f.absenceOf(owner) })
}

func must(what string, err error) {
	if err != nil {
		fmt.Printf("  FAILED  %s: %v\n", what, err)
		os.Exit(1)
	}
}

func call(name string, step func() (string, error)) {
	start := time.Now()
	said, err := step()
	must(name, err)
	fmt.Printf("  ok      %s: %s (%d ms)\n", name, said, time.Since(start).Milliseconds())
}

// proven checks the block and the duplicate vote in it as a node of CometBFT does before it agrees to the block.
func (f *follower) proven(height int64) (string, error) {
	found, err := f.rpc.Block(context.Background(), &height)
	if err != nil {
		return "", err
	}
	if err := found.Block.ValidateBasic(); err != nil {
		return "", err
	}
	if len(found.Block.Evidence.Evidence) != 1 {
		return "", fmt.Errorf("%d proofs in the block", len(found.Block.Evidence.Evidence))
	}
	proof, ok := found.Block.Evidence.Evidence[0].(*cmttypes.DuplicateVoteEvidence)
	if !ok {
		return "", fmt.Errorf("it is a %T", found.Block.Evidence.Evidence[0])
	}
	at, page, perPage := proof.Height(), 1, 100
	validators, err := f.rpc.Validators(context.Background(), &at, &page, &perPage)
	if err != nil {
		return "", err
	}
	header, err := f.rpc.Header(context.Background(), &at)
	if err != nil {
		return "", err
	}
	if !proof.Time().Equal(header.Header.Time) {
		return "", fmt.Errorf("its time is %v, that of the block %v", proof.Time(), header.Header.Time)
	}
	set := cmttypes.NewValidatorSet(nil)
	set.Validators = validators.Validators
	return fmt.Sprintf("%X signed twice at %d", proof.VoteA.ValidatorAddress, at), evidence.VerifyDuplicateVote(proof, found.Block.ChainID, set)
}

// over trusts the header before a proof and follows one by one until the set has changed.
func (f *follower) over(height int64) (string, error) {
	if _, err := f.trust(height - 1); err != nil {
		return "", err
	}
	for range 4 {
		if _, err := f.follow(1); err != nil {
			return "", err
		}
	}
	page, perPage, last := 1, 100, f.trusted()
	set, err := f.rpc.Validators(context.Background(), &last, &page, &perPage)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("to %d, where %d sign", last, set.Count), nil
}

// begin trusts the newest header.
func (f *follower) begin() (string, error) {
	status, err := f.rpc.Status(context.Background())
	if err != nil {
		return "", err
	}
	return f.trust(status.SyncInfo.LatestBlockHeight)
}

func (f *follower) trust(height int64) (string, error) {
	commit, err := f.rpc.Commit(context.Background(), &height)
	if err != nil {
		return "", err
	}
	f.chain = commit.Header.ChainID
	registry := codectypes.NewInterfaceRegistry()
	clienttypes.RegisterInterfaces(registry)
	ibctm.RegisterInterfaces(registry)
	commitmenttypes.RegisterInterfaces(registry)
	f.cdc = codec.NewProtoCodec(registry)
	f.store = dbadapter.Store{DB: dbm.NewMemDB()}
	f.ctx = sdk.NewContext(nil, cmtproto.Header{Height: 1, Time: time.Now(), ChainID: "counterparty-1"}, false, log.NewNopLogger())
	f.state = ibctm.NewClientState(f.chain, ibctm.DefaultTrustLevel, 14*24*time.Hour, 21*24*time.Hour, time.Minute,
		clienttypes.NewHeight(clienttypes.ParseChainID(f.chain), uint64(height)), commitmenttypes.GetSDKSpecs(), []string{"upgrade", "upgradedIBCState"})
	if err := f.state.Validate(); err != nil {
		return "", err
	}
	next := commit.Header.NextValidatorsHash
	consensus := ibctm.NewConsensusState(commit.Header.Time, commitmenttypes.NewMerkleRoot(commit.Header.AppHash), next)
	return fmt.Sprintf("height %d", height), f.state.Initialize(f.ctx, f.cdc, f.store, consensus)
}

func (f *follower) trusted() int64 { return int64(f.state.LatestHeight.RevisionHeight) }

// set is the validator set of a height as the client wants it: with the proposer.
func (f *follower) set(height int64, proposer []byte) (*cmtproto.ValidatorSet, error) {
	page, perPage := 1, 100
	found, err := f.rpc.Validators(context.Background(), &height, &page, &perPage)
	if err != nil {
		return nil, err
	}
	set := cmttypes.NewValidatorSet(nil)
	set.Validators = found.Validators
	for _, v := range found.Validators {
		if proposer == nil || bytes.Equal(v.Address, proposer) {
			set.Proposer = v
		}
	}
	return set.ToProto()
}

// header waits for a height and gives it as a message for the client.
func (f *follower) header(height int64) (*ibctm.Header, error) {
	if err := rpcclient.WaitForHeight(f.rpc, height, nil); err != nil {
		return nil, err
	}
	commit, err := f.rpc.Commit(context.Background(), &height)
	if err != nil {
		return nil, err
	}
	set, err := f.set(height, commit.Header.ProposerAddress)
	if err != nil {
		return nil, err
	}
	trusted, err := f.set(f.trusted()+1, nil)
	if err != nil {
		return nil, err
	}
	return &ibctm.Header{SignedHeader: commit.SignedHeader.ToProto(), ValidatorSet: set, TrustedHeight: f.state.LatestHeight, TrustedValidators: trusted}, nil
}

// follow verifies the header that is so many heights ahead of the trusted one, and trusts it.
func (f *follower) follow(ahead int64) (string, error) {
	height := f.trusted() + ahead
	header, err := f.header(height)
	if err != nil {
		return "", err
	}
	f.ctx = f.ctx.WithBlockTime(time.Now())
	if err := f.state.VerifyClientMessage(f.ctx, f.cdc, f.store, header); err != nil {
		return "", err
	}
	f.state.UpdateState(f.ctx, f.cdc, f.store, header)
	f.state.LatestHeight.RevisionHeight = uint64(height)
	return fmt.Sprintf("height %d", height), nil
}

func (f *follower) tampered() (string, error) {
	header, err := f.header(f.trusted() + 1)
	if err != nil {
		return "", err
	}
	header.Header.AppHash = bytes.Repeat([]byte{7}, 32)
	if err := f.state.VerifyClientMessage(f.ctx, f.cdc, f.store, header); err != nil {
		return fmt.Sprintf("%.90s", err.Error()), nil
	}
	return "", fmt.Errorf("it was accepted")
}

// stored asks for a key of the bank store as it was one height before the trusted header, which holds the root of that state.
func (f *follower) stored(owner string) (key, value, proof []byte, err error) {
	address := bytes.Repeat([]byte{9}, 20)
	if owner != "" {
		if _, address, err = bech32.DecodeAndConvert(owner); err != nil {
			return
		}
	}
	key = append(append([]byte{2, byte(len(address))}, address...), []byte("uente")...)
	options := rpcclient.ABCIQueryOptions{Height: f.trusted() - 1, Prove: true}
	found, err := f.rpc.ABCIQueryWithOptions(context.Background(), "/store/bank/key", key, options)
	if err != nil {
		return
	}
	if found.Response.Code != 0 {
		err = fmt.Errorf("code %d: %s", found.Response.Code, found.Response.Log)
		return
	}
	merkle, err := commitmenttypes.ConvertProofs(found.Response.ProofOps)
	if err != nil {
		return
	}
	proof, err = f.cdc.Marshal(&merkle)
	return key, found.Response.Value, proof, err
}

func (f *follower) balance(owner string, there bool) (string, error) {
	key, value, proof, err := f.stored(owner)
	if err != nil {
		return "", err
	}
	path := commitmenttypes.NewMerklePath("bank", string(key))
	if there {
		return string(value), f.state.VerifyMembership(f.ctx, f.store, f.cdc, f.state.LatestHeight, 0, 0, proof, path, value)
	}
	return fmt.Sprintf("%d bytes of proof", len(proof)), f.state.VerifyNonMembership(f.ctx, f.store, f.cdc, f.state.LatestHeight, 0, 0, proof, path)
}

func (f *follower) otherValue() (string, error) {
	key, value, proof, err := f.stored(os.Getenv("OWNER"))
	if err != nil {
		return "", err
	}
	path := commitmenttypes.NewMerklePath("bank", string(key))
	if err := f.state.VerifyMembership(f.ctx, f.store, f.cdc, f.state.LatestHeight, 0, 0, proof, path, append(value, '0')); err != nil {
		return fmt.Sprintf("%.90s", err.Error()), nil
	}
	return "", fmt.Errorf("it was accepted")
}

func (f *follower) absenceOf(owner string) (string, error) {
	key, _, proof, err := f.stored(owner)
	if err != nil {
		return "", err
	}
	path := commitmenttypes.NewMerklePath("bank", string(key))
	if err := f.state.VerifyNonMembership(f.ctx, f.store, f.cdc, f.state.LatestHeight, 0, 0, proof, path); err != nil {
		return fmt.Sprintf("%.90s", err.Error()), nil
	}
	return "", fmt.Errorf("it was accepted")
}
