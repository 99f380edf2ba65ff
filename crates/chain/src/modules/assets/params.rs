//! What a vote can change in the registry, each parameter declared once.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coin, Coins, Denom, Int, WAD};
use entente_kernel::{AccAddress, Bech32, Result, Span};
use entente_proto::restake::assets::v1 as wire;

use super::error;
use crate::params::{Declaration, check_fraction, check_span, declare, read_address, read_bond, read_span};
use crate::wire as convert;

/// All parameters, in the order of the wire.
pub const DECLARATIONS: &[Declaration] = &[
    declare("guardian", "address", "any, or empty", "empty", "Who may pause deposits and lower rates."),
    declare(
        "guardian_term",
        "duration",
        "1s to 30d",
        "1209600s",
        "How long what the guardian did holds without a vote.",
    ),
    declare(
        "listing_bond",
        "coin",
        "any, or none",
        "1000000000uente",
        "What a listing by anybody costs until a vote admits it.",
    ),
    declare("rate_window", "duration", "1h to 30d", "86400s", "How long the highest rate counts."),
    declare("rate_growth_max", "fraction per hour", "0 to 0.01", "0.0001", "Highest accepted growth of a rate."),
    declare("drop_watch", "fraction", "0 to 1", "0.002", "Fall of a rate that starts Watch."),
    declare("drop_halt", "fraction", "drop_watch to 1", "0.2", "Fall of a rate that starts Impaired."),
    declare("apr_cap", "fraction per year", "0 to 10", "0.25", "Growth that is added to the highest rate."),
    declare("rate_age_max", "duration", "1s to 30d", "21600s", "Oldest rate that a deposit may use."),
    declare("price_age_max", "duration", "1s to 30d", "21600s", "Oldest price that lifts a pause."),
    declare("parity_tolerance", "fraction", "0 to 1", "0.01", "How far a price may be below the rate."),
    declare("proof_age_max", "duration", "1s to 365d", "172800s", "Without a proof for longer, an asset is Impaired."),
    declare("watch_min", "duration", "1s to 30d", "3600s", "Shortest time between the two reports that end Watch."),
];

/// Fractions are in steps of 10^-18.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    pub guardian: Option<AccAddress>,
    pub guardian_term: Span,
    /// One coin, or none.
    pub listing_bond: Coins,
    pub rate_window: Span,
    pub rate_growth_max: u128,
    pub drop_watch: u128,
    pub drop_halt: u128,
    pub apr_cap: u128,
    pub rate_age_max: Span,
    pub price_age_max: Span,
    pub parity_tolerance: u128,
    pub proof_age_max: Span,
    pub watch_min: Span,
}

impl Default for Params {
    fn default() -> Self {
        let bond = Denom::new("uente").and_then(|denom| Coins::one(Coin::new(denom, Int::from_u64(1_000_000_000))));
        Self {
            guardian: None,
            guardian_term: Span::from_secs(1_209_600),
            listing_bond: bond.unwrap_or_default(),
            rate_window: Span::from_secs(86_400),
            rate_growth_max: 100_000_000_000_000,
            drop_watch: 2_000_000_000_000_000,
            drop_halt: 200_000_000_000_000_000,
            apr_cap: 250_000_000_000_000_000,
            rate_age_max: Span::from_secs(21_600),
            price_age_max: Span::from_secs(21_600),
            parity_tolerance: 10_000_000_000_000_000,
            proof_age_max: Span::from_secs(172_800),
            watch_min: Span::from_secs(3_600),
        }
    }
}

impl Params {
    /// # Errors
    /// assets 14 that names the field and what is allowed; other refusals for what cannot be read.
    pub fn from_wire(wire: &wire::Params, bech32: &Bech32) -> Result<Self> {
        let params = Self {
            guardian: read_address(&wire.guardian, "guardian", bech32)?,
            guardian_term: read_span(wire.guardian_term.as_ref(), "guardian_term")?,
            listing_bond: read_bond(wire.listing_bond.as_ref(), "listing_bond")?,
            rate_window: read_span(wire.rate_window.as_ref(), "rate_window")?,
            rate_growth_max: convert::parse_wad(&wire.rate_growth_max, "rate_growth_max")?,
            drop_watch: convert::parse_wad(&wire.drop_watch, "drop_watch")?,
            drop_halt: convert::parse_wad(&wire.drop_halt, "drop_halt")?,
            apr_cap: convert::parse_wad(&wire.apr_cap, "apr_cap")?,
            rate_age_max: read_span(wire.rate_age_max.as_ref(), "rate_age_max")?,
            price_age_max: read_span(wire.price_age_max.as_ref(), "price_age_max")?,
            parity_tolerance: convert::parse_wad(&wire.parity_tolerance, "parity_tolerance")?,
            proof_age_max: read_span(wire.proof_age_max.as_ref(), "proof_age_max")?,
            watch_min: read_span(wire.watch_min.as_ref(), "watch_min")?,
        };
        params.validate()?;
        Ok(params)
    }

    pub fn to_wire(&self, bech32: &Bech32) -> wire::Params {
        wire::Params {
            guardian: self.guardian.map(|g| bech32.acc(&g)).unwrap_or_default(),
            guardian_term: Some(convert::span(self.guardian_term)),
            listing_bond: self.listing_bond.iter().next().map(convert::coin),
            rate_window: Some(convert::span(self.rate_window)),
            rate_growth_max: convert::wad(self.rate_growth_max),
            drop_watch: convert::wad(self.drop_watch),
            drop_halt: convert::wad(self.drop_halt),
            apr_cap: convert::wad(self.apr_cap),
            rate_age_max: Some(convert::span(self.rate_age_max)),
            price_age_max: Some(convert::span(self.price_age_max)),
            parity_tolerance: convert::wad(self.parity_tolerance),
            proof_age_max: Some(convert::span(self.proof_age_max)),
            watch_min: Some(convert::span(self.watch_min)),
        }
    }

    fn validate(&self) -> Result<()> {
        const MONTH: i64 = 30 * 86_400;
        const YEAR: i64 = 365 * 86_400;
        const HUNDREDTH: u128 = WAD / 100;
        const TEN: u128 = 10 * WAD;
        let spans = [
            ("guardian_term", self.guardian_term, 1, MONTH),
            ("rate_window", self.rate_window, 3_600, MONTH),
            ("rate_age_max", self.rate_age_max, 1, MONTH),
            ("price_age_max", self.price_age_max, 1, MONTH),
            ("proof_age_max", self.proof_age_max, 1, YEAR),
            ("watch_min", self.watch_min, 1, MONTH),
        ];
        for (name, span, least, most) in spans {
            check_span(error::INVALID_PARAMS, name, span, least, most)?;
        }
        let fractions = [
            ("rate_growth_max", self.rate_growth_max, 0, HUNDREDTH),
            ("drop_watch", self.drop_watch, 0, WAD),
            ("drop_halt", self.drop_halt, self.drop_watch, WAD),
            ("apr_cap", self.apr_cap, 0, TEN),
            ("parity_tolerance", self.parity_tolerance, 0, WAD),
        ];
        for (name, fraction, least, most) in fractions {
            check_fraction(error::INVALID_PARAMS, name, fraction, least, most)?;
        }
        Ok(())
    }
}
