//! Tables of times and their ratios.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Best time of each engine for each program, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Table {
    engines: Vec<String>,
    programs: Vec<String>,
    times: BTreeMap<(usize, usize), Duration>,
}

impl Table {
    /// Notes a measurement; the shortest one counts.
    pub fn add(&mut self, program: &str, engine: &str, time: Duration) {
        let key = (index(&mut self.programs, program), index(&mut self.engines, engine));
        let best = self.times.entry(key).or_insert(time);
        *best = time.min(*best);
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Geometric mean of the time ratio of the first engine to each other one, over the programs
    /// that both ran.
    #[must_use]
    pub fn geometric_means(&self) -> Vec<(String, f64)> {
        let mut means = Vec::new();
        for (engine, name) in self.engines.iter().enumerate().skip(1) {
            let logs: Vec<f64> = (0..self.programs.len())
                .filter_map(|p| self.ratio(p, engine))
                .map(f64::ln)
                .collect();
            if !logs.is_empty() {
                means.push((name.clone(), (logs.iter().sum::<f64>() / logs.len() as f64).exp()));
            }
        }
        means
    }

    fn ratio(&self, program: usize, engine: usize) -> Option<f64> {
        let ours = self.times.get(&(program, 0))?.as_secs_f64();
        Some(ours / self.times.get(&(program, engine))?.as_secs_f64())
    }

    /// The table: milliseconds, and in brackets the first engine's time divided by this one's.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("{:<12}", "");
        // Writing to a string cannot fail.
        for engine in &self.engines {
            let _ = write!(text, "{engine:>20}");
        }
        for (p, program) in self.programs.iter().enumerate() {
            let _ = write!(text, "\n{program:<12}");
            for e in 0..self.engines.len() {
                let cell = match (self.times.get(&(p, e)), self.ratio(p, e)) {
                    (Some(time), Some(ratio)) if e > 0 => {
                        format!("{:.2} ({ratio:.2})", time.as_secs_f64() * 1e3)
                    }
                    (Some(time), _) => format!("{:.2}", time.as_secs_f64() * 1e3),
                    (None, _) => "-".to_owned(),
                };
                let _ = write!(text, "{cell:>20}");
            }
        }
        let _ = write!(text, "\n{:<32}", "geometric mean of ratios");
        for (_, mean) in self.geometric_means() {
            let _ = write!(text, "{:>20}", format!("({mean:.2})"));
        }
        text.push('\n');
        text
    }
}

fn index(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|n| n == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_ours_to_theirs() {
        let mut table = Table::default();
        for (program, ours, theirs) in [("a", 10, 20), ("b", 40, 20)] {
            table.add(program, "hyp", Duration::from_millis(ours + 1));
            table.add(program, "hyp", Duration::from_millis(ours));
            table.add(program, "peer", Duration::from_millis(theirs));
        }
        let means = table.geometric_means();
        assert_eq!(means.len(), 1);
        assert!((means[0].1 - 1.0).abs() < 1e-12);
        assert!(table.render().contains("20.00 (0.50)"));
    }
}
