//! The numbering of the bins, with a name for each.

use std::fmt::Write;

/// Number of a bin.
pub type Bin = u16;

/// What stands for a bin that does not exist; it is counted and never told.
pub const NOWHERE: Bin = Bin::MAX;

/// All bins: their number is their place. The numbering depends on nothing but this version of the code.
#[derive(Debug, Default)]
pub struct Map {
    /// In the order of the numbers.
    pub axes: Vec<Axis>,
}

/// Bins that answer the same question about an instruction or a program.
#[derive(Debug)]
pub struct Axis {
    /// Profile and question: `sp1.opcode`.
    pub name: String,
    /// What the labels say.
    pub description: &'static str,
    /// Number of the first bin.
    pub first: usize,
    /// The labels of each bin, without those that can never be hit.
    pub bins: Vec<Vec<&'static str>>,
}

impl Map {
    /// Number of all bins.
    pub fn size(&self) -> usize {
        self.axes.last().map_or(0, |axis| axis.first + axis.bins.len())
    }

    /// The labels of a bin and the axis that it is on.
    pub fn bin(&self, number: usize) -> Option<(&Axis, &[&'static str])> {
        let axis = self.axes.iter().rev().find(|axis| axis.first <= number)?;
        Some((axis, axis.bins.get(number - axis.first)?))
    }

    /// The map as a JSON document, one axis a line. Labels are plain ASCII without quotes.
    pub fn to_json(&self) -> String {
        let mut text = "{\"version\":1,\"axes\":[".to_owned();
        for (number, axis) in self.axes.iter().enumerate() {
            let Axis { name, description, first, bins } = axis;
            let separator = if number == 0 { "" } else { "," };
            let bins: Vec<String> =
                bins.iter().map(|labels| format!("[\"{}\"]", labels.join("\",\""))).collect();
            let bins = bins.join(",");
            let head = format!("\"name\":\"{name}\",\"description\":\"{description}\",\"first\":{first}");
            write!(text, "{separator}\n{{{head},\"bins\":[{bins}]}}").expect("a string takes everything");
        }
        text + "\n]}"
    }
}

/// Gives out numbers, axis by axis.
pub struct Builder {
    map: Map,
    profile: &'static str,
}

impl Builder {
    pub fn new() -> Self {
        Self { map: Map::default(), profile: "" }
    }

    /// The next axes are about programs for this profile.
    pub fn profile(&mut self, name: &'static str) {
        self.profile = name;
    }

    /// The next bins are on this axis.
    pub fn axis(&mut self, name: &str, description: &'static str) {
        let (name, first) = (format!("{}.{name}", self.profile), self.map.size());
        self.map.axes.push(Axis { name, description, first, bins: Vec::new() });
    }

    /// The number of a further bin.
    pub fn bin(&mut self, labels: &[&'static str]) -> Bin {
        let number = self.map.size();
        assert!(number < usize::from(NOWHERE), "the map has more bins than a number can tell");
        self.map.axes.last_mut().expect("an axis was opened").bins.push(labels.to_vec());
        number as Bin
    }

    /// A bin for each of these labels, behind others that they share.
    pub fn bins<const N: usize>(&mut self, shared: &[&'static str], labels: [&'static str; N]) -> [Bin; N] {
        labels.map(|label| self.bin(&[shared, &[label]].concat()))
    }

    pub fn finish(self) -> Map {
        self.map
    }
}
