//! Layers of a package: `layers` in the manifest lists them from the top down, each with patterns
//! of the paths of its modules. A module may import its own layer and the one directly below.

use serde_json::Value;

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layer {
    name: String,
    patterns: Vec<String>,
}

/// The layers of a package, the topmost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers(Vec<Layer>);

impl Layers {
    /// Reads `[{ "name": "…", "modules": ["src/…/**", …] }, …]`.
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let list = value.as_array().ok_or("`layers` must be a list, the topmost layer first")?;
        let mut layers: Vec<Layer> = Vec::with_capacity(list.len());
        for entry in list {
            let name = entry.get("name").and_then(Value::as_str);
            let name = name.ok_or("each of `layers` needs a `name`")?.to_owned();
            let patterns = entry.get("modules").and_then(Value::as_array);
            let patterns = patterns.and_then(|list| {
                list.iter().map(|p| p.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            });
            let patterns = patterns.ok_or_else(|| {
                format!("layer `{name}` needs `modules`, a list of path patterns")
            })?;
            if layers.iter().any(|l| l.name == name) {
                return Err(format!("layer `{name}` is listed twice"));
            }
            layers.push(Layer { name, patterns });
        }
        Ok(Self(layers))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The layer of a module, by its path in the package with `/`; the first that matches.
    fn of(&self, path: &str) -> Option<usize> {
        self.0.iter().position(|layer| layer.patterns.iter().any(|p| matches(p, path)))
    }

    /// Whether the module at `importer` may import the one at `target`, both paths in the package.
    ///
    /// # Errors
    /// Why not, and what is allowed.
    pub fn check(&self, importer: &str, target: &str) -> Result<(), (String, String)> {
        let (Some(from), Some(to)) = (self.of(importer), self.of(target)) else { return Ok(()) };
        if to == from || to == from + 1 {
            return Ok(());
        }
        let (from_name, to_name) = (&self.0[from].name, &self.0[to].name);
        let way = if to < from { "above" } else { "below, but not directly below," };
        let reason = format!("layer `{to_name}` lies {way} layer `{from_name}`");
        let help = match self.0.get(from + 1) {
            Some(below) => {
                format!("modules of `{from_name}` may import `{from_name}` and `{}`", below.name)
            }
            None => format!("`{from_name}` is the lowest layer and may import only itself"),
        };
        Err((reason, help))
    }
}

/// Whether a path fits a pattern: `*` and `?` stand for characters of one part, `**` for any number
/// of parts.
fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.trim_start_matches("./").split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // Whether the pattern so far fits the first n parts of the path, for each n.
    let mut fits = vec![false; path.len() + 1];
    fits[0] = true;
    for part in pattern {
        if part == "**" {
            let mut any = false;
            for fit in &mut fits {
                any |= *fit;
                *fit = any;
            }
            continue;
        }
        for n in (0..path.len()).rev() {
            fits[n + 1] = fits[n] && part_matches(part.as_bytes(), path[n].as_bytes());
        }
        fits[0] = false;
    }
    fits[path.len()]
}

/// Whether one part fits: on a mismatch the last `*` takes one byte more.
fn part_matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                last_star = Some((p, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t += 1;
                // One character, which may have several bytes.
                while text.get(t).is_some_and(|b| b & 0xC0 == 0x80) {
                    t += 1;
                }
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, at)) = last_star else { return false };
                last_star = Some((star, at + 1));
                p = star + 1;
                t = at + 1;
            }
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::{Layers, matches};
    use serde_json::json;

    #[test]
    fn patterns() {
        assert!(matches("src/web/**", "src/web/page.hyp"));
        assert!(matches("src/web/**", "src/web/a/b.hyp"));
        assert!(matches("**/web/*.hyp", "web/page.hyp"));
        assert!(matches("src/*_view.hyp", "src/main_view.hyp"));
        assert!(matches("./src/?.hyp", "src/ä.hyp"));
        assert!(!matches("src/*.hyp", "src/a/b.hyp"));
        assert!(!matches("src/web/**", "src/webber/a.hyp"));
        assert!(!matches("*.hyp", "src/a.hyp"));
        assert!(!matches("src/a*b*c.hyp", "src/abd.hyp"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let pattern = "**/a*a*a*a*a*a*a*a*a*b/".repeat(20) + "x";
        let path = format!("{}/", "a".repeat(200)).repeat(40) + "x";
        assert!(!matches(&pattern, &path));
    }

    #[test]
    fn of_twelve_ways_between_four_layers_three_are_open() {
        let layers = Layers::parse(&json!([
            { "name": "presentation", "modules": ["p/**"] },
            { "name": "application", "modules": ["a/**"] },
            { "name": "domain", "modules": ["d/**"] },
            { "name": "infrastructure", "modules": ["i/**"] },
        ]))
        .expect("layers");
        let mut open = Vec::new();
        for from in ["p", "a", "d", "i"] {
            for to in ["p", "a", "d", "i"] {
                let (importer, target) = (format!("{from}/x.hyp"), format!("{to}/y.hyp"));
                if from != to && layers.check(&importer, &target).is_ok() {
                    open.push((from, to));
                }
            }
            assert!(layers.check(&format!("{from}/x.hyp"), "shared/y.hyp").is_ok());
        }
        assert_eq!(open, [("p", "a"), ("a", "d"), ("d", "i")]);
    }
}
