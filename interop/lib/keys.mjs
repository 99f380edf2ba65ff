// The funded development accounts as CosmJS wallets.

import { stringToPath } from "@cosmjs/crypto";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { MNEMONIC } from "./node.mjs";

const options = (indices) => ({ prefix: "entente", hdPaths: indices.map((i) => stringToPath(`m/44'/118'/0'/0/${i}`)) });

/** Signs SIGN_MODE_DIRECT. */
export const direct = (...indices) => DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, options(indices));

/** Signs SIGN_MODE_LEGACY_AMINO_JSON, as a Ledger does. */
export const amino = (...indices) => Secp256k1HdWallet.fromMnemonic(MNEMONIC, options(indices));

export const addresses = async (wallet) => (await wallet.getAccounts()).map((account) => account.address);
