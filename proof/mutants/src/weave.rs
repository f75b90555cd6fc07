//! From a list of mutants to one source that has them all, each asleep until it is chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::Path;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::{Mutant, Place};

/// The files that have mutants, as they were.
///
/// All of a mutant but what it changes stays asleep beside the code as it is: `a == b` becomes `if this one is alive { a != b }
/// else { a == b }`.
pub struct Source(BTreeMap<String, String>);

/// Where a mutant stands in the woven source: file, bytes, number.
pub type Fragments = Vec<(String, Range<usize>, usize)>;

pub struct Woven {
    pub fragments: Fragments,
    /// Mutants of a sort that cannot be switched at run time.
    pub left: Vec<usize>,
    /// Mutants of what other systems compile.
    pub absent: Vec<usize>,
}

/// A mutant, to be put around a stretch of the source.
struct Wrap {
    around: Range<usize>,
    before: String,
    after: &'static str,
    number: usize,
}

impl Source {
    pub fn read(tree: &Path, mutants: &[Mutant]) -> Result<Self, Box<dyn Error>> {
        let names: BTreeSet<_> = mutants.iter().map(|mutant| mutant.file.clone()).collect();
        let read = |name: String| Ok((name.clone(), fs::read_to_string(tree.join(name))?));
        let library = fs::read_to_string(tree.join("src/lib.rs"))?;
        fs::write(tree.join("src/lib.rs"), library + "\n#[doc(hidden)]\npub(crate) mod mutant;\n")?;
        fs::write(tree.join("src/mutant.rs"), SWITCH)?;
        names.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Writes the source with all mutants but those `without`.
    pub fn weave(&self, tree: &Path, mutants: &[Mutant], without: &BTreeSet<usize>) -> Result<Woven, Box<dyn Error>> {
        let mut woven = Woven { fragments: Vec::new(), left: Vec::new(), absent: Vec::new() };
        for (name, text) in &self.0 {
            let of_file: Vec<_> =
                (0..mutants.len()).filter(|at| mutants[*at].file == *name && !without.contains(at)).collect();
            let mut places = Places { text, lines: line_starts(text), ..Places::default() };
            places.visit_file(&syn::parse_file(text)?);
            let mut wraps = Vec::new();
            for at in of_file {
                if places.is_absent(&mutants[at]) {
                    woven.absent.push(at);
                    continue;
                }
                match places.wrap(&mutants[at], at) {
                    Some(wrap) => wraps.push(wrap),
                    None => woven.left.push(at),
                }
            }
            // The outer ones first.
            wraps.sort_by_key(|wrap| (wrap.around.start, std::cmp::Reverse(wrap.around.end)));
            let written = apply(text, wraps, |range, at| woven.fragments.push((name.clone(), range, at)));
            fs::write(tree.join(name), written)?;
        }
        Ok(woven)
    }
}

/// Where in a file there is something that mutants change, by where cargo-mutants says it is.
#[derive(Default)]
struct Places<'a> {
    text: &'a str,
    lines: Vec<usize>,
    /// Operators: the whole expression, and its parts.
    binary: BTreeMap<usize, [Range<usize>; 3]>,
    unary: BTreeMap<usize, [Range<usize>; 2]>,
    /// Arms: behind the pattern, or the guard.
    arms: BTreeMap<usize, Result<Range<usize>, usize>>,
    /// Where nothing can be asked at run time.
    constant: Vec<Range<usize>>,
    /// What is not compiled on this system.
    absent: Vec<Range<usize>>,
}

impl Places<'_> {
    fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.lines[line - 1];
        self.text[start..].char_indices().nth(column).map_or(self.text.len(), |(at, _)| start + at)
    }

    fn range(&self, spanned: &impl Spanned) -> Range<usize> {
        let span = spanned.span();
        self.offset(span.start().line, span.start().column)..self.offset(span.end().line, span.end().column)
    }

    fn is_absent(&self, mutant: &Mutant) -> bool {
        let start = self.offset(mutant.span.start.line, mutant.span.start.column - 1);
        self.absent.iter().any(|range| range.contains(&start))
    }

    fn wrap(&self, mutant: &Mutant, number: usize) -> Option<Wrap> {
        let at = |place: Place| self.offset(place.line, place.column - 1);
        let (start, end) = (at(mutant.span.start), at(mutant.span.end));
        if self.constant.iter().any(|range| range.contains(&start)) {
            return None;
        }
        let text = |range: &Range<usize>| &self.text[range.clone()];
        let choice = |instead: String| format!("(if crate::mutant::is({number}) {{ {instead} }} else {{ (");
        let wrap = |around: Range<usize>, before: String, after| Some(Wrap { around, before, after, number });
        match &*mutant.genre {
            // Of the type that is hidden behind `impl Iterator` there can be but one.
            "FnValue" if mutant.replacement.starts_with("::std::iter::") => None,
            "FnValue" => {
                let before = format!("if crate::mutant::is({number}) {{ return {}; }} ", mutant.replacement);
                wrap(start..usize::MAX, before, "")
            }
            "MatchArmGuard" => wrap(start..end, choice(mutant.replacement.clone()), ") })"),
            "BinaryOperator" => {
                let [whole, left, right] = self.binary.get(&start)?;
                let instead = format!("({}) {} ({})", text(left), mutant.replacement, text(right));
                wrap(whole.clone(), choice(instead), ") })")
            }
            "UnaryOperator" => {
                let [whole, operand] = self.unary.get(&start)?;
                wrap(whole.clone(), choice(text(operand).to_owned()), ") })")
            }
            "MatchArm" => match self.arms.get(&start)? {
                Ok(guard) => wrap(guard.clone(), format!("!crate::mutant::is({number}) && ("), ")"),
                Err(behind) => wrap(*behind..*behind, format!(" if !crate::mutant::is({number})"), ""),
            },
            _ => None,
        }
    }
}

impl<'ast> Visit<'ast> for Places<'_> {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let (left, right) = (self.range(&binary.left), self.range(&binary.right));
        let has_let = |expr: &syn::Expr| matches!(expr, syn::Expr::Let(_));
        if !chained(binary).into_iter().any(has_let) {
            let at = self.range(&binary.op).start;
            self.binary.insert(at, [left.start..right.end, left, right]);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let operand = self.range(&unary.expr);
        let at = self.range(&unary.op).start;
        self.unary.insert(at, [at..operand.end, operand]);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let pattern = self.range(&arm.pat);
        let place = match &arm.guard {
            Some((_, guard)) => Ok(self.range(guard)),
            None => Err(pattern.end),
        };
        self.arms.insert(self.range(arm).start, place);
        visit::visit_arm(self, arm);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant.push(self.range(item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant.push(self.range(item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        // This runs on Unix only.
        let elsewhere = |attribute: &syn::Attribute| {
            let text = &self.text[self.range(attribute)];
            text == "#[cfg(windows)]" || text == "#[cfg(not(unix))]"
        };
        if item.attrs.iter().any(elsewhere) {
            self.absent.push(self.range(item));
        }
        if item.sig.constness.is_some() {
            self.constant.push(self.range(item));
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if item.sig.constness.is_some() {
            self.constant.push(self.range(item));
        }
        visit::visit_impl_item_fn(self, item);
    }
}

/// The links of a chain of `&&`, or the two sides of any other operator.
fn chained(binary: &syn::ExprBinary) -> Vec<&syn::Expr> {
    let mut links = Vec::new();
    for side in [&*binary.left, &*binary.right] {
        match side {
            syn::Expr::Binary(inner) if matches!(inner.op, syn::BinOp::And(_)) => links.extend(chained(inner)),
            side => links.push(side),
        }
    }
    links
}

fn apply(text: &str, wraps: Vec<Wrap>, mut note: impl FnMut(Range<usize>, usize)) -> String {
    let mut woven = String::new();
    let mut done = 0;
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut copy = |woven: &mut String, open: &mut Vec<(usize, &'static str)>, to: usize| {
        while let Some((end, after)) = open.last().copied().filter(|(end, _)| *end <= to) {
            woven.push_str(&text[done..end]);
            woven.push_str(after);
            done = end;
            open.pop();
        }
        woven.push_str(&text[done..to]);
        done = to;
    };
    for wrap in wraps {
        let Wrap { around, before, after, number } = wrap;
        copy(&mut woven, &mut open, around.start);
        note(woven.len()..woven.len() + before.len(), number);
        woven.push_str(&before);
        if !after.is_empty() {
            open.push((around.end, after));
        }
    }
    copy(&mut woven, &mut open, text.len());
    woven
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

const SWITCH: &str = r#"
use std::sync::OnceLock;

/// Whether this mutant is the one that is alive.
pub(crate) fn is(number: u32) -> bool {
    static ALIVE: OnceLock<Option<u32>> = OnceLock::new();
    *ALIVE.get_or_init(|| std::env::var("MUTANT").ok()?.parse().ok()) == Some(number)
}
"#;
