//! How often a place in prose is found again after edits like those of people. The numbers asserted were measured.

use super::*;

const ENGLISH: &str = "\
The workshop stands at the end of the quay, where the railway once turned its engines. It smells of linseed oil and
sawdust, and on most mornings the radio is already playing when Marta unlocks the inner door. She repairs clocks, but
people bring her whatever has a spring in it: toys, scales, a barrel organ that nobody had heard for thirty years.

On Tuesday a man came in with a ship's chronometer wrapped in a towel. He did not want to sell it, he said twice; he
only wanted to know whether it could be made to run. Marta turned it over, counted the screws, and wrote a number on
a slip of paper. He looked at the number for a while, folded the paper, and left the chronometer on the bench.

It took her nine evenings. The mainspring had set, two pivots were worn, and somebody had once oiled the train with
what must have been salad oil. When it finally ticked she did not call him at once. She let it run for a week beside
the kitchen clock, and wrote down every morning by how much the two disagreed.
";

const GERMAN: &str = "\
Der Garten hinter dem Haus war kleiner, als ich ihn in Erinnerung hatte. Die Hecke reichte mir nur noch bis zur
Schulter, und der Brunnen, in den wir als Kinder Münzen geworfen hatten, war mit einer Steinplatte zugedeckt. Nur der
alte Birnbaum schien unverändert; an seinem untersten Ast hing sogar noch ein Stück von unserer Schaukel.

Meine Tante kam mit zwei Gläsern Saft aus der Küche und setzte sich zu mir auf die Bank. Sie erzählte von den neuen
Nachbarn, vom Streit um die Straßenlaternen und davon, dass der Bäcker im Herbst schließen werde. Ich hörte nur halb
zu, denn im Gras vor uns lief ein Igel, als hätte er eine dringende Verabredung.

Am Abend fanden wir auf dem Dachboden die Schachtel mit den Briefen. Viele waren aufgeweicht, manche ließen sich gar
nicht mehr öffnen, doch die Handschrift meiner Großmutter erkannte ich sofort: steil, eng und ohne jede Verzierung.
";

const JAPANESE: &str = "\
町の図書館は川のそばにあり、雨の日でも人が多い。二階の窓からは古い橋と、対岸の小さな工場が見える。
私は毎週木曜日にそこへ行き、同じ机に座って新聞を読む。隣の席にはいつも、帽子をかぶった老人がいる。

ある日、その老人が一枚の地図を広げていた。紙は黄色くなり、折り目のところが破れかけている。
「この道はもうないのですよ」と彼は静かに言った。昔は山の向こうの村まで、歩いて行けたのだそうだ。

帰り道、私はその道の入り口を探してみた。草が高く伸びていて、石の道しるべだけが残っていた。
文字はほとんど読めなかったが、指でなぞると、村の名前の最初の一字だけがわかった。
";

const WORDS: &str = "later perhaps old between window once more eine kleine Stunde gestern vielleicht 今日 少し 静かに";

#[test]
fn places_in_edited_prose_are_found_again() {
    let text = [ENGLISH, GERMAN, JAPANESE].join("\n");
    for (edits, least) in [(1, FLOORS[0]), (5, FLOORS[1]), (20, FLOORS[2])] {
        let mut random = Random(edits);
        let (mut cases, mut exactly, mut nearly, mut clamped) = (0, 0, 0, 0);
        while cases < 600 {
            let mut edited = Edited::new(&text);
            let (start, end) = edited.some_range(&mut random);
            for _ in 0..edits {
                edited.edit(&mut random);
            }
            let Some(wanted) = edited.wanted(start, end) else { continue };
            let now = edited.text();
            let range = byte_at(&text, start)..byte_at(&text, end);
            let (found, how) = Position::text(&text, range).find_in(&now).unwrap();
            let found_chars = [found.start, found.end].map(|at| now[..at].chars().count());
            let off = |wanted: &[Vec<usize>; 2]| -> usize {
                let off = |at: usize, wanted: &[usize]| wanted.iter().map(|wanted| wanted.abs_diff(at)).min().unwrap();
                off(found_chars[0], &wanted[0]).max(off(found_chars[1], &wanted[1]))
            };
            cases += 1;
            exactly += usize::from(off(&wanted) == 0);
            nearly += usize::from(off(&wanted) <= 10);
            clamped += usize::from(how == TextMatch::Clamped);
        }
        println!("{edits} edits: of {cases}, {exactly} exactly, {nearly} within 10 characters, {clamped} clamped");
        assert!(exactly >= least.0 && nearly >= least.1, "{edits} edits: {exactly}, {nearly}");
    }
}

/// Quotes of one text in another: letters at random, and one language in two others.
#[test]
fn unrelated_text_is_not_similar() {
    let mut random = Random(1);
    let (mut cases, mut mistaken) = (0, 0);
    for len in [20, 200, 2_000] {
        for _ in 0..300 {
            let mut letters = |len: usize| -> String {
                (0..len).map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap())).collect()
            };
            let (old, new) = (letters(len), letters(len));
            let position = Position::text(&old, len / 2..len / 2);
            cases += 1;
            mistaken += usize::from(found(&position, &new).1 != TextMatch::Clamped);
        }
    }
    for (old, new) in [(ENGLISH, GERMAN), (GERMAN, ENGLISH), (JAPANESE, GERMAN), (ENGLISH, JAPANESE)] {
        for at in (0..old.chars().count()).step_by(3) {
            let at = byte_at(old, at);
            for len in [0, 9] {
                let position = Position::text(old, at..at + len);
                cases += 1;
                mistaken += usize::from(found(&position, new).1 != TextMatch::Clamped);
            }
        }
    }
    println!("unrelated: of {cases}, {mistaken} mistaken");
    assert_eq!(mistaken, 0);
}

/// By number of edits: exactly, within ten characters.
const FLOORS: [(usize, usize); 3] = [(600, 600), (593, 593), (577, 583)];

fn byte_at(text: &str, char: usize) -> usize {
    text.char_indices().nth(char).map_or(text.len(), |(at, _)| at)
}

/// A text that knows of each character where it came from.
struct Edited(Vec<(char, Option<usize>)>);

impl Edited {
    fn new(text: &str) -> Self {
        Self(text.chars().enumerate().map(|(at, char)| (char, Some(at))).collect())
    }

    fn text(&self) -> String {
        self.0.iter().map(|(char, _)| char).collect()
    }

    /// A caret, or as often a selection of some characters.
    fn some_range(&self, random: &mut Random) -> (usize, usize) {
        let start = random.below(self.0.len());
        let end = start + [0, 0, 5, 200][random.below(4)] * random.below(100) / 100;
        (start, end.min(self.0.len()))
    }

    /// Where the ends of the range may be now: at what stood on either side of them. `None` where neither is left.
    fn wanted(&self, start: usize, end: usize) -> Option<[Vec<usize>; 2]> {
        let now = |old: usize| self.0.iter().position(|(_, from)| *from == Some(old));
        let beside = |at: usize| -> Vec<usize> {
            let before = at.checked_sub(1).and_then(now).map(|before| before + 1);
            before.into_iter().chain(now(at)).collect()
        };
        let wanted = [beside(start), beside(end)];
        wanted.iter().all(|places| !places.is_empty()).then_some(wanted)
    }

    /// One edit, at a place nobody chose.
    fn edit(&mut self, random: &mut Random) {
        let words: Vec<&str> = WORDS.split(' ').collect();
        let word = |random: &mut Random| format!("{} ", words[random.below(words.len())]);
        let at = random.below(self.0.len());
        match random.below(12) {
            // Slips of the finger, put right.
            0 | 1 => self.replace(at..at + 1, ""),
            2 => self.replace(at..at, "e"),
            3 => self.replace(at..at + 1, "a"),
            // Words that are put in, taken out, replaced.
            4 | 5 => {
                let at = self.after(" 、。\n", at);
                let word = word(random);
                self.replace(at..at, &word);
            }
            6 => {
                let at = self.after(" 、。\n", at);
                self.replace(at..self.after(" 、。\n", at + 1), "");
            }
            7 => {
                let at = self.after(" 、。\n", at);
                let word = word(random);
                self.replace(at..self.after(" 、。\n", at + 1), &word);
            }
            // Sentences.
            8 => {
                let at = self.after(".。\n", at);
                let sentence: String = (0..8).map(|_| word(random)).collect();
                self.replace(at..at, &format!("{}. ", sentence.trim()));
            }
            9 => {
                let at = self.after(".。\n", at);
                self.replace(at..self.after(".。\n", at + 1), "");
            }
            // A paragraph that goes elsewhere.
            10 => {
                let from = self.after("\n", at);
                let until = self.after("\n", from + 150).max(from);
                let paragraph: Vec<_> = self.0.drain(from..until).collect();
                let to = self.after("\n", random.below(self.0.len()));
                self.0.splice(to..to, paragraph);
            }
            // Lines are broken anew.
            _ => {
                for (char, _) in &mut self.0 {
                    if matches!(char, ' ' | '\n') {
                        *char = if random.below(12) == 0 { '\n' } else { ' ' };
                    }
                }
            }
        }
    }

    fn replace(&mut self, range: Range<usize>, with: &str) {
        let end = range.end.min(self.0.len());
        self.0.splice(range.start.min(end)..end, with.chars().map(|char| (char, None)));
    }

    /// The place after the first of these characters from `at` on.
    fn after(&self, stops: &str, at: usize) -> usize {
        let stop = self.0.iter().skip(at).position(|(char, _)| stops.contains(*char));
        stop.map_or(self.0.len(), |stop| (at + stop + 1).min(self.0.len()))
    }
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).unwrap()
    }
}
