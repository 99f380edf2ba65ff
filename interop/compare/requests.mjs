// What is asked of both chains. Words in braces are filled in from the scene.

const A = "/cosmos/auth/v1beta1";
const B = "/cosmos/bank/v1beta1";
const S = "/cosmos/staking/v1beta1";
const D = "/cosmos/distribution/v1beta1";
const G = "/cosmos/gov/v1";
const G1 = "/cosmos/gov/v1beta1";
const T = "/cosmos/tx/v1beta1";
const C = "/cosmos/base/tendermint/v1beta1";

const pages = (path) => {
  const sep = path.includes("?") ? "&" : "?";
  return [path, ...["pagination.limit=1", "pagination.limit=1&pagination.count_total=true", "pagination.offset=1", "pagination.reverse=true", "pagination.key=AA%3D%3D&pagination.offset=1", "pagination.limit=x"].map((q) => `${path}${sep}${q}`)];
};

/** Paths of REST, asked with GET. */
export const rest = [
  ...[`${A}/params`, `${A}/accounts/{alice}`, `${A}/accounts/{newcomer}`, `${A}/accounts/{nobody}`, `${A}/accounts/xyz`, `${A}/account_info/{alice}`, `${A}/account_info/{nobody}`, `${A}/module_accounts`, `${A}/module_accounts/gov`,
    `${A}/module_accounts/nothing`, `${A}/bech32`, `${A}/bech32/{alice}`, `${A}/bech32/{alice64}`, `${A}/address_by_id/0?account_id=0`, `${A}/address_by_id/999?account_id=999`],
  ...pages(`${A}/accounts`),
  ...pages(`${B}/balances/{alice}`), ...pages(`${B}/supply`), ...pages(`${B}/denom_owners/{denom}`), ...pages(`${B}/spendable_balances/{alice}`),
  ...[`${B}/balances/xyz`, `${B}/balances/{nobody}`, `${B}/balances/{alice}/by_denom?denom={denom}`, `${B}/balances/{alice}/by_denom?denom=unothing`, `${B}/balances/{alice}/by_denom`, `${B}/balances/{alice}/by_denom?denom=1!`,
    `${B}/spendable_balances/{newcomer}`, `${B}/spendable_balances/{alice}/by_denom?denom={denom}`, `${B}/supply/by_denom?denom={denom}`, `${B}/supply/by_denom?denom=unothing`, `${B}/supply/by_denom`,
    `${B}/params`, `${B}/denoms_metadata`, `${B}/denoms_metadata/unothing`, `${B}/denoms_metadata_by_query_string?denom=unothing`, `${B}/denom_owners/unothing`, `${B}/denom_owners_by_query?denom={denom}`, `${B}/send_enabled`, `${B}/send_enabled?denoms={denom}`],
  ...pages(`${S}/validators`), ...pages(`${S}/validators/{validator}/delegations`), ...pages(`${S}/delegations/{alice}`), ...pages(`${S}/delegators/{alice}/validators`),
  ...pages(`${S}/validators/{validator}/unbonding_delegations`), ...pages(`${S}/delegators/{alice}/unbonding_delegations`), ...pages(`${S}/delegators/{alice}/redelegations`),
  ...[`${S}/validators?status=BOND_STATUS_BONDED`, `${S}/validators?status=BOND_STATUS_UNBONDED`, `${S}/validators?status=wrong`, `${S}/validators/{validator}`, `${S}/validators/{second}`, `${S}/validators/{novalidator}`, `${S}/validators/xyz`,
    `${S}/validators/{validator}/delegations/{alice}`, `${S}/validators/{validator}/delegations/{nobody}`, `${S}/validators/{validator}/delegations/{alice}/unbonding_delegation`, `${S}/validators/{validator}/delegations/{bob}/unbonding_delegation`,
    `${S}/delegations/{nobody}`, `${S}/delegations/xyz`, `${S}/delegators/{alice}/validators/{validator}`, `${S}/delegators/{nobody}/validators/{validator}`, `${S}/delegators/{nobody}/unbonding_delegations`,
    `${S}/delegators/{alice}/redelegations?src_validator_addr={validator}`, `${S}/delegators/{alice}/redelegations?src_validator_addr={validator}&dst_validator_addr={second}`, `${S}/delegators/{nobody}/redelegations`,
    `${S}/pool`, `${S}/params`, `${S}/historical_info/{height}`, `${S}/historical_info/99999999`, `${S}/historical_info/x`],
  ...[`${D}/params`, `${D}/validators/{validator}`, `${D}/validators/{novalidator}`, `${D}/validators/{validator}/outstanding_rewards`, `${D}/validators/{novalidator}/outstanding_rewards`, `${D}/validators/{validator}/commission`, `${D}/validators/{novalidator}/commission`,
    `${D}/validators/{validator}/slashes`, `${D}/validators/{validator}/slashes?starting_height=1&ending_height=100`, `${D}/validators/{validator}/slashes?starting_height=9&ending_height=1`,
    `${D}/delegators/{alice}/rewards`, `${D}/delegators/{nobody}/rewards`, `${D}/delegators/xyz/rewards`, `${D}/delegators/{alice}/rewards/{validator}`, `${D}/delegators/{nobody}/rewards/{validator}`, `${D}/delegators/{alice}/rewards/{novalidator}`,
    `${D}/delegators/{alice}/validators`, `${D}/delegators/{alice}/withdraw_address`, `${D}/delegators/{nobody}/withdraw_address`, `${D}/community_pool`],
  ...["/cosmos/slashing/v1beta1/params", ...pages("/cosmos/slashing/v1beta1/signing_infos"), "/cosmos/slashing/v1beta1/signing_infos/{cons}", "/cosmos/slashing/v1beta1/signing_infos/{nocons}", "/cosmos/slashing/v1beta1/signing_infos/xyz"],
  ...[G, G1].flatMap((g) => [
    ...pages(`${g}/proposals`), `${g}/proposals?proposal_status=PROPOSAL_STATUS_VOTING_PERIOD`, `${g}/proposals?proposal_status=2`, `${g}/proposals?proposal_status=WRONG`, `${g}/proposals?voter={alice}`, `${g}/proposals?depositor={alice}`, `${g}/proposals?voter=xyz`,
    `${g}/proposals/{older}`, `${g}/proposals/{newer}`, `${g}/proposals/999`, `${g}/proposals/0`, `${g}/proposals/x`, ...pages(`${g}/proposals/{older}/votes`), `${g}/proposals/999/votes`, `${g}/proposals/{older}/votes/{alice}`, `${g}/proposals/{older}/votes/{bob}`, `${g}/proposals/{older}/votes/{nobody}`,
    ...pages(`${g}/proposals/{older}/deposits`), `${g}/proposals/{older}/deposits/{alice}`, `${g}/proposals/{older}/deposits/{nobody}`, `${g}/proposals/{older}/tally`, `${g}/proposals/{newer}/tally`, `${g}/proposals/999/tally`,
    `${g}/params/voting`, `${g}/params/tallying`, `${g}/params/deposit`, `${g}/params/wrong`]),
  `${G}/constitution`,
  ...["params", "inflation", "annual_provisions"].map((what) => `/cosmos/mint/v1beta1/${what}`),
  ...pages("/cosmos/authz/v1beta1/grants?granter={alice}&grantee={bob}"), "/cosmos/authz/v1beta1/grants?granter={alice}&grantee={bob}&msg_type_url=/cosmos.gov.v1.MsgVote", "/cosmos/authz/v1beta1/grants?granter={alice}&grantee={bob}&msg_type_url=/x.y", "/cosmos/authz/v1beta1/grants",
  ...pages("/cosmos/authz/v1beta1/grants/granter/{alice}"), ...pages("/cosmos/authz/v1beta1/grants/grantee/{bob}"), "/cosmos/authz/v1beta1/grants/grantee/{nobody}",
  "/cosmos/feegrant/v1beta1/allowance/{alice}/{bob}", "/cosmos/feegrant/v1beta1/allowance/{alice}/{carol}", "/cosmos/feegrant/v1beta1/allowance/{alice}/{nobody}", "/cosmos/feegrant/v1beta1/allowance/{alice}/xyz", ...pages("/cosmos/feegrant/v1beta1/allowances/{bob}"), ...pages("/cosmos/feegrant/v1beta1/issued/{alice}"), "/cosmos/feegrant/v1beta1/allowances/{nobody}",
  "/cosmos/evidence/v1beta1/evidence", "/cosmos/evidence/v1beta1/evidence/{nohash}", "/cosmos/consensus/v1/params",
  "/cosmos/params/v1beta1/params?subspace=staking&key=MaxValidators", "/cosmos/params/v1beta1/params?subspace=nothing&key=x", "/cosmos/params/v1beta1/params?subspace=staking&key=Nothing", "/cosmos/params/v1beta1/params", "/cosmos/params/v1beta1/subspaces",
  "/cosmos/upgrade/v1beta1/current_plan", "/cosmos/upgrade/v1beta1/applied_plan/x", "/cosmos/upgrade/v1beta1/module_versions?module_name=bank", "/cosmos/upgrade/v1beta1/module_versions?module_name=nothing", "/cosmos/upgrade/v1beta1/authority",
  "/cosmos/base/node/v1beta1/config", "/cosmos/base/node/v1beta1/status",
  `${C}/node_info`, `${C}/syncing`, `${C}/blocks/latest`, `${C}/blocks/{height}`, `${C}/blocks/99999999`, `${C}/blocks/0`, `${C}/blocks/x`, ...pages(`${C}/validatorsets/latest`), ...pages(`${C}/validatorsets/{height}`), `${C}/validatorsets/99999999`,
  `${C}/abci_query?path=/store/bank/key&data=AA%3D%3D`, `${C}/abci_query?path=/wrong`,
  `${T}/txs/{hash}`, `${T}/txs/{failedhash}`, `${T}/txs/{nohash}`, `${T}/txs/zz`, `${T}/txs/AB`, `${T}/txs`, `${T}/txs?query=message.sender='{alice}'`, `${T}/txs?query=message.sender='{alice}'&limit=1`, `${T}/txs?query=message.sender='{alice}'&limit=2&page=2`, `${T}/txs?query=message.sender='{alice}'&order_by=ORDER_BY_DESC&limit=2`, `${T}/txs?query=message.sender='{alice}'&page=99`,
  `${T}/txs?query=tx.height={height}`, `${T}/txs?events=message.sender='{alice}'&pagination.limit=2`, `${T}/txs?query=wrong`, `${T}/txs?query=message.sender='{nobody}'`, `${T}/txs?query=message.action='/cosmos.bank.v1beta1.MsgSend' AND message.sender='{alice}'`, `${T}/txs?query=tx.height>1&order_by=WRONG`,
  `${T}/txs/block/{height}`, `${T}/txs/block/99999999`, `${T}/txs/block/{height}?pagination.limit=1`, `${T}/txs/block/{height}?pagination.offset=7`,
  "/cosmos/base/reflection/v1beta1/interfaces", "/cosmos/base/reflection/v1beta1/interfaces/cosmos.tx.v1beta1.MsgX/implementations", "/cosmos/nothing/v1/x", "/cosmos", "/nothing",
].map((path) => ({ name: `GET ${path}`, at: "rest", path }));

const body = (path, content, name = "") => ({ name: `POST ${path} ${name || JSON.stringify(content)}`, at: "rest", path, body: content });
const height = (path, value) => ({ name: `GET ${path} at height ${value}`, at: "rest", path, headers: { "x-cosmos-block-height": value } });

/** Posts, heights and other methods of REST. */
export const more = [
  body(`${T}/simulate`, { tx_bytes: "{tx}" }, "a signed transaction"), body(`${T}/simulate`, {}), body(`${T}/simulate`, { tx_bytes: "AAAA" }), body(`${T}/simulate`, { tx_bytes: "?" }), body(`${T}/simulate`, { tx_bytes: "{senttx}" }, "one that was sent"),
  body(`${T}/decode`, { tx_bytes: "{tx}" }, "a signed transaction"), body(`${T}/decode`, {}), body(`${T}/decode`, { tx_bytes: "AAAA" }), body(`${T}/encode`, {}),
  body(`${T}/txs`, { tx_bytes: "{senttx}", mode: "BROADCAST_MODE_SYNC" }, "one that was sent"), body(`${T}/txs`, { tx_bytes: "AAAA", mode: "BROADCAST_MODE_SYNC" }), body(`${T}/txs`, { mode: "BROADCAST_MODE_SYNC" }), body(`${T}/txs`, { tx_bytes: "AAAA", mode: "BROADCAST_MODE_BLOCK" }), body(`${T}/txs`, { tx_bytes: "AAAA" }), body(`${T}/txs`, { tx_bytes: "AAAA", mode: "WRONG" }),
  body(`${A}/params`, {}), { name: `POST ${T}/txs no JSON`, at: "rest", path: `${T}/txs`, raw: "nothing" },
  height(`${B}/supply/by_denom?denom={denom}`, "{height}"), height(`${B}/supply/by_denom?denom={denom}`, "99999999"), height(`${B}/supply/by_denom?denom={denom}`, "x"), height(`${B}/supply/by_denom?denom={denom}`, "-1"), height(`${B}/supply/by_denom?denom={denom}`, "0"), height(`${S}/validators/{validator}`, "{height}"), height(`${S}/delegations/{alice}`, "2"),
  { ...body(`${T}/txs`, { tx_bytes: "{tx}", mode: "BROADCAST_MODE_SYNC" }, "a signed transaction"), wait: true },
];

const uri = (path) => ({ name: `RPC GET /${path}`, at: "rpc", path: `/${path}` });
const call = (method, params, name = "") => ({ name: `RPC ${method} ${name || JSON.stringify(params)}`, at: "rpc", path: "/", body: { jsonrpc: "2.0", id: 7, method, params } });

/** CometBFT's RPC by URI and by POST. */
export const rpc = [
  ...["health", "status", "net_info", "genesis_chunked", "genesis_chunked?chunk=9", "genesis", "blockchain", "blockchain?minHeight=1&maxHeight=2", "blockchain?minHeight=5&maxHeight=2", "blockchain?minHeight=-1", "block", "block?height={height}", "block?height=99999999", "block?height=0", "block?height=x", "block?height=%22{height}%22", "block_by_hash?hash=0x{block}", "block_by_hash?hash=0x{nohash}",
    "block_results?height={height}", "block_results?height=99999999", "commit", "commit?height={height}", "commit?height=99999999", "header", "header?height={height}", "header_by_hash?hash=0x{block}", "header_by_hash?hash=0x{nohash}",
    "check_tx?tx=0x{txhex}", "check_tx?tx=0x00", "tx?hash=0x{hash}", "tx?hash=0x{hash}&prove=true", "tx?hash=0x{nohash}", "tx?hash=0xAB", "tx", "tx_search?query=%22tx.height={height}%22", "tx_search?query=%22message.sender='{alice}'%22&per_page=2&page=2&order_by=%22desc%22", "tx_search?query=%22message.sender='{alice}'%22&per_page=2&page=99", "tx_search?query=%22message.sender='{alice}'%22&order_by=%22wrong%22", "tx_search", "tx_search?query=wrong", "tx_search?query=%22wrong%22", "tx_search?query=%22message.sender='{nobody}'%22",
    "tx_search?query=%22tx.height%3E1%22&prove=true&per_page=1", "tx_search?query=%22tx.hash='{hash}'%22", "block_search?query=%22block.height={height}%22", "block_search?query=%22block.height%3E={height}%20AND%20block.height%3C99999%22&order_by=%22asc%22&per_page=1", "block_search?query=%22block.height%3E99999999%22", "block_search?query=%22wrong%22",
    "validators", "validators?height={height}", "validators?height={height}&per_page=1&page=1", "validators?page=99", "validators?per_page=1&page=0", "validators?height=99999999", "consensus_state", "dump_consensus_state", "consensus_params?height={height}", "consensus_params?height=99999999", "unconfirmed_txs", "unconfirmed_txs?limit=1", "num_unconfirmed_txs",
    "abci_info", "abci_query?path=%22/store/bank/key%22&data=0x{balancekey}", "abci_query?path=%22/store/bank/key%22&data=0x{balancekey}&prove=true", "abci_query?path=%22/store/bank/key%22&data=0x{nokey}&prove=true", "abci_query?path=%22/store/nothing/key%22&data=0x00", "abci_query?path=%22/wrong%22", "abci_query", "abci_query?path=%22/app/version%22", "abci_query?path=%22/cosmos.bank.v1beta1.Query/Params%22", "abci_query?path=%22/cosmos.bank.v1beta1.Query/Nothing%22", "abci_query?path=%22/store/bank/key%22&data=0x{balancekey}&height=99999999", "abci_query?path=%22/store/bank/key%22&data=0x{balancekey}&height=1&prove=true", "abci_query?path=%22/cosmos.bank.v1beta1.Query/Balance%22", "abci_query?path=%22/cosmos.authz.v1beta1.Query/Grants%22", "abci_query?path=%22/cosmos.gov.v1.Query/Proposal%22&data=0x08e707", "abci_query?path=%22/cosmos.params.v1beta1.Query/Params%22&data=0x0a0178120179", "abci_query?path=%22/cosmos.staking.v1beta1.Query/Validators%22&data=0x0a0178",
    "broadcast_tx_sync?tx=0x00", "broadcast_tx_async?tx=0x0102", "broadcast_tx_commit?tx=0x0003", "broadcast_tx_sync", "nothing", "subscribe?query=%22tm.event='NewBlock'%22", "unsafe_flush_mempool", "broadcast_evidence"].map(uri),
  call("status", {}), call("status", null), call("status", []), call("block", { height: "{height}" }), call("block", ["{height}"]), call("block", { height: "x" }), call("block", { height: 1.5 }), call("block", ["1", "2"]), call("block", "1"), call("block_by_hash", { hash: "{block64}" }), call("block_results", { height: "{height}" }),
  call("tx", { hash: "{hash64}", prove: true }), call("tx", { hash: "{hash}" }), call("tx_search", { query: "tx.height={height}", prove: false, page: "1", per_page: "30", order_by: "asc" }), call("tx_search", { query: "message.sender='{alice}'", page: "2", per_page: "2" }), call("tx_search", { query: "tx.height>1 AND tx.height<99999", per_page: "1000" }), call("tx_search", { query: "message.sender EXISTS", per_page: "1" }), call("tx_search", { query: "message.sender CONTAINS '1'", per_page: "1" }), call("block_search", { query: "block.height >= {height} AND block.height <= {height}", page: "1", per_page: "1", order_by: "desc" }),
  call("validators", { height: "{height}", page: "1", per_page: "30" }), call("commit", { height: "{height}" }), call("header", { height: "{height}" }), call("header_by_hash", { hash: "{block}" }), call("blockchain", { minHeight: "1", maxHeight: "1" }), call("genesis_chunked", { chunk: 0 }), call("genesis_chunked", { chunk: "0" }), call("health", {}), call("net_info", {}), call("abci_info", {}),
  call("abci_query", { path: "/store/bank/key", data: "{balancekey}", prove: true }), call("abci_query", { path: "store/bank/key", data: "{balancekey}", prove: true }), call("abci_query", { path: "/store/bank/key", data: "?" }), call("abci_query", { path: "/cosmos.auth.v1beta1.Query/Params", data: "", height: "{height}" }), call("abci_query", { path: "/store/bank/subspace", data: "{balancekey}" }),
  call("check_tx", { tx: "{senttx}" }, "one that was sent"), call("broadcast_tx_sync", { tx: "{senttx}" }, "one that was sent"), call("broadcast_tx_sync", { tx: "?" }), call("broadcast_tx_commit", { tx: "AAE=" }), call("num_unconfirmed_txs", {}), call("unconfirmed_txs", { limit: "5" }), call("nothing", {}), call("subscribe", { query: "tm.event='NewBlock'" }),
  { name: "RPC no JSON", at: "rpc", path: "/", raw: "nothing" }, { name: "RPC empty body", at: "rpc", path: "/", raw: "" }, { name: "RPC a number", at: "rpc", path: "/", raw: "5" }, { name: "RPC an empty batch", at: "rpc", path: "/", body: [] },
  { name: "RPC a batch", at: "rpc", path: "/", body: [{ jsonrpc: "2.0", id: "a", method: "health", params: {} }, { jsonrpc: "2.0", id: 2, method: "nothing" }, { jsonrpc: "2.0", method: "health" }, { jsonrpc: "2.0", id: 3, method: "block", params: { height: "99999999" } }] },
  { name: "RPC a notification", at: "rpc", path: "/", body: { jsonrpc: "2.0", method: "health", params: {} } }, { name: "RPC an id that is a list", at: "rpc", path: "/", body: { jsonrpc: "2.0", id: [], method: "health", params: {} } }, { name: "RPC an older version", at: "rpc", path: "/", body: { jsonrpc: "1.0", id: 1, method: "health", params: {} } }, { name: "RPC no method", at: "rpc", path: "/", body: { jsonrpc: "2.0", id: 1 } },
];

export const all = [...rest, ...more, ...rpc];
