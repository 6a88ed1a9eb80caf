//! Programs of several modules.

use super::{Global, Var, Writer};
use crate::bundle::{MAIN, heading};

impl Writer {
    /// Modules that the main module, written last, imports.
    pub(super) fn libraries(&mut self) {
        let n = 1 + self.random.below(3);
        let cyclic = n > 1 && self.chance(2);
        for at in 0..n {
            self.begin_module(&format!("m{at}.hyp"));
            if cyclic {
                let next = (at + 1) % n;
                self.line(&format!("mindLink \"./m{next}.hyp\" as Next;"));
            }
            self.line("Focus {");
            self.level += 1;
            self.line("conceal suggestion id(v) { awaken v; }");
            self.exposes = self.chance(2);
            if cyclic {
                // A call of the next module, whichever of them has run.
                let word = self.exposure();
                self.open(&format!("{word}suggestion turn(n) {{"));
                self.line(&format!("awaken n <= 0 ? \"{at}\" : \"{at}\" + Next.turn(n - 1);"));
                self.close("}");
            }
            self.declarations();
            self.vars = self.visible_globals();
            if self.chance(2) {
                self.declare();
                self.print();
            }
            if self.chance(4) {
                self.line("entrance { observe \"only in the main module\"; }");
            }
            self.exposes = false;
            self.level -= 1;
            self.line("} Relax");
        }
        self.begin_module(MAIN);
        if cyclic {
            self.line("mindLink \"./m0.hyp\" as Cycle;");
            self.calls_cycle = true;
        }
    }

    /// Begins a file that imports all earlier ones; what they declare gets the names that it has here.
    fn begin_module(&mut self, file: &str) {
        self.out.push_str(&heading(file));
        let prefixes: Vec<String> = (0..self.module)
            .map(|at| if self.chance(2) { format!("M{at}.") } else { String::new() })
            .collect();
        for (at, prefix) in prefixes.iter().enumerate() {
            let word = self.pick(&["mindLink", "import"]);
            let alias = prefix.strip_suffix('.').map(|a| format!(" as {a}")).unwrap_or_default();
            self.line(&format!("{word} \"./m{at}.hyp\"{alias};"));
        }
        let visible = |home: usize, base: &str| match prefixes.get(home) {
            Some(prefix) => format!("{prefix}{base}"),
            None => base.to_owned(),
        };
        for shape in self.records.iter_mut().chain(&mut self.sessions) {
            shape.name = visible(shape.home, &shape.base);
        }
        self.functions.retain(|f| f.is_exported);
        for function in &mut self.functions {
            function.name = visible(function.home, &function.base);
        }
        self.globals.retain(|g| g.is_exported);
        for global in &mut self.globals {
            if !global.is_shared {
                // Only its own module assigns a variable.
                global.var.is_mutable &= global.base.contains('.');
                global.var.name = visible(global.home, &global.base);
            }
        }
        self.module += 1;
    }

    /// The module that is being written.
    pub(super) fn home(&self) -> usize {
        self.module.saturating_sub(1)
    }

    /// `expose` in front of a declaration of a module that exposes; then it is exported.
    pub(super) fn exposure(&self) -> &'static str {
        if self.exposes { "expose " } else { "" }
    }

    pub(super) fn visible_globals(&self) -> Vec<Var> {
        self.globals.iter().map(|global: &Global| global.var.clone()).collect()
    }
}
