//! Buying a lot of rewards.

use entente_kernel::{Ctx, Result};
use entente_proto::restake::vault::v1 as wire;

use super::super::block::{auction, drip};
use super::super::holding::{account, amount, coin, coins, must_vault, note, pay};
use super::super::state::LOTS;
use super::super::{error, event, msg, params, stake};
use crate::modules::{assets, bank};
use crate::wire as convert;

/// The whole lot for its price of the moment. What is paid belongs to nobody until it has dripped in.
pub fn bid_auction(ctx: &mut Ctx, m: msg::BidAuction) -> Result<wire::MsgBidAuctionResponse> {
    let lot = LOTS.get(ctx, &m.lot)?.ok_or_else(|| error::UNKNOWN_LOT.because(m.lot))?;
    let mut vault = must_vault(ctx, lot.vault)?;
    stake::touch(ctx, &mut vault)?;
    if m.max_in.denom != lot.wanted {
        return Err(error::BID_TOO_LOW.because(format!("max_in: {}; {} is wanted", m.max_in, lot.wanted)));
    }
    // A price of this morning must not bring an asset in that was called into doubt since.
    assets::check_deposit(ctx, &assets::must_by_denom(ctx, &lot.wanted)?)?;
    let (price, cost) = auction::cost(ctx, &lot)?;
    if amount(m.max_in.amount)? < cost {
        return Err(error::BID_TOO_LOW.because(format!("max_in: {}; the lot costs {cost}{}", m.max_in, lot.wanted)));
    }
    let (paid, bought) = (coin(&lot.wanted, cost), coin(&lot.sold, lot.amount));
    auction::remove(ctx, m.lot, &lot)?;
    bank::send(ctx, &m.bidder, &account(lot.vault), &coins([(lot.wanted.clone(), cost)])?)?;
    let period = params(ctx)?.epoch.max(lot.earned_over);
    drip::add(ctx, lot.vault, &lot.wanted, cost, period)?;
    pay(ctx, lot.vault, &m.bidder, &coins([(lot.sold.clone(), lot.amount)])?)?;
    note(ctx, lot.vault, &lot.wanted, &[(|l| &mut l.bought, cost)])?;
    note(ctx, lot.vault, &lot.sold, &[(|l| &mut l.sold, lot.amount)])?;
    ctx.emit(event::lot_sold(ctx, &m, &lot, &paid, &bought, price));
    Ok(wire::MsgBidAuctionResponse { paid: Some(convert::coin(&paid)), bought: Some(convert::coin(&bought)) })
}
