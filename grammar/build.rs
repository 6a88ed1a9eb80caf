//! Generates the LR(1) parser from `src/grammar.lalrpop`.

fn main() {
    println!("cargo::rerun-if-changed=src/grammar.lalrpop");
    if let Err(error) =
        lalrpop::Configuration::new().emit_rerun_directives(false).process_dir("src")
    {
        println!("cargo::error=grammar.lalrpop: {error}");
    }
}
