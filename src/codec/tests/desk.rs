//! How much a shape takes of a state as large programs have it.

use std::collections::BTreeMap;

use super::*;

macro_rules! types {
    ($($item:item)*) => {$(#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)] $item)*};
}

types! {
    struct Desk {
        window: Window, panes: Vec<Window>, wizard: Step, orders: Vec<Order>, documents: Vec<Document>,
        settings: BTreeMap<String, Setting>, recent: BTreeMap<String, u64>, tree: Tree, search: Option<String>,
    }
    struct Rect { x: i32, y: i32, width: u32, height: u32 }
    enum Theme { System, Light, Dark, Custom { accent: [u8; 3], contrast: f32 } }
    struct Window { title: String, rect: Rect, maximized: bool, monitor: Option<String>, theme: Theme, zoom: f32 }
    enum Status { Draft, Queued, Sent { at: u64 }, Failed(String) }
    struct Address { street: String, city: String, postal_code: String, country: Option<String> }
    struct Line { article: String, quantity: u32, price_cents: u64, discount: Option<f64>, taxed: bool }
    struct Order {
        id: u64, customer: String, mail: String, status: Status, billing: Address, shipping: Option<Address>,
        lines: Vec<Line>, notes: String, created: i64, flags: u8, tags: Vec<String>,
    }
    enum Edit {
        Insert { at: u32, text: String }, Delete { from: u32, to: u32 }, Move(u32, u32),
        Style { range: (u32, u32), bold: bool, color: Option<u32> }, Break,
    }
    struct Cursor { line: u32, column: u16, anchor: Option<(u32, u16)> }
    struct Document {
        path: String, cursors: Vec<Cursor>, scroll: (f32, f32), dirty: bool, undo: Vec<Edit>, folded: Vec<u32>, text: String,
    }
    enum Setting { Flag(bool), Number(i64), Float(f64), Text(String), List(Vec<String>) }
    struct Step { at: u8, visited: Vec<bool>, answers: BTreeMap<String, String> }
    struct Tree { label: String, open: bool, children: Vec<Tree> }
}

fn desk(size: usize) -> Desk {
    let text = |number: usize| "Zwölf Boxkämpfer ".repeat(number % 4);
    let window = |number: usize| Window {
        title: text(number),
        rect: Rect { x: -1, y: 2, width: 300, height: 200 },
        maximized: number % 2 == 0,
        monitor: (number % 3 == 0).then(|| text(2)),
        theme: match number % 4 {
            0 => Theme::System,
            1 => Theme::Light,
            2 => Theme::Dark,
            _ => Theme::Custom { accent: [1, 200, 3], contrast: 1.5 },
        },
        zoom: 1.25,
    };
    let address = |number: usize| Address {
        street: text(number),
        city: text(1),
        postal_code: "12345".into(),
        country: (number % 2 == 0).then(|| text(1)),
    };
    let line = |number: usize| Line {
        article: text(number),
        quantity: 300,
        price_cents: 70_000,
        discount: (number % 3 == 0).then_some(0.1),
        taxed: true,
    };
    let order = |number: usize| Order {
        id: 7,
        customer: text(2),
        mail: text(1),
        status: match number % 4 {
            0 => Status::Draft,
            1 => Status::Queued,
            2 => Status::Sent { at: 1 << 40 },
            _ => Status::Failed(text(1)),
        },
        billing: address(number),
        shipping: (number % 2 == 1).then(|| address(number)),
        lines: (0..number % 5).map(line).collect(),
        notes: text(3),
        created: -5,
        flags: 3,
        tags: vec![text(1); number % 3],
    };
    let edit = |number: usize| match number % 5 {
        0 => Edit::Insert { at: 5, text: text(2) },
        1 => Edit::Delete { from: 5, to: 6 },
        2 => Edit::Move(1, 2),
        3 => Edit::Style { range: (1, 2), bold: true, color: (number % 2 == 0).then_some(7) },
        _ => Edit::Break,
    };
    let document = |number: usize| Document {
        path: text(1),
        cursors: (0..number % 3)
            .map(|at| Cursor { line: 7, column: 300, anchor: (at % 2 == 0).then_some((1, 2)) })
            .collect(),
        scroll: (0.0, 0.5),
        dirty: true,
        undo: (0..number * 3).map(edit).collect(),
        folded: vec![300; number],
        text: text(3),
    };
    let setting = |number: usize| match number % 5 {
        0 => Setting::Flag(true),
        1 => Setting::Number(-1),
        2 => Setting::Float(0.5),
        3 => Setting::Text(text(1)),
        _ => Setting::List(vec![text(1)]),
    };
    let leaf = Tree { label: text(1), open: true, children: Vec::new() };
    Desk {
        window: window(3),
        panes: (0..size).map(window).collect(),
        wizard: Step { at: 3, visited: vec![true, false], answers: [(text(1), text(2))].into() },
        orders: (0..size).map(order).collect(),
        documents: (0..size).map(document).collect(),
        settings: (0..size).map(|number| (number.to_string(), setting(number))).collect(),
        recent: [(text(1), 1)].into(),
        tree: Tree { children: vec![leaf.clone(), leaf.clone()], ..leaf },
        search: Some(text(1)),
    }
}

#[test]
fn the_shape_of_a_desk_takes_less_than_a_kilobyte_however_large_the_desk() {
    for size in [12, 120] {
        let desk = desk(size);
        let stored = encoded(Codec::Shaped, &desk);
        let bincode = encoded(Codec::Bincode, &desk);
        let shape = stored.len() - bincode.len();
        assert!(stored.ends_with(&bincode), "bincode's bytes behind the shape");
        assert!(shape < 1_024, "{shape} bytes");
        assert_eq!(decode(Codec::Shaped, &stored), Ok(desk));
    }
}
