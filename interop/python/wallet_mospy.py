"""mospy-wallet's clients over REST and gRPC."""

from mospy import Account, Transaction
from mospy.clients import GRPCClient, HTTPClient

from report import GRPC, MNEMONIC, REST, call, holds, same

DENOM = "uente"


def send(kind, client, account, recipient):
    def transfer():
        client.load_account_data(account=account)
        tx = Transaction(account=account, gas=1, chain_id="entente-dev-1", memo="mospy")
        tx.set_fee(amount=6_000, denom=DENOM)
        tx.add_msg(tx_type="transfer", sender=account, recipient=recipient, amount=1_234, denom=DENOM)
        estimate = client.estimate_gas(transaction=tx, update=True, multiplier=1.2)
        sent = client.broadcast_transaction(transaction=tx)
        same(sent["code"], 0, sent["log"])
        found = client.wait_for_tx(tx_hash=sent["hash"], timeout=15, poll_period=0.2)
        # Over gRPC it gives the names of JSON, and leaves zeros out.
        response = found.get("tx_response") or found["txResponse"]
        code, used = response.get("code", 0), int(response.get("gas_used") or response["gasUsed"])
        same(code, 0, "code")
        holds(abs(estimate - used) * 5 <= used, f"estimated {estimate}, used {used}")
        return f"estimated {estimate}, used {used}"

    call(f"{kind}: load_account_data, estimate_gas, broadcast_transaction, wait_for_tx", transfer)


sender = Account(seed_phrase=MNEMONIC, hrp="entente", slip44=118, address_index=3)
recipient = Account(seed_phrase=MNEMONIC, hrp="entente", slip44=118, address_index=4)
send("REST", HTTPClient(api=REST), sender, recipient.address)
host, port = GRPC.split(":")
send("gRPC", GRPCClient(host=host, port=int(port), ssl=False), sender, recipient.address)
