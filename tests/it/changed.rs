//! A type is changed and its version is not: what was stored comes back right, or as an error, and never as another
//! value.
//!
//! JSON is the judge. It has the names, so it reads right what can be read; the default codec must read the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, Section, Session};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::support::{APP, open};

/// Values of each change, and how many of them are also stored alone.
const VALUES: u32 = 50;
const ALONE: u32 = 8;

/// How many were read, and how many refused.
type Tally = (u32, u32);

/// Saves values in one program and reads them in the next one, which has another type under the same version. All values
/// are in one session, where their shapes are merged; the first ones are also in a session of their own.
#[track_caller]
fn check<Old, New>(what: &str, make: fn(u32) -> Old) -> Tally
where
    Old: Serialize + DeserializeOwned + 'static,
    New: DeserializeOwned + PartialEq + Debug + 'static,
{
    let together = MemoryBackend::new();
    save(&together, (0..VALUES).map(|n| (n.to_string(), make(n))));
    let mut restored = open(together);
    let (mut read, mut refused) = (0, 0);
    for n in 0..VALUES {
        let text = serde_json::to_string(&make(n)).unwrap();
        let right: Option<New> = serde_json::from_str(&text).ok();
        let mut got = vec![restored.scope(&n.to_string()).get(Section::<New>::new("state", 1))];
        if n < ALONE {
            let alone = MemoryBackend::new();
            save(&alone, [("alone".to_owned(), make(n))]);
            got.push(open(alone).scope("alone").get(Section::new("state", 1)));
        }
        for got in got {
            match (&got, &right) {
                (Ok(Some(got)), Some(right)) => assert_eq!(got, right, "{what}: {text}"),
                (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Decode, "{what}: {text}"),
                _ => panic!("{what}: of {text}, JSON makes {right:?}, and this is {got:?}"),
            }
        }
        *if right.is_some() { &mut read } else { &mut refused } += 1;
    }
    (read, refused)
}

fn save<T: Serialize + DeserializeOwned + 'static>(
    memory: &MemoryBackend,
    values: impl IntoIterator<Item = (String, T)>,
) {
    let mut session = Session::builder(APP).backend(memory.clone()).without_thread().open();
    session.mark_dirty();
    session
        .autosave(|capture| {
            for (scope, value) in values {
                capture.scope(&scope).set(Section::<T>::new("state", 1), &value);
            }
        })
        .unwrap();
    session.close().unwrap();
}

/// Runs the changes, each as `name: { the old types } => { the new types }, |n| the n-th old value`. The type that is
/// stored is called `T`.
macro_rules! changes {
    ($($what:ident: {$($old:item)*} => {$($new:item)*}, |$n:ident| $value:expr;)*) => {
        $(mod $what {
            pub(super) mod old {
                #[allow(unused_imports, reason = "most need none of them")]
                use super::super::*;
                $(#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)] $old)*
                pub fn make($n: u32) -> T { $value }
            }
            pub(super) mod new {
                #[allow(unused_imports, reason = "most need none of them")]
                use super::super::*;
                $(#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)] $new)*
            }
        })*

        /// All of them, with how many values were read and refused.
        fn all() -> Vec<(&'static str, Tally)> {
            vec![$((stringify!($what), check::<$what::old::T, $what::new::T>(stringify!($what), $what::old::make)),)*]
        }
    };
}

fn text(n: u32) -> String {
    ["", "a", "Ana", "12", "true", "Open", "Zwölf Boxkämpfer"][n as usize % 7].repeat(1 + n as usize % 3)
}

fn tenth(n: u32) -> f32 {
    f32::from(n as u16) / 10.0
}

fn many(n: u32) -> u32 {
    n.wrapping_mul(2_654_435_761) >> (n % 32)
}

fn maybe<T>(n: u32, value: T) -> Option<T> {
    (n % 3 != 0).then_some(value)
}

changes! {
    texts_swapped: { pub struct T { a: String, b: String } } => { pub struct T { b: String, a: String } },
        |n| T { a: text(n), b: text(n + 1) };
    floats_swapped: { pub struct T { x: f64, y: f64 } } => { pub struct T { y: f64, x: f64 } },
        |n| T { x: f64::from(n) / 4.0, y: f64::from(n) };
    flags_swapped: { pub struct T { a: bool, b: bool, c: bool } } => { pub struct T { c: bool, b: bool, a: bool } },
        |n| T { a: n % 2 == 0, b: n % 3 == 0, c: n % 5 == 0 };
    numbers_swapped: { pub struct T { a: u32, b: u32 } } => { pub struct T { b: u32, a: u32 } },
        |n| T { a: n, b: many(n) };
    field_renamed: { pub struct T { a: u32, b: u32 } } => { pub struct T { a: u32, c: u32 } },
        |n| T { a: n, b: many(n) };
    field_renamed_with_alias: { pub struct T { a: u32, b: u32 } } => { pub struct T { a: u32, #[serde(alias = "b")] c: u32 } },
        |n| T { a: n, b: many(n) };
    field_renamed_in_the_source_only: { pub struct T { a: u32, b: u32 } } => { pub struct T { a: u32, #[serde(rename = "b")] c: u32 } },
        |n| T { a: n, b: many(n) };
    field_added: { pub struct T { a: String } } => { pub struct T { a: String, b: u32 } },
        |n| T { a: text(n) };
    field_added_with_default: { pub struct T { a: String } } => { pub struct T { a: String, #[serde(default)] b: u32 } },
        |n| T { a: text(n) };
    field_added_in_front: { pub struct T { a: String } } => { pub struct T { #[serde(default)] b: u32, a: String } },
        |n| T { a: text(n) };
    field_added_to_a_default: { pub struct T { a: String } } => {
        pub struct T { inner: Option<Inner>, #[serde(flatten)] rest: Inner }
        #[derive(Default)] #[serde(default)] pub struct Inner { a: String, b: Vec<u32> }
    }, |n| T { a: text(n) };
    option_added: { pub struct T { a: String } } => { pub struct T { a: String, b: Option<u32> } },
        |n| T { a: text(n) };
    option_added_between: { pub struct T { a: u8, c: u8 } } => { pub struct T { a: u8, b: Option<u8>, c: u8 } },
        |n| T { a: (n % 2) as u8, c: n as u8 };
    field_removed: { pub struct T { a: u32, b: String } } => { pub struct T { a: u32 } },
        |n| T { a: n, b: text(n) };
    field_removed_in_front: { pub struct T { a: Vec<Option<String>>, b: String } } => { pub struct T { b: String } },
        |n| T { a: vec![maybe(n, text(n)); n as usize % 4], b: text(n) };
    field_removed_and_others_denied: { pub struct T { a: u32, b: String } } => { #[serde(deny_unknown_fields)] pub struct T { a: u32 } },
        |n| T { a: n, b: text(n) };
    unsigned_to_signed: { pub struct T { a: u32 } } => { pub struct T { a: i32 } }, |n| T { a: many(n) };
    unsigned_to_signed_large: { pub struct T { a: u64 } } => { pub struct T { a: i64 } }, |n| T { a: u64::from(many(n)) << 32 };
    signed_to_unsigned: { pub struct T { a: i64 } } => { pub struct T { a: u64 } }, |n| T { a: i64::from(many(n)) - 1_000 };
    byte_widened: { pub struct T { a: u8 } } => { pub struct T { a: u32 } }, |n| T { a: many(n) as u8 };
    number_widened: { pub struct T { a: u32 } } => { pub struct T { a: u64 } }, |n| T { a: many(n) };
    signed_widened: { pub struct T { a: i16 } } => { pub struct T { a: i128 } }, |n| T { a: many(n) as i16 };
    number_narrowed: { pub struct T { a: u32 } } => { pub struct T { a: u8 } }, |n| T { a: many(n) };
    number_to_float: { pub struct T { a: u32 } } => { pub struct T { a: f64 } }, |n| T { a: many(n) };
    float_widened: { pub struct T { a: f32, b: Vec<f32> } } => { pub struct T { a: f64, b: Vec<f64> } },
        |n| T { a: tenth(n), b: vec![0.1, 0.7, tenth(n) * 11.0] };
    float_widened_in_a_flattened_field: { pub struct T { a: f32 } } => { pub struct T { #[serde(flatten)] inner: I } pub struct I { a: f64 } },
        |n| T { a: tenth(n) };
    float_narrowed: { pub struct T { a: f64 } } => { pub struct T { a: f32 } }, |n| T { a: f64::from(n) / 4.0 };
    float_to_number: { pub struct T { a: f64 } } => { pub struct T { a: i64 } }, |n| T { a: f64::from(n) / 2.0 };
    number_to_text: { pub struct T { a: u32 } } => { pub struct T { a: String } }, |n| T { a: n };
    text_to_number: { pub struct T { a: String } } => { pub struct T { a: u32 } }, |n| T { a: text(n) };
    flag_to_number: { pub struct T { a: bool } } => { pub struct T { a: u8 } }, |n| T { a: n % 2 == 0 };
    flag_to_variant: { pub struct T { a: bool } } => { pub struct T { a: Mode } pub enum Mode { Off, On } }, |n| T { a: n % 2 == 0 };
    option_to_text: { pub struct T { a: Option<String> } } => { pub struct T { a: String } }, |n| T { a: maybe(n, text(n)) };
    option_to_flag: { pub struct T { a: Option<bool> } } => { pub struct T { a: bool } }, |n| T { a: maybe(n, n % 2 == 0) };
    text_to_option: { pub struct T { a: String } } => { pub struct T { a: Option<String> } }, |n| T { a: text(n) };
    one_to_many: { pub struct T { a: u32 } } => { pub struct T { a: Vec<u32> } }, |n| T { a: n };
    many_to_one: { pub struct T { a: Vec<u32> } } => { pub struct T { a: u32 } }, |n| T { a: vec![1; n as usize % 3] };
    list_to_set: { pub struct T { a: Vec<u32> } } => { pub struct T { a: BTreeSet<u32> } }, |n| T { a: vec![n, many(n), n] };
    list_to_pair: { pub struct T { a: Vec<u32> } } => { pub struct T { a: (u32, u32) } }, |n| T { a: vec![7; n as usize % 4] };
    pair_to_list: { pub struct T { a: (u8, u8) } } => { pub struct T { a: Vec<u8> } }, |n| T { a: (n as u8, 1) };
    pair_to_struct: { pub struct T(u32, String); } => { pub struct T { a: u32, b: String } }, |n| T(n, text(n));
    struct_to_pair: { pub struct T { a: u32, b: u32 } } => { pub struct T(u32, u32); }, |n| T { a: n, b: n };
    wrapped: { pub struct T { a: u32 } } => { pub struct T { a: Id } pub struct Id(u32); }, |n| T { a: n };
    letter_to_text: { pub struct T { a: char } } => { pub struct T { a: String } }, |n| T { a: ['ß', 'a', '7'][n as usize % 3] };
    variants_reordered: { pub struct T(S); pub enum S { Draft, Sent { at: u64 }, Failed(String) } }
        => { pub struct T(S); pub enum S { Failed(String), Draft, Sent { at: u64 } } },
        |n| T(match n % 3 { 0 => S::Draft, 1 => S::Sent { at: n.into() }, _ => S::Failed(text(n)) });
    variant_inserted: { pub struct T(S); pub enum S { Draft, Sent } } => { pub struct T(S); pub enum S { Draft, Queued, Sent } },
        |n| T(if n % 2 == 0 { S::Draft } else { S::Sent });
    variant_removed: { pub struct T(S); pub enum S { Draft, Queued, Sent } } => { pub struct T(S); pub enum S { Draft, Sent } },
        |n| T(match n % 3 { 0 => S::Draft, 1 => S::Queued, _ => S::Sent });
    variant_renamed_with_alias: { pub struct T(S); pub enum S { Draft, Old(u8) } }
        => { pub struct T(S); pub enum S { Draft, #[serde(alias = "Old")] New(u8), More } },
        |n| T(if n % 2 == 0 { S::Draft } else { S::Old(n as u8) });
    variant_gains_content: { pub struct T(S); pub enum S { A, B } } => { pub struct T(S); pub enum S { A(Option<u32>), B } },
        |n| T(if n % 2 == 0 { S::A } else { S::B });
    variant_gains_a_field: { pub struct T(S); pub enum S { A { x: u32 } } } => { pub struct T(S); pub enum S { A { #[serde(default)] w: u32, x: u32 } } },
        |n| T(S::A { x: many(n) });
    variant_to_tagged: { pub struct T(S); pub enum S { A { x: u32 }, B } } => { pub struct T(S); #[serde(tag = "kind")] pub enum S { A { x: u32 }, B } },
        |n| T(if n % 2 == 0 { S::A { x: n } } else { S::B });
    text_to_variant: { pub struct T { a: String } } => { pub struct T { a: S } pub enum S { Open, Ana } }, |n| T { a: text(n) };
    variant_to_text: { pub struct T { a: S } pub enum S { Open, Shut(u8) } } => { pub struct T { a: String } },
        |n| T { a: if n % 2 == 0 { S::Open } else { S::Shut(1) } };
    map_to_struct: { pub struct T(BTreeMap<String, u32>); } => { pub struct T { a: u32, #[serde(default)] b: u32 } },
        |n| T([("b", n), ("a", many(n))].iter().take(1 + n as usize % 2).map(|(k, v)| ((*k).to_owned(), *v)).collect());
    struct_to_map: { pub struct T { a: u32, b: u32 } } => { pub struct T(BTreeMap<String, u32>); }, |n| T { a: n, b: many(n) };
    keys_to_texts: { pub struct T(BTreeMap<u32, bool>); } => { pub struct T(BTreeMap<String, bool>); }, |n| T([(n, true), (many(n), false)].into());
    texts_to_keys: { pub struct T(BTreeMap<String, u8>); } => { pub struct T(BTreeMap<u32, u8>); }, |n| T([(text(n), 1)].into());
    field_flattened: { pub struct T { a: u32, x: u32 } } => { pub struct T { a: u32, #[serde(flatten)] inner: I } pub struct I { x: u32 } },
        |n| T { a: n, x: many(n) };
    field_unflattened: { pub struct T { a: u32, #[serde(flatten)] inner: I } pub struct I { x: u32 } } => { pub struct T { a: u32, x: u32 } },
        |n| T { a: n, inner: I { x: many(n) } };
    field_made_optional_on_disk: { pub struct T { a: u32, b: Option<u32> } }
        => { pub struct T { #[serde(skip_serializing_if = "Option::is_none", default)] b: Option<u32>, a: u32 } },
        |n| T { a: n, b: maybe(n, n) };
    field_was_optional_on_disk: { pub struct T { #[serde(skip_serializing_if = "Option::is_none", default)] b: Option<u32>, a: u32 } }
        => { pub struct T { a: u32, b: Option<u32> } },
        |n| T { a: n, b: maybe(n, n) };
    anything_to_something: { pub struct T { a: serde_json::Value } } => { pub struct T { a: Option<Vec<u32>> } },
        |n| T { a: [serde_json::json!(null), serde_json::json!([1, 2]), serde_json::json!("x"), serde_json::json!({"a": -1.5})][n as usize % 4].clone() };
    something_to_anything: { pub struct T { a: Option<(u8, String)>, s: S, f: f32 } pub enum S { A(i64), B { x: bool }, C } } => { pub struct T(serde_json::Value); },
        |n| T { a: maybe(n, (n as u8, text(n))), s: match n % 3 { 0 => S::A(-5), 1 => S::B { x: true }, _ => S::C }, f: 0.1 };
    untagged_gains_a_form: { pub struct T(Vec<S>); #[serde(untagged)] pub enum S { N(u32), T(String) } }
        => { pub struct T(Vec<S>); #[serde(untagged)] pub enum S { L(Vec<u8>), T(String), N(f64) } },
        |n| T((0..n % 4).map(|i| if i % 2 == 0 { S::N(n) } else { S::T(text(n)) }).collect());
}

#[test]
fn no_value_of_a_changed_type_comes_back_wrong() {
    let tallies = all();
    let (read, refused) = tallies.iter().fold((0, 0), |sum, (_, (read, refused))| (sum.0 + read, sum.1 + refused));
    assert_eq!(read + refused, VALUES * tallies.len() as u32);
    assert!(tallies.len() >= 44 && read > refused, "{} changes, {read} read, {refused} refused", tallies.len());
    // These must be errors, whatever the value: there is nothing it could mean.
    for what in ["field_renamed", "field_added", "flag_to_variant", "number_to_text", "struct_to_pair"] {
        let found = tallies.iter().find(|(name, _)| *name == what);
        assert_eq!(found, Some(&(what, (0, VALUES))));
    }
}

/// Many programs remove a section whose value is the default, which is what they get when they cannot read it.
#[test]
fn a_value_that_could_not_be_read_and_is_removed_is_kept() {
    const NEWER: Section<Vec<String>> = Section::new("list", 2);
    const OLDER: Section<u32> = Section::new("list", 1);

    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.save(|capture| capture.set(NEWER, &vec!["a day's work".to_owned()])).unwrap();
    drop(session);
    let mut session = open(memory.clone());
    assert_eq!(session.get(OLDER).unwrap_err().kind(), ErrorKind::NewerSection);
    session.save(|capture| capture.remove(OLDER)).unwrap();
    assert_eq!(session.get(OLDER).unwrap(), None);
    drop(session);
    let session = open(memory);
    assert!(session.quarantined().iter().any(|kept| kept.name == "list" && kept.version == 2));
    assert_eq!(session.get_quarantined(NEWER).unwrap(), Some(vec!["a day's work".to_owned()]));
}
