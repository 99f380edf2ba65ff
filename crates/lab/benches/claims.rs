//! What an alliance claim costs, by how long ago the last one was: rewards come with every block, nobody else claims.
//! `cargo bench -p entente-lab --bench claims`

use std::error::Error;

use entente_chain::route;
use entente_kernel::{Bech32, Mode, Span};
use entente_lab::load::{Clock, Drive, Scale, Spread, asset, delegator, validator};
use entente_proto::alliance::alliance::MsgClaimDelegationRewards;
use prost::{Message as _, Name as _};
use prost_types::Any;

const BLOCKS: [u64; 4] = [1, 100, 1_000, 10_000];
const CLAIMS: usize = 300;

/// The allocator of the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let scale = Scale { validators: 10, assets: 2, users: 0, delegators: 1_000 };
    let mut drive = Drive::start(&scale.genesis(|_| serde_json::Value::Null))?;
    let bech32 = Bech32::new("entente");
    let claim = MsgClaimDelegationRewards {
        delegator_address: bech32.acc(&delegator(0)),
        validator_address: bech32.val(&validator(0)),
        denom: asset(0),
    };
    let claim = Any { type_url: MsgClaimDelegationRewards::type_url(), value: claim.encode_to_vec() };
    let mut blocks = 0;
    for until in BLOCKS {
        while blocks < until {
            drive.block(Vec::new())?;
            blocks += 1;
        }
        let state = drive.chain.snapshot(None).ok_or("a chain without a state")?;
        let mut spread = Spread::default();
        for _ in 0..CLAIMS {
            let mut ctx = state.ctx(Mode::Deliver);
            let env = ctx.env_mut();
            (env.height, env.time) = (env.height + 1, env.time.plus(Span::from_secs(5)));
            let clock = Clock::start();
            route::handle(&mut ctx, &claim)?;
            spread.add(clock.stop().wall);
        }
        let us = |d: std::time::Duration| d.as_secs_f64() * 1e6;
        println!(
            "claim {until:6} blocks after the last: median {:6.1} us, least {:6.1} us",
            us(spread.median()),
            us(spread.least())
        );
    }
    Ok(())
}
