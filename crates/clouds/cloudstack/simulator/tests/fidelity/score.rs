//! How many lines agree, per transcript and per command.

use std::collections::BTreeMap;

/// Agreeing lines of all counted.
#[derive(Debug, Default, Clone, Copy)]
pub struct Count {
    /// Those that agree.
    pub agreeing: usize,
    /// All that count.
    pub total: usize,
}

impl Count {
    /// Counts one line.
    pub fn add(&mut self, agrees: bool) {
        self.agreeing += usize::from(agrees);
        self.total += 1;
    }

    /// In per cent.
    pub fn share(self) -> f64 {
        if self.total == 0 { 100.0 } else { 100.0 * self.agreeing as f64 / self.total as f64 }
    }
}

/// The score of one transcript.
#[derive(Debug, Default)]
pub struct Score {
    /// Its name.
    pub transcript: String,
    /// Over all its lines.
    pub all: Count,
    /// Per command.
    pub commands: BTreeMap<String, Count>,
    /// Unlisted differences, a text each.
    pub unlisted: Vec<String>,
}

impl Score {
    /// Counts one line.
    pub fn add(&mut self, command: &str, agrees: bool) {
        self.all.add(agrees);
        self.commands.entry(command.to_owned()).or_default().add(agrees);
    }
}

/// Prints agreeing/total per command and per transcript.
pub fn print(scores: &[Score]) {
    let mut commands: BTreeMap<&str, Count> = BTreeMap::new();
    for score in scores {
        for (command, count) in &score.commands {
            let sum = commands.entry(command).or_default();
            sum.agreeing += count.agreeing;
            sum.total += count.total;
        }
    }
    for score in scores {
        for text in &score.unlisted {
            eprintln!("{}: {text}", score.transcript);
        }
    }
    for (command, count) in commands {
        eprintln!("{:>5}/{:<5} {command}", count.agreeing, count.total);
    }
    for score in scores {
        let Count { agreeing, total } = score.all;
        eprintln!("{agreeing:>5}/{total:<5} {:5.1} % {}", score.all.share(), score.transcript);
    }
}
