//! The numbers of accounts.

use entente_kernel::AccAddress;
use entente_kernel::gas::GasMeter;

use super::state::{address_of_number, give_numbers};
use super::{account, create, ensure_account};
use crate::modules::auth::Kind;
use crate::world::{World, user};

fn address(n: u64) -> AccAddress {
    let [a, b] = u16::try_from(n).unwrap().to_be_bytes();
    AccAddress::from_array([[a, b]; 10].concat().try_into().unwrap())
}

#[test]
fn every_account_is_found_by_its_number_and_nobody_else_by_another() {
    let mut w = World::new(&[100]);
    let first = create(&mut w.ctx, &address(2_000), Kind::Base).unwrap().number;
    for n in 1..40 {
        ensure_account(&mut w.ctx, &address(2_000 + n)).unwrap();
    }
    for n in first..first + 40 {
        let found = address_of_number(&w.ctx, n).unwrap().unwrap();
        assert_eq!(account(&w.ctx, &found).unwrap().unwrap().number, n);
    }
    assert_eq!(address_of_number(&w.ctx, first + 40).unwrap(), None);
    assert_eq!(address_of_number(&w.ctx, u64::MAX).unwrap(), None);
    w.check();
}

#[test]
fn numbers_of_a_genesis_may_lie_anywhere() {
    let mut w = World::new(&[100]);
    let given = [3, 900, 901, 915, 916, 5_000, 902, u64::MAX];
    give_numbers(&mut w.ctx, given.iter().zip(101..).map(|(n, of)| (*n, user(of)))).unwrap();
    for (n, of) in given.into_iter().zip(101..) {
        assert_eq!(address_of_number(&w.ctx, n).unwrap(), Some(user(of)), "{n}");
    }
    assert_eq!(address_of_number(&w.ctx, 903).unwrap(), None);
}

#[test]
fn an_account_costs_the_same_gas_however_many_neighbours_its_number_has() {
    let mut w = World::new(&[100]);
    // The record of an account has the number in as many bytes as it needs.
    give_numbers(&mut w.ctx, [(299, user(101))]).unwrap();
    super::state::NEXT_NUMBER.save(&mut w.ctx, &300).unwrap();
    let spent: Vec<u64> = (0..33)
        .map(|n| {
            w.ctx.replace_gas(GasMeter::unlimited());
            create(&mut w.ctx, &address(2_000 + n), Kind::Base).unwrap();
            w.ctx.gas().used()
        })
        .collect();
    assert!(spent.iter().all(|gas| *gas == spent[0] && *gas > 0), "{spent:?}");
}
