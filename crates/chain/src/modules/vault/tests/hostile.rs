//! The worst hook: it does what it is told by the record that it keeps in its curator's name. For tests.

use entente_kernel::{Ctx, Error, Item, Result};

use super::super::holding::{account, coin};
use super::super::hooks::{Hook, News};
use super::super::state::{VAULTS, Vault};
use super::super::{error, handle, msg};
use crate::modules::bank;
use crate::stores::VAULT;

pub const NAME: &str = "hostile";

/// What it does next.
pub const MISDEED: Item<u64> = Item::new(VAULT, &[0xfe]);

pub const REFUSE: u64 = 1;
pub const FAULT: u64 = 2;
pub const BURN: u64 = 3;
pub const GARBAGE: u64 = 4;
pub const RECURSE: u64 = 5;
/// Behaves, and counts in the vault's record how often it was told of something.
pub const COUNT: u64 = 6;

pub struct Hostile;

impl Hook for Hostile {
    fn before_deposit(&self, ctx: &mut Ctx, vault: &Vault, deposit: &msg::Deposit) -> Result<()> {
        match MISDEED.load(ctx)? {
            Some(RECURSE) => handle::deposit(ctx, deposit.clone()).map(drop),
            Some(BURN) => burn(ctx, vault),
            _ => Ok(()),
        }
    }

    fn after(&self, ctx: &mut Ctx, vault: &Vault, news: &News) -> Result<()> {
        match MISDEED.load(ctx)? {
            Some(REFUSE) => Err(error::NOT_ALLOWED.because("everything")),
            Some(FAULT) => Err(Error::fault("a hook says that the state is corrupt")),
            Some(BURN) => burn(ctx, vault),
            Some(GARBAGE) => {
                VAULTS.set(ctx, &vault.id, &Vault { shares: 7, seats: Vec::new(), ..vault.clone() })?;
                let all = bank::balances(ctx, &account(vault.id))?;
                bank::send(ctx, &account(vault.id), &vault.curator, &all)?;
                Err(error::NOT_ALLOWED.because("after the theft"))
            }
            Some(RECURSE) => {
                if let News::Exit { owner, .. } = news {
                    let again =
                        msg::RequestExit(msg::Shares { owner: **owner, vault: vault.id, shares: 1_000_000_000 });
                    handle::request_exit(ctx, again)?;
                }
                let coin = coin(&vault.seats[0].denom, 1_000_000);
                let more = msg::Deposit {
                    depositor: vault.curator,
                    vault: vault.id,
                    coin,
                    min_shares: 0,
                    deadline: None,
                    receiver: vault.curator,
                };
                handle::deposit(ctx, more).map(drop)
            }
            Some(COUNT) => VAULTS.set(ctx, &vault.id, &Vault { alloc_seq: vault.alloc_seq + 1, ..vault.clone() }),
            _ => Ok(()),
        }
    }
}

fn burn(ctx: &mut Ctx, vault: &Vault) -> Result<()> {
    loop {
        VAULTS.get(ctx, &vault.id)?;
    }
}
