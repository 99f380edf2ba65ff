//! Names and units of a coin: what a description must fulfil.

use std::collections::BTreeSet;

use entente_kernel::num::Denom;
use entente_proto::cosmos::bank::v1beta1::{DenomUnit, Metadata};

/// The base denom of well-formed metadata, or what is wrong, in upstream's words.
pub fn check_metadata(m: &Metadata) -> Result<Denom, String> {
    if m.name.trim().is_empty() {
        return Err("name field cannot be blank".to_owned());
    }
    if m.symbol.trim().is_empty() {
        return Err("symbol field cannot be blank".to_owned());
    }
    let base = Denom::new(&m.base).map_err(|e| format!("invalid metadata base denom: {e}"))?;
    Denom::new(&m.display).map_err(|e| format!("invalid metadata display denom: {e}"))?;
    check_units(m)?;
    if !m.denom_units.iter().any(|u| u.denom == m.display) {
        return Err(format!("metadata must contain a denomination unit with display denom '{}'", m.display));
    }
    Ok(base)
}

fn check_units(m: &Metadata) -> Result<(), String> {
    let (mut before, mut seen) = (None, BTreeSet::new());
    for unit in &m.denom_units {
        match before {
            None if unit.denom != m.base => {
                let base = &m.base;
                return Err(format!("metadata's first denomination unit must be the one with base denom '{base}'"));
            }
            None if unit.exponent != 0 => {
                return Err(format!("the exponent for base denomination unit {} must be 0", m.base));
            }
            Some(exponent) if exponent >= unit.exponent => {
                return Err("denom units should be sorted asc by exponent".to_owned());
            }
            _ => before = Some(unit.exponent),
        }
        if !seen.insert(&unit.denom) {
            return Err(format!("duplicate denomination unit {}", unit.denom));
        }
        check_unit(unit)?;
    }
    Ok(())
}

fn check_unit(unit: &DenomUnit) -> Result<(), String> {
    Denom::new(&unit.denom).map_err(|e| format!("invalid denom unit: {e}"))?;
    let mut seen = BTreeSet::new();
    for alias in &unit.aliases {
        if !seen.insert(alias) {
            return Err(format!("duplicate denomination unit alias {alias}"));
        }
        if alias.trim().is_empty() {
            return Err(format!("alias for denom unit {} cannot be blank", unit.denom));
        }
    }
    Ok(())
}
