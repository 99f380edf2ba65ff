//! Genesis: `app_state` JSON in the SDK's shapes, section by section, to and from the modules.
//!
//! The order of the sections is the order in which modules are initialised; it decides the numbers of module accounts.

mod absent;
pub mod document;
mod foreign;
mod gentx;
#[cfg(test)]
mod tests;
mod text;

pub use absent::default_section;

use std::fmt::Write;

use entente_kernel::{Ctx, Error, Result, View, json};
use entente_proto::entente::genesis::v1::Settings;
use rayon::prelude::*;
use serde_json::{Map, Value};

use crate::block::ValidatorUpdate;
use crate::modules::{
    alliance, assets, auth, authz, bank, crisis, distribution, evidence, feegrant, gov, liquid, mint, pools, slashing,
    staking, upgrade, vault,
};

pub(crate) use text::Encoded;

/// A section: its name, and how it gets into the state and out.
pub struct Section {
    pub name: &'static str,
    init: fn(&mut Ctx, &Value) -> Result<Vec<ValidatorUpdate>>,
    export: fn(&View) -> Result<Encoded>,
}

/// What a module's `init` gives back: nothing, or validators.
trait Outcome {
    fn updates(self) -> Vec<ValidatorUpdate>;
}

impl Outcome for () {
    fn updates(self) -> Vec<ValidatorUpdate> {
        Vec::new()
    }
}

impl Outcome for Vec<ValidatorUpdate> {
    fn updates(self) -> Vec<ValidatorUpdate> {
        self
    }
}

macro_rules! sections {
    ($($name:literal => $module:ident,)*) => {
        /// All sections, in the order of initialisation.
        pub const SECTIONS: &[Section] = &[$(Section {
            name: $name,
            init: |ctx, value| {
                let state = json::from_json(value).map_err(|e| at($name, e))?;
                Ok($module::genesis::init(ctx, state).map_err(|e| within($name, e))?.updates())
            },
            export: |view| Ok($module::genesis::export(view)?.into()),
        }),*];
    };
}

sections! {
    "auth" => auth,
    "bank" => bank,
    "distribution" => distribution,
    "staking" => staking,
    "slashing" => slashing,
    "gov" => gov,
    "mint" => mint,
    "crisis" => crisis,
    "evidence" => evidence,
    "authz" => authz,
    "feegrant" => feegrant,
    "upgrade" => upgrade,
    "alliance" => alliance,
    "restake.assets" => assets,
    "liquidstake" => liquid,
    "pools" => pools,
    "vault" => vault,
}

/// Modules that a chain may do without: an absent section sets nothing up, and an export leaves it out as long as nothing was.
const OPTIONAL: &[Optional] = &[
    ("restake.assets", assets::is_used),
    ("liquidstake", liquid::is_used),
    ("pools", pools::is_used),
    ("vault", vault::is_used),
];

type Optional = (&'static str, fn(&View) -> Result<bool>);

/// Sections that the SDK writes although their modules have no state.
const EMPTY: &[&str] = &["consensus", "params", "vesting"];

/// The section of this chain's own settings.
const OWN: &str = "entente";

fn at(section: &str, e: json::JsonError) -> Error {
    let json::JsonError { path, reason } = e.below(section);
    Error::plain(format!("genesis: {path}: {reason}"))
}

fn within(section: &str, e: Error) -> Error {
    let named = e.to_string().starts_with("genesis: ");
    if named { e } else { e.wrap(format!("genesis: {section}")) }
}

/// Fills an empty state from `app_state`. A section that is absent is its module's default, or
/// leaves out a module that a chain may do without.
///
/// # Errors
/// A refusal that names the section and field.
pub fn init(ctx: &mut Ctx, app_state: &Value) -> Result<Vec<ValidatorUpdate>> {
    let Value::Object(sections) = app_state else {
        return Err(Error::plain("genesis: app_state must be a JSON object"));
    };
    for (name, value) in sections {
        if name != OWN && name != gentx::SECTION && !SECTIONS.iter().any(|s| s.name == name) {
            foreign::check(name, value)?;
        }
    }
    let mut updates = Vec::new();
    for section in SECTIONS {
        let found = sections.get(section.name).filter(|value| !value.is_null());
        updates.extend(match found {
            Some(value) => (section.init)(ctx, value)?,
            None if OPTIONAL.iter().any(|(name, _)| *name == section.name) => Vec::new(),
            None => (section.init)(ctx, &default_section(section.name, absent::denom(sections)))?,
        });
    }
    own(ctx, sections)?;
    let entered = gentxs(ctx, sections)?;
    match (updates.is_empty(), entered.is_empty()) {
        (false, false) => Err(Error::plain(
            "genesis: genutil.gen_txs: the validator set is stated twice; staking.validators and gentxs exclude each other",
        )),
        (true, _) => Ok(entered),
        (_, true) => Ok(updates),
    }
}

/// The section of this chain's own: what the other sections have no place for. The prefix was read before the state existed.
fn own(ctx: &mut Ctx, sections: &Map<String, Value>) -> Result<()> {
    let Some(value) = sections.get(OWN).filter(|v| !v.is_null()) else { return Ok(()) };
    let settings: Settings = json::from_json(value).map_err(|e| at(OWN, e))?;
    match settings.staking {
        None => Ok(()),
        Some(rest) => staking::rest::init(ctx, rest).map_err(|e| e.wrap(format!("genesis: {OWN}.staking"))),
    }
}

fn gentxs(ctx: &mut Ctx, sections: &Map<String, Value>) -> Result<Vec<ValidatorUpdate>> {
    match sections.get(gentx::SECTION) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(section) => gentx::run(ctx, section),
    }
}

/// Writes the whole state as `app_state`, its sections by name. They are read on all cores.
///
/// # Errors
/// A fault if the state cannot be read or `out` takes no more.
pub fn write(view: &View, out: &mut dyn Write) -> Result<()> {
    let full = |e: std::fmt::Error| Error::fault(format!("export: {e}"));
    let is_used = |name| OPTIONAL.iter().find(|(o, _)| *o == name).map_or(Ok(true), |(_, used)| used(view));
    let mut names: Vec<&str> = SECTIONS.iter().map(|s| s.name).chain(EMPTY.iter().copied()).collect();
    names.extend([gentx::SECTION, OWN]);
    names.sort_unstable();
    let mut sections = Vec::new();
    for name in names {
        if is_used(name)? {
            sections.push((name, view.clone()));
        }
    }
    let read = |(name, view)| Ok((name, section(name, &view)?));
    let sections: Vec<Result<_>> = sections.into_par_iter().with_max_len(1).map(read).collect();
    let mut object = text::Object::new(out);
    for section in sections {
        let (name, section) = section?;
        let out = object.member(name).map_err(full)?;
        match section {
            Some(section) => section.write(out)?,
            None if name == gentx::SECTION => out.write_str("{\"gen_txs\":[]}").map_err(full)?,
            None => out.write_str(if name == "params" { "null" } else { "{}" }).map_err(full)?,
        }
    }
    object.end().map_err(full)
}

/// What a section says; nothing if it always says the same.
fn section(name: &str, view: &View) -> Result<Option<Encoded>> {
    match SECTIONS.iter().find(|s| s.name == name) {
        Some(section) => (section.export)(view).map(Some),
        None if name == OWN => Ok(Some(settings(view)?.into())),
        None => Ok(None),
    }
}

/// The whole state as `app_state`, in memory; see [`write`].
pub fn export(view: &View) -> Result<Value> {
    let mut text = String::new();
    write(view, &mut text)?;
    serde_json::from_str(&text).map_err(|e| Error::fault(format!("export: {e}")))
}

fn settings(view: &View) -> Result<Settings> {
    Ok(Settings { bech32_prefix: view.bech32().prefix().to_owned(), staking: Some(staking::rest::export(view)?) })
}

/// The bech32 prefix of a genesis: the section `entente` names it, else the first account shows it.
pub fn bech32_prefix(app_state: &Value) -> Option<String> {
    let named = app_state.pointer("/entente/bech32_prefix").and_then(Value::as_str);
    let accounts = app_state.pointer("/auth/accounts").and_then(Value::as_array);
    let shown = || {
        let first = accounts?.first()?;
        let address = ["/address", "/base_account/address", "/base_vesting_account/base_account/address"];
        let text = address.iter().find_map(|p| first.pointer(p).and_then(Value::as_str))?;
        text.rsplit_once('1').map(|(prefix, _)| prefix)
    };
    named.or_else(shown).map(str::to_owned)
}
