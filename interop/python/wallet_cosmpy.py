"""cosmpy's client as a script uses it, over gRPC and over REST."""

import sys
from datetime import timedelta

from cosmpy.aerial.client import LedgerClient, NetworkConfig
from cosmpy.aerial.wallet import LocalWallet

from report import GRPC, MNEMONIC, REST, call, holds, refused, same

DENOM = "uente"


def everything(kind, url):
    config = NetworkConfig(chain_id="entente-dev-1", url=url, fee_minimum_gas_price=0.025, fee_denomination=DENOM, staking_denomination=DENOM)
    client = LedgerClient(config, query_interval_secs=0.1)
    wallet = LocalWallet.from_mnemonic(MNEMONIC, prefix="entente")
    stranger = LocalWallet.generate(prefix="entente")
    me = wallet.address()
    interval = {"poll_period": timedelta(milliseconds=100)}
    say = lambda name, step: call(f"{kind}: {name}", step)
    validators = []

    def height():
        found = client.query_height()
        holds(found >= 1 and client.query_block(found).height == found, f"height {found}")
        same(client.query_chain_id(), "entente-dev-1", "chain id")
        return found

    def account():
        found = client.query_account(me)
        same(str(found.address), str(me), "address")
        return f"number {found.number}, sequence {found.sequence}"

    def send():
        done = client.send_tokens(stranger.address(), 1_000_000, DENOM, wallet).wait_to_complete(**interval)
        same((done.response.code, client.query_bank_balance(stranger.address(), DENOM)), (0, 1_000_000), "sent")
        same(client.query_tx(done.tx_hash).hash, done.tx_hash, "hash")
        return f"gas {done.response.gas_used} of {done.response.gas_wanted}"

    def all_validators():
        validators.extend(client.query_validators())
        holds(len(validators) >= 1, "no validators")
        return len(validators)

    def delegate():
        before = client.query_staking_summary(me).total_staked
        client.delegate_tokens(validators[0].address, 2_000_000, wallet).wait_to_complete(**interval)
        same(client.query_staking_summary(me).total_staked - before, 2_000_000, "staked")

    def claim():
        client.claim_rewards(validators[0].address, wallet).wait_to_complete(**interval)
        client.undelegate_tokens(validators[0].address, 500_000, wallet).wait_to_complete(**interval)
        return f"unbonding {client.query_staking_summary(me).total_unbonding}"

    say("query_height, query_block, query_chain_id", height)
    say("query_account", account)
    say("query_bank_all_balances", lambda: f"{len(client.query_bank_all_balances(me))} coins")
    say("send_tokens with estimated gas", send)
    say("query_validators", all_validators)
    say("delegate_tokens, query_staking_summary", delegate)
    say("claim_rewards, undelegate_tokens", claim)
    say("query_params of a subspace", lambda: same(client.query_params("staking", "BondDenom"), DENOM, "bond denom"))
    say("query_node_info", lambda: client.query_node_info().cosmos_sdk_version)
    say("query_consensus_params", lambda: client.query_consensus_params().params.block.max_bytes)
    say("more than the balance is refused", lambda: refused(lambda: client.send_tokens(me, 9_000_000, DENOM, stranger), "insufficient funds"))


everything("gRPC", f"grpc+http://{GRPC}")
everything("REST", f"rest+{REST}")
sys.exit(0)
