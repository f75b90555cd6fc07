//! What the guards cost. Run by hand: `cargo test --release --lib -- --ignored --nocapture cost`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::*;
use ::bincode::config::standard;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Form {
    title: String,
    step: u32,
    fields: Vec<Field>,
    window: (f64, f64, f64, f64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Field {
    key: String,
    text: String,
    caret: Option<u32>,
    state: State,
    scroll: f64,
    recent: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Untouched,
    Edited { at: u64, undo: Vec<String> },
    Failed(String),
}

fn form(fields: usize) -> Form {
    let field = |i: u32| Field {
        key: format!("invoice/{i}/amount"),
        text: "Zwölf Boxkämpfer jagen Viktor".into(),
        caret: (i % 3 == 0).then_some(i),
        state: match i % 3 {
            0 => State::Untouched,
            1 => State::Edited { at: 1_700_000_000_000 + u64::from(i), undo: vec!["Zwölf".into(), "Zwö".into()] },
            _ => State::Failed("not a number".into()),
        },
        scroll: f64::from(i) * 0.1,
        recent: (0..i % 8).collect(),
    };
    Form {
        title: "Invoice".into(),
        step: 3,
        fields: (0..u32::try_from(fields).unwrap()).map(field).collect(),
        window: (0.0, 10.5, 1920.0, 1080.0),
    }
}

/// The fastest of many, the two by turns: what is left of each when nothing else runs.
fn compare(what: &str, mut plain: impl FnMut(), mut guarded: impl FnMut()) {
    let mut best = [Duration::MAX; 2];
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        for (best, work) in best.iter_mut().zip([&mut plain as &mut dyn FnMut(), &mut guarded]) {
            let start = Instant::now();
            work();
            *best = start.elapsed().min(*best);
        }
    }
    let [plain, guarded] = best;
    println!("{what}: bincode {plain:?}, here {guarded:?} = {:.2}", guarded.as_secs_f64() / plain.as_secs_f64());
}

fn plainly<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    out.clear();
    ::bincode::serde::encode_into_std_write(black_box(value), out, standard()).unwrap();
}

fn plainly_back(bytes: &[u8]) {
    let form: (Form, usize) = ::bincode::serde::decode_from_slice(black_box(bytes), standard()).unwrap();
    black_box(form);
}

fn guardedly<T: Serialize>(codec: Codec, value: &T, live: &mut Live, out: &mut Vec<u8>) {
    out.clear();
    super::super::encode(codec, black_box(value), live, out, usize::MAX).unwrap();
}

#[test]
#[ignore = "a measurement"]
fn cost_of_the_guards() {
    let (mut one, mut two, mut live) = (Vec::new(), Vec::new(), Live::default());
    for fields in [12, 1_000, 40_000] {
        let form = form(fields);
        let mut plain = Vec::new();
        plainly(&form, &mut plain);
        for codec in codecs() {
            let bytes = encoded(codec, &form);
            println!("{codec:?}, {} bytes", bytes.len());
            compare("  encode", || plainly(&form, &mut one), || guardedly(codec, &form, &mut live, &mut two));
            compare(
                "  decode",
                || plainly_back(&plain),
                || drop(black_box(decode::<Form>(codec, black_box(&bytes)).unwrap())),
            );
        }
    }
    let numbers: Vec<u8> = vec![7; 100_000];
    for codec in codecs() {
        let what = format!("100 kB as u8, {codec:?}, encode");
        live = Live::default();
        compare(&what, || plainly(&numbers, &mut one), || guardedly(codec, &numbers, &mut live, &mut two));
    }
}
