//! The page of the parameters that a vote can change, from their declarations.

use std::fmt::Write as _;

use entente_chain::params::ALL;

use super::source::Source;

/// The reference page.
pub fn page(_: &[Source]) -> String {
    let mut out = String::from(
        "# Parameters\n\nWhat a vote can change in this chain's own modules: by `MsgUpdateParams` of the module, which sets all of them at once. `entente query MODULE params` \
         shows those in force. Modules of the Cosmos SDK have the SDK's parameters. Made by `cargo xtask tidy --fix`; do not edit.\n",
    );
    for (module, declarations) in ALL {
        let _ = write!(
            out,
            "\n## {module}\n\n| parameter | unit | allowed | default | meaning |\n| --- | --- | --- | --- | --- |\n"
        );
        for d in *declarations {
            let cell = |text: &str| text.replace('|', "\\|");
            let default = if d.default.is_empty() { "empty".to_owned() } else { format!("`{}`", cell(d.default)) };
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {default} | {} |",
                d.name,
                cell(d.unit),
                cell(d.bound),
                cell(d.meaning)
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_parameter_has_a_row() {
        let page = page(&[]);
        let declared: usize = ALL.iter().map(|(_, declarations)| declarations.len()).sum();
        assert_eq!(page.lines().filter(|line| line.starts_with("| `")).count(), declared);
    }
}
