//! The tester of random operations: a chain in the hands of people, validators and votes that nobody can foresee.
//!
//! A *seed* decides everything: the genesis ([`genesis`]), what people send ([`scene`], [`fill`], [`intent`]), who is absent, who signs
//! twice and how much time passes ([`net`]). A [`run`] drives the doors of the chain with it, as a CometBFT node would, and after every
//! block asks: did the chain stop? Are all invariants whole? Would CometBFT accept the validators? Do the balances agree with a ledger
//! of plain integers that hears nothing but events ([`ledger`])? At intervals: does an export, imported, export the same, and do both
//! chains go on alike? At the end the same blocks are played again and must give the same app hashes.

pub mod dice;
pub mod fill;
pub mod genesis;
pub mod intent;
pub mod ledger;
pub mod net;
pub mod run;
pub mod scene;
pub mod wallet;

pub use run::{Failure, Options, Report, run};
