//! The publisher of development chains: moves the rates of the foreign staking tokens of the story along, so that their yield is seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};
use entente_kernel::Timestamp;
use entente_kernel::num::floor_ratio;
use entente_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use entente_proto::cosmos::base::query::v1beta1::PageRequest;
use entente_proto::cosmos::tx::v1beta1::{Fee, TxBody};
use entente_proto::restake::assets::v1::{Asset, MsgPublishRate, QueryAssetsRequest, QueryAssetsResponse, RateKind};
use prost::{Message as _, Name as _};
use prost_types::Any;
use tokio::sync::broadcast::error::RecvError;

use crate::engine::Engine;
use crate::genesis::dev as story;
use crate::keys::{self, Signer, Terms};

/// Seconds of the chain between two reports of a rate.
const PERIOD_SECS: i64 = 3_600;
const GAS_EACH: u64 = 150_000;
const YEAR_SECS: u128 = 365 * 86_400;

pub struct Publisher {
    engine: Engine,
    signer: Signer,
    /// Rate at the genesis in steps of 10^-18, and yearly growth in thousandths, by denomination.
    courses: BTreeMap<String, (u128, u128)>,
}

impl Publisher {
    /// # Errors
    /// Never, with the built-in words.
    pub fn new(engine: Engine) -> Result<Arc<Self>> {
        let course = |token: &story::Foreign| {
            let listed = token.listed.as_ref().filter(|l| l.yearly_thousandths > 0)?;
            Some((token.denom(), (listed.rate_millionths * 1_000_000_000_000, listed.yearly_thousandths)))
        };
        let courses = story::FOREIGN.iter().filter_map(course).collect();
        Ok(Arc::new(Self { engine, signer: keys::publisher()?, courses }))
    }

    /// Publishes after every block that made a report due, until the engine stops.
    ///
    /// # Errors
    /// Never: a report that fails is told and comes again with the next block.
    pub async fn run(self: Arc<Self>) -> Result<()> {
        let mut news = self.engine.listen();
        loop {
            match news.recv().await {
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            }
            let publisher = self.clone();
            match tokio::task::spawn_blocking(move || publisher.publish()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => eprintln!("the rates of the foreign tokens were not published: {error:#}"),
                Err(error) => eprintln!("the rates of the foreign tokens were not published: {error}"),
            }
        }
    }

    /// Sends one transaction with the reports that are due, if there are any and none is waiting.
    fn publish(&self) -> Result<()> {
        let Some(snapshot) = self.engine.snapshot(None) else { return Ok(()) };
        let own = snapshot.bech32().acc(&self.signer.address());
        let pagination = Some(PageRequest { limit: 1_000, ..PageRequest::default() });
        let request = QueryAssetsRequest { underlying: String::new(), pagination };
        let answer = snapshot.query("/restake.assets.v1.Query/Assets", &request.encode_to_vec())?;
        let assets = QueryAssetsResponse::decode(answer.as_slice())?.assets;
        let due: Vec<MsgPublishRate> =
            assets.iter().filter_map(|asset| self.report(asset, &own, snapshot.time)).collect();
        if due.is_empty() {
            return Ok(());
        }
        let request = QueryAccountRequest { address: own }.encode_to_vec();
        let answer = snapshot.query("/cosmos.auth.v1beta1.Query/Account", &request)?;
        let account = QueryAccountResponse::decode(answer.as_slice())?.account.unwrap_or_default();
        let account = BaseAccount::decode(account.value.as_slice())?;
        let gas_limit = GAS_EACH.saturating_mul(u64::try_from(due.len()).unwrap_or(1));
        let any = |m: &MsgPublishRate| Any { type_url: MsgPublishRate::type_url(), value: m.encode_to_vec() };
        let body = TxBody { messages: due.iter().map(any).collect(), ..TxBody::default() };
        let terms = Terms {
            chain_id: snapshot.chain_id(),
            account_number: account.account_number,
            sequence: account.sequence,
            fee: Fee { gas_limit, ..Fee::default() },
        };
        let tx = self.signer.sign(&body, &terms)?;
        if self.engine.waiting(usize::MAX).0.contains(&tx) {
            return Ok(());
        }
        let result = self.engine.submit(tx).map_err(|e| anyhow!("{e}"))?;
        ensure!(result.code == 0, "{}", result.log);
        Ok(())
    }

    /// The report of an asset, if it is ours to publish and its last one is old enough.
    fn report(&self, asset: &Asset, own: &str, now: Timestamp) -> Option<MsgPublishRate> {
        let source = asset.rate_source.as_ref()?;
        if source.kind != i32::from(RateKind::Push) || source.publisher != own {
            return None;
        }
        let last = asset.r_time.as_ref()?.seconds;
        let (start, yearly) = self.courses.get(&asset.denom)?;
        if now.secs.saturating_sub(last) < PERIOD_SECS {
            return None;
        }
        let age = u128::try_from(now.secs.saturating_sub(self.engine.doc().time.secs)).unwrap_or_default();
        let growth = floor_ratio(&[*start, *yearly, age], &[1_000, YEAR_SECS]).ok()?;
        let rate = start.checked_add(growth)?.to_string();
        Some(MsgPublishRate { publisher: own.to_owned(), asset_id: asset.id, rate, time: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;
    use crate::engine::stores;

    fn rates(engine: &Engine) -> BTreeMap<String, u128> {
        let snapshot = engine.snapshot(None).unwrap();
        let answer =
            snapshot.query("/restake.assets.v1.Query/Assets", &QueryAssetsRequest::default().encode_to_vec()).unwrap();
        let assets = QueryAssetsResponse::decode(answer.as_slice()).unwrap().assets;
        assets.into_iter().map(|a| (a.denom, a.r.parse().unwrap())).collect()
    }

    #[test]
    fn yield_is_seen_after_time_travel() {
        let seed = keys::validator::development_seed();
        let start = 1_800_000_000;
        let doc = story::document(story::CHAIN_ID, Timestamp::from_secs(start), &[seed]).unwrap();
        let engine = Engine::open(Disk::ephemeral(stores()), None, doc, vec![seed]).unwrap();
        let publisher = Publisher::new(engine.clone()).unwrap();
        for i in 1..=2 {
            engine.make_block_at(Timestamp::from_secs(start + i)).unwrap();
        }
        publisher.publish().unwrap();
        assert_eq!(engine.waiting(10).1, 0, "nothing is due in the first hour");
        let before = rates(&engine);
        for i in 1..=2 {
            engine.make_block_at(Timestamp::from_secs(start + 30 * 86_400 + i)).unwrap();
        }
        publisher.publish().unwrap();
        publisher.publish().unwrap();
        assert_eq!(engine.waiting(10).1, 1, "one transaction, not two");
        engine.make_block_at(Timestamp::from_secs(start + 30 * 86_400 + 3)).unwrap();
        let after = rates(&engine);
        let mut moved = 0;
        for (denom, (_, yearly)) in &publisher.courses {
            let grown = after[denom] - before[denom];
            // A month of the yearly growth, within the seconds of a block.
            let wanted = before[denom] * yearly * 30 / (1_000 * 365);
            assert!(grown.abs_diff(wanted) < wanted / 10_000, "{denom}: {grown}, {wanted}");
            moved += 1;
        }
        assert_eq!(moved, 4);
    }
}
