//! What an application might have open: documents, each a section of its own.

use leftoff::Section;
use serde::{Deserialize, Serialize};

/// One open document: where the user is in it, what is typed and not sent, what can be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    title: String,
    path: String,
    scroll: f64,
    zoom: f32,
    cursor: (u32, u32),
    selection: Option<(u32, u32)>,
    folded: Vec<u32>,
    draft: String,
    fields: Vec<Field>,
    undo: Vec<Edit>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Field {
    name: String,
    value: String,
    touched: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Edit {
    at: u64,
    line: u32,
    removed: String,
    inserted: String,
}

/// How large a state is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) sections: usize,
    /// How many fields, undo steps and words of draft a document has, so that the bytes come out as intended.
    pub(crate) fields: usize,
    pub(crate) edits: usize,
    pub(crate) words: usize,
}

pub(crate) const SIZES: [Size; 3] = [
    Size { name: "S", sections: 4, fields: 6, edits: 3, words: 28 },
    Size { name: "M", sections: 60, fields: 10, edits: 8, words: 339 },
    Size { name: "L", sections: 2_000, fields: 10, edits: 8, words: 608 },
];

/// A state, and the sections it is kept in.
pub(crate) struct App {
    pub(crate) documents: Vec<Document>,
    pub(crate) sections: Vec<Section<Document>>,
    pub(crate) revisions: Vec<u64>,
    edits: usize,
    edited: usize,
}

impl App {
    pub(crate) fn new(size: Size) -> Self {
        let (documents, sections) = documents(size);
        Self { documents, sections, revisions: vec![0; size.sections], edits: 0, edited: 0 }
    }

    /// The user scrolls in another document.
    pub(crate) fn edit(&mut self) {
        self.edits += 1;
        self.edited = self.edits * 7_919 % self.documents.len();
        self.edit_again();
    }

    /// The user goes on scrolling in the same one.
    pub(crate) fn edit_again(&mut self) {
        if let (Some(document), Some(revision)) =
            (self.documents.get_mut(self.edited), self.revisions.get_mut(self.edited))
        {
            document.edit();
            *revision += 1;
        }
    }

    /// What was edited last.
    pub(crate) fn edited(&self) -> Option<(Section<Document>, &Document)> {
        Some((*self.sections.get(self.edited)?, self.documents.get(self.edited)?))
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Section<Document>, &Document)> {
        self.sections.iter().copied().zip(&self.documents)
    }
}

/// So many documents, and the sections they are kept in.
pub(crate) fn documents(size: Size) -> (Vec<Document>, Vec<Section<Document>>) {
    let mut random = Random(size.sections as u64);
    let documents = (0..size.sections).map(|number| Document::new(number, size, &mut random)).collect();
    // The names of a real application are constants.
    let name = |number| &*Box::leak(format!("document/{number:04}").into_boxed_str());
    (documents, (0..size.sections).map(|number| Section::new(name(number), 1)).collect())
}

impl Document {
    /// The user scrolls.
    pub(crate) fn edit(&mut self) {
        self.scroll += 1.5;
    }

    fn new(number: usize, size: Size, random: &mut Random) -> Self {
        let field = |random: &mut Random| Field {
            name: random.words(1),
            value: random.words(2),
            touched: random.below(2) == 0,
        };
        let edit = |random: &mut Random| Edit {
            at: 1_750_000_000_000 + random.below(1 << 32),
            line: random.small(),
            removed: random.words(1),
            inserted: random.words(2),
        };
        Self {
            title: random.words(3),
            path: format!("/home/ana/projects/{}/{number}.txt", random.words(1)),
            scroll: f64::from(random.small()) / 7.0,
            zoom: 1.0,
            cursor: (random.small(), random.small()),
            selection: (random.below(3) == 0).then(|| (random.small(), random.small())),
            folded: (0..size.fields).map(|_| random.small()).collect(),
            draft: random.words(size.words),
            fields: (0..size.fields).map(|_| field(random)).collect(),
            undo: (0..size.edits).map(|_| edit(random)).collect(),
        }
    }
}

/// The same numbers on every run: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.below(2_000)).unwrap_or_default()
    }

    fn words(&mut self, count: usize) -> String {
        const WORDS: [&str; 16] = [
            "amount",
            "invoice",
            "customer",
            "call",
            "Ana",
            "draft",
            "of",
            "the",
            "quarterly",
            "report",
            "until",
            "Friday",
            "delivery",
            "address",
            "and",
            "summary",
        ];
        let word = |random: &mut Self| {
            let at = usize::try_from(random.below(16)).unwrap_or_default();
            WORDS.get(at).copied().unwrap_or_default()
        };
        (0..count).map(|_| word(self)).collect::<Vec<_>>().join(" ")
    }
}
