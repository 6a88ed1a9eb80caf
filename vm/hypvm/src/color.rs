//! Whether to colour what goes to standard error.

use std::io::IsTerminal;

/// The `--color` option.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Color {
    /// Colour on a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always colour.
    Always,
    /// Never colour.
    Never,
}

impl Color {
    /// Decides by, in this order: the option, `NO_COLOR`, `FORCE_COLOR` or `CLICOLOR_FORCE`,
    /// `CLICOLOR=0`, whether standard error is a terminal that is not dumb.
    #[must_use]
    pub fn is_enabled(self) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let value = |name: &str| std::env::var(name).unwrap_or_default();
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR") => false,
            Color::Auto if set("FORCE_COLOR") || set("CLICOLOR_FORCE") => true,
            Color::Auto => {
                value("CLICOLOR") != "0"
                    && std::io::stderr().is_terminal()
                    && value("TERM") != "dumb"
            }
        }
    }
}
