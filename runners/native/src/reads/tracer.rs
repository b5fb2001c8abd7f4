//! What is known of a type while it is deserialized from made-up values, again and again, until all its variants
//! were seen.
//!
//! The form that matters is that of bincode: an enum is the index of a variant, so its variants are tried by
//! index, one more each time. The crate serde-reflection, whose spelling is used, wants each enum to be named by
//! its caller; here nothing is known but the type that is read.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::access::{Made, Trouble};
use super::forms::{Form, Format, Named, VariantForm};

/// Types within each other beyond which a type is taken to have no end.
const DEEPEST: usize = 200;
/// Deserializations of one type; each shows at least one variant more.
const MOST_ROUNDS: usize = 10_000;
/// Values that types with rules of their own may take, one kind after the other.
const FLAVOURS: [Flavour; 4] = [
    Flavour { number: 1, text: "a", items: 1 },
    Flavour { number: 0, text: "", items: 1 },
    Flavour { number: 2, text: "0", items: 2 },
    Flavour { number: 32, text: "0x00", items: 4 },
];

/// What is made up where a value is asked for.
#[derive(Clone, Copy)]
pub(super) struct Flavour {
    pub number: u8,
    pub text: &'static str,
    pub items: usize,
}

/// The forms of a type and of the named types in it.
#[derive(Debug, PartialEq)]
pub(crate) struct Traced {
    pub format: Format,
    pub registry: BTreeMap<String, Form>,
}

/// The form of `T`, or why it has none that is known.
pub(crate) fn trace<T: DeserializeOwned>() -> Result<Traced, String> {
    let mut tracer = Tracer::new();
    let mut root = None;
    let mut trouble = String::new();
    let mut rounds = 0;
    for flavour in FLAVOURS {
        tracer.take_up(flavour);
        while tracer.progress && rounds < MOST_ROUNDS {
            tracer.begin_round();
            rounds += 1;
            let mut format = Format::Unknown;
            match T::deserialize(Made { tracer: &mut tracer, out: &mut format }) {
                Ok(_) => root = Some(format),
                Err(error) => trouble = error.0,
            }
        }
        if root.is_some() && !tracer.has_failed() {
            break;
        }
    }
    match (root, tracer.trouble.take()) {
        (_, Some(conflict)) => Err(conflict),
        (None, None) => Err(trouble),
        (Some(format), None) => tracer.traced(format),
    }
}

/// The name that serde is told, and Rust's own: the first alone need not be unique.
pub(super) type Key = (&'static str, &'static str);

#[derive(Default)]
struct Known {
    form: Option<Form>,
    choice: Option<Choice>,
    /// An enum somewhere below has variants that were not seen.
    unfinished: bool,
}

#[derive(Default)]
struct Choice {
    names: &'static [&'static str],
    /// All variants are known.
    closed: bool,
    variants: Vec<Variant>,
    /// The first variant that was seen whole: it can be made without going deeper.
    base: Option<u32>,
}

struct Variant {
    state: State,
    unfinished: bool,
}

enum State {
    /// To be made again: what went wrong was not its fault, or may not go wrong with other values.
    Untried,
    Started,
    Failed,
    Whole(VariantForm),
}

/// The variant to make, and whether it is a new one.
pub(super) struct Pick {
    pub index: u32,
    pub new: bool,
    pub shallow: usize,
}

pub(super) struct Tracer {
    types: BTreeMap<Key, Known>,
    /// The named types that values are being made of.
    open: Vec<Key>,
    /// Above 0, nothing new is to be seen: options are none and sequences empty, and no form is written down.
    pub shallow: usize,
    pub flavour: Flavour,
    progress: bool,
    /// Goes up with each enum that was left with variants to see.
    unfinished: usize,
    /// Somebody is to blame for the round's error: only the innermost enum around it is.
    blamed: bool,
    trouble: Option<String>,
}

impl Tracer {
    fn new() -> Self {
        Self {
            types: BTreeMap::new(),
            open: Vec::new(),
            shallow: 0,
            flavour: FLAVOURS[0],
            progress: true,
            unfinished: 0,
            blamed: false,
            trouble: None,
        }
    }

    fn take_up(&mut self, flavour: Flavour) {
        self.flavour = flavour;
        self.progress = true;
        let choices = self.types.values_mut().filter_map(|known| known.choice.as_mut());
        for variant in choices.flat_map(|choice| &mut choice.variants) {
            if matches!(variant.state, State::Failed) {
                variant.state = State::Untried;
            }
        }
    }

    fn begin_round(&mut self) {
        self.open.clear();
        self.shallow = 0;
        self.progress = false;
        self.unfinished = 0;
        self.blamed = false;
    }

    fn has_failed(&self) -> bool {
        let choices = self.types.values().filter_map(|known| known.choice.as_ref());
        choices.flat_map(|choice| &choice.variants).any(|variant| matches!(variant.state, State::Failed))
    }

    /// Start with a named type; the depth to come back to.
    pub fn enter(&mut self, key: Key) -> Result<Entered, Trouble> {
        if self.open.len() >= DEEPEST {
            return Err(Trouble(format!("values of `{}` have no end", key.0)));
        }
        let entered = Entered { key, shallow: self.shallow, unfinished: self.unfinished };
        let known = self.types.entry(key).or_default();
        let settled = known.form.is_some() && !known.unfinished;
        if known.choice.is_none() && (settled || self.open.contains(&key)) {
            self.shallow += 1;
        }
        self.open.push(key);
        Ok(entered)
    }

    /// A value of the type has been made, of this form.
    pub fn leave(&mut self, entered: Entered, form: Form) {
        if self.shallow == 0 {
            let unfinished = self.unfinished > entered.unfinished;
            let known = self.types.entry(entered.key).or_default();
            known.unfinished = unfinished;
            match &known.form {
                None => {
                    known.form = Some(form);
                    self.progress = true;
                }
                Some(before) if *before != form => self.conflict(entered.key),
                Some(_) => {}
            }
        }
        self.open.pop();
        self.shallow = entered.shallow;
    }

    fn conflict(&mut self, key: Key) {
        self.trouble = Some(format!("the form of `{}` depends on its values", key.0));
    }

    /// The variant of an enum to make next; `enter` comes before.
    pub fn pick(&mut self, key: Key, names: &'static [&'static str]) -> Result<Pick, Trouble> {
        let nested = self.open[..self.open.len() - 1].contains(&key);
        let shallow = self.shallow;
        let choice = self.choice(key);
        choice.names = names;
        let base = choice.base;
        let first = |wanted: &dyn Fn(&Variant) -> bool| choice.variants.iter().position(wanted);
        let untried = first(&|variant| matches!(variant.state, State::Untried));
        let begun = first(&|variant| matches!(variant.state, State::Started));
        let unseen = first(&|variant| variant.unfinished && matches!(variant.state, State::Whole(_)));
        let more = choice.variants.len();
        // One that serves for all other indexes takes each of them.
        choice.closed |= more >= names.len();
        let pick = |index: usize, shallow| Ok(Pick { index: index as u32, new: false, shallow });
        match (untried.or((!choice.closed).then_some(more)), base) {
            (_, Some(base)) if shallow > 0 => pick(base as usize, shallow),
            (Some(index), _) => {
                let started = Variant { state: State::Started, unfinished: false };
                match choice.variants.get_mut(index) {
                    Some(variant) => *variant = started,
                    None => choice.variants.push(started),
                }
                self.progress = true;
                Ok(Pick { index: index as u32, new: true, shallow: 0 })
            }
            (None, base) => match (unseen.filter(|_| !nested), base, begun) {
                (Some(index), ..) if shallow == 0 => pick(index, 0),
                (_, Some(base), _) => pick(base as usize, shallow + 1),
                (_, None, Some(index)) => pick(index, shallow + 1),
                _ => Err(Trouble(format!("no variant of `{}` could be made", key.0))),
            },
        }
    }

    fn choice(&mut self, key: Key) -> &mut Choice {
        self.types.entry(key).or_default().choice.get_or_insert_with(Choice::default)
    }

    /// The enum does not know the index that was picked.
    pub fn close(&mut self, key: Key, pick: &Pick) {
        let choice = self.choice(key);
        choice.variants.truncate(pick.index as usize);
        choice.closed = true;
        self.progress = true;
        self.blamed = true;
    }

    /// What the variant holds could not be made.
    pub fn fail(&mut self, key: Key, pick: &Pick) {
        let state = if self.blamed { State::Untried } else { State::Failed };
        if let (true, Some(variant)) = (pick.new, self.choice(key).variants.get_mut(pick.index as usize)) {
            variant.state = state;
            self.blamed = true;
            self.progress = true;
        }
    }

    /// A variant has been made, and holds this.
    pub fn leave_variant(&mut self, entered: Entered, pick: &Pick, form: VariantForm) {
        let key = entered.key;
        let unfinished = self.unfinished > entered.unfinished;
        self.open.pop();
        let nested = self.open.contains(&key);
        let choice = self.choice(key);
        let variant = &mut choice.variants[pick.index as usize];
        let (mut conflict, mut progress) = (false, false);
        if pick.shallow == 0 {
            // One that has nothing more to show makes room for the next one.
            progress = variant.unfinished && !unfinished;
            variant.unfinished = unfinished;
            match &variant.state {
                State::Whole(before) => conflict = *before != form,
                _ => {
                    variant.state = State::Whole(form);
                    choice.base.get_or_insert(pick.index);
                    progress = true;
                }
            }
        }
        let finished = choice.closed && !choice.variants.iter().any(|variant| variant.unfinished);
        self.progress |= progress;
        if !finished && !nested {
            self.unfinished += 1;
        }
        if conflict {
            self.conflict(key);
        }
        self.shallow = entered.shallow;
    }

    /// The root and all that it names, each under a name of its own.
    fn traced(self, mut format: Format) -> Result<Traced, String> {
        let mut names = BTreeMap::new();
        for &key in self.types.keys() {
            let short = key.0.to_owned();
            let taken = names.values().any(|name| *name == short);
            names.insert(placeholder(key), if taken { format!("{} ({})", key.0, key.1) } else { short });
        }
        let mut forms: BTreeMap<String, Option<Form>> =
            self.types.into_iter().map(|(key, known)| (placeholder(key), form_of(known))).collect();
        let mut registry = BTreeMap::new();
        let mut wanted = vec![];
        let mut unknown = false;
        let mut rename = |format: &mut Format, wanted: &mut Vec<String>| match format {
            Format::Unknown => unknown = true,
            Format::TypeName(held) => {
                wanted.push(held.clone());
                *held = names[held].clone();
            }
            _ => {}
        };
        format.each(&mut |part| rename(part, &mut wanted));
        while let Some(next) = wanted.pop() {
            let Some(found) = forms.remove(&next) else { continue };
            let mut form = found.ok_or_else(|| format!("no value of `{}` could be made", names[&next]))?;
            form.each(&mut |part| rename(part, &mut wanted));
            registry.insert(names[&next].clone(), form);
        }
        match unknown {
            true => Err("a part of it was never read".to_owned()),
            false => Ok(Traced { format, registry }),
        }
    }
}

/// A named type that values are being made of, and what to come back to.
pub(super) struct Entered {
    key: Key,
    shallow: usize,
    unfinished: usize,
}

/// What stands for a named type until all names are known.
pub(super) fn placeholder(key: Key) -> String {
    format!("{}\0{}", key.0, key.1)
}

fn form_of(known: Known) -> Option<Form> {
    let Some(choice) = known.choice else { return known.form };
    // Aliases are among the names too, and then it is not known which is which.
    let named = choice.names.len() == choice.variants.len();
    let whole: BTreeMap<_, _> = (0..)
        .zip(choice.variants)
        .filter_map(|(index, variant)| match variant.state {
            State::Whole(value) => {
                let name =
                    if named { choice.names[index as usize].to_owned() } else { format!("Variant{index}") };
                Some((index, Named { name, value }))
            }
            _ => None,
        })
        .collect();
    (!whole.is_empty()).then_some(Form::Enum(whole))
}
