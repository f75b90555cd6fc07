//! The similarity of texts, independent of spelling: case, `-`, `_` and camelCase are ignored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use twox_hash::XxHash3_64;

/// Returns the hash of a text, at least 1; zero, which means none, for an empty text.
pub(in crate::marker) fn hash(text: &str) -> u32 {
    if text.is_empty() {
        return 0;
    }
    let hash = XxHash3_64::oneshot(text.as_bytes());
    u32::try_from(hash >> 32).unwrap_or(u32::MAX).max(1)
}

/// Writes the letters and digits of `text` to `folded`, in lower case.
pub(in crate::marker) fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    folded.extend(text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase));
}

pub(in crate::marker) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Returns whether a name is meaningful: a placeholder such as `...` or `0` is not.
pub(in crate::marker) fn is_telling(name: &str) -> bool {
    name.chars().any(char::is_alphabetic)
}

/// Returns the words of a name such as `MaterialButton`, `text field` or `ok-button2`, in lower case, without digits.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_alphabetic() {
            let ends_capitals = before.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase());
            let begins =
                !before.is_alphabetic() || (letter.is_uppercase() && (!before.is_uppercase() || ends_capitals));
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        before = letter;
    }
    words
}

/// Returns the similarity of each role of one interface to each role of another, from 0 to 1, by their common words.
/// The last word of a role names its type, so it counts twice. A word that many roles contain has a low weight:
/// `MaterialButton` is a `Button`, but a `QCheckBox` is hardly a `QComboBox`.
pub(in crate::marker) fn role_likeness(ones: &[String], others: &[String]) -> Vec<Vec<f32>> {
    // The module prefix does not describe the type: `android.widget.Button`.
    let bare = |role: &String| words(role.rsplit(['.', ':', '/']).next().unwrap_or(role));
    let one_words: Vec<_> = ones.iter().map(bare).collect();
    let other_words: Vec<_> = others.iter().map(bare).collect();
    let rarity = |word: &String| {
        let of = |roles: &[Vec<String>]| {
            let with = roles.iter().filter(|role| role.contains(word)).count();
            ratio(roles.len(), with).ln()
        };
        let known = [&one_words, &other_words].map(|roles| of(roles));
        known.into_iter().filter(|rarity| rarity.is_finite()).fold(COMMON_WORD, f32::max)
    };
    let weight = |role: &[String]| role.iter().chain(role.last()).map(rarity).sum::<f32>();
    let compare = |one: &Vec<String>, other: &Vec<String>| {
        if one == other {
            return 1.0;
        }
        let mut left = other.clone();
        let mut common: Vec<String> = Vec::new();
        for word in one {
            if let Some(place) = left.iter().position(|candidate| candidate == word) {
                common.push(left.swap_remove(place));
            }
        }
        common.extend(one.last().filter(|last| other.last() == Some(last)).cloned());
        let total = weight(one) + weight(other);
        if total > 0.0 { 2.0 * common.iter().map(rarity).sum::<f32>() / total } else { 0.0 }
    };
    one_words.iter().map(|one| other_words.iter().map(|other| compare(one, other)).collect()).collect()
}

/// The minimum weight of a word of a role.
const COMMON_WORD: f32 = 0.25;

/// Returns the text without angle brackets and their contents: markup is not visible.
pub(in crate::marker) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        seen.push_str(before);
        let Some((_, after)) = tag.split_once('>') else {
            seen.push_str(tag);
            return Cow::Owned(seen);
        };
        rest = after;
    }
    seen.push_str(rest);
    Cow::Owned(seen)
}

/// Returns the similarity of two texts, from 0 to 1, by their common pairs of letters.
#[cfg(test)]
fn likeness(one: &str, other: &str) -> f32 {
    share(&pairs(one), &pairs(other), |_| 1.0)
}

/// Returns the similarity of a text to each of `others`, from 0 to 1. A pair of letters that many texts of an interface
/// contain counts less: `search_label` and `language_label` have a suffix in common, not a meaning.
///
/// `more` are further texts of the interface. The rarity never raises a similarity.
pub(in crate::marker) fn likenesses<'t>(
    one: &str,
    others: &[&'t str],
    more: impl Iterator<Item = &'t str>,
) -> Vec<f32> {
    let own = pairs(one);
    let all: Vec<Vec<(char, char)>> = others.iter().map(|other| pairs(other)).collect();
    let mut alike: Vec<f32> = all.iter().map(|pairs| share(&own, pairs, |_| 1.0)).collect();
    let is_open = |like: f32| (LEAST_WEIGHED..1.0).contains(&like);
    if !alike.iter().any(|like| is_open(*like)) {
        return alike;
    }
    let more: Vec<Vec<(char, char)>> = more.map(pairs).collect();
    let mut texts: Vec<&[(char, char)]> = all.iter().chain(&more).map(Vec::as_slice).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.retain(|text| !text.is_empty() && **text != *own);
    let mut having: BTreeMap<(char, char), usize> = BTreeMap::new();
    for text in &texts {
        for same in text.chunk_by(|one, other| one == other) {
            same.first().into_iter().for_each(|pair| *having.entry(*pair).or_default() += 1);
        }
    }
    for (like, other) in alike.iter_mut().zip(&all).filter(|(like, _)| is_open(**like)) {
        // The two texts themselves do not make a pair common.
        let rarity = |pair: &(char, char)| {
            let with = having.get(pair).copied().unwrap_or_default();
            let with = with.saturating_sub(usize::from(other.binary_search(pair).is_ok()));
            ratio(texts.len() + 1, with + 1).ln()
        };
        *like = like.min(share(&own, other, rarity));
    }
    alike
}

/// Only similarities from this value on are weighed by rarity: lower ones are no evidence.
const LEAST_WEIGHED: f32 = 0.4;

/// Returns the share of the common pairs, each with its weight. Both lists are sorted.
fn share(one: &[(char, char)], other: &[(char, char)], weight: impl Fn(&(char, char)) -> f32) -> f32 {
    let total: f32 = one.iter().chain(other).map(&weight).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    let mut common = 0.0;
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => _ = left.next(),
            std::cmp::Ordering::Greater => _ = right.next(),
            std::cmp::Ordering::Equal => {
                common += 2.0 * weight(a);
                left.next();
                right.next();
            }
        }
    }
    common / total
}

/// Returns the pairs of neighbouring letters and digits, including the start and the end of the text, sorted.
fn pairs(text: &str) -> Vec<(char, char)> {
    let folded = fold(text);
    if folded.is_empty() {
        return Vec::new();
    }
    let front = std::iter::once(' ').chain(folded.chars());
    let mut pairs: Vec<_> = front.zip(folded.chars().chain([' '])).collect();
    pairs.sort_unstable();
    pairs
}

/// Both numbers are small: words and letters of a text of a few hundred bytes.
fn ratio(part: usize, whole: usize) -> f32 {
    let small = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
    small(part) / small(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_falls_into_words() {
        assert_eq!(words("MaterialButton"), ["material", "button"]);
        assert_eq!(words("QTextEdit"), ["q", "text", "edit"]);
        assert_eq!(words("HTMLView"), ["html", "view"]);
        assert_eq!(words("text field_2-ok"), ["text", "field", "ok"]);
        assert_eq!(words("42"), [""; 0]);
    }

    #[test]
    fn roles_are_compared_by_what_they_are() {
        let roles = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>();
        let old = roles(&["Button", "List"]);
        let new = roles(&["android.widget.Button", "MaterialButton", "ButtonGroup", "MaterialList"]);
        let like = role_likeness(&old, &new);
        assert!(like[0][0] >= 1.0 && like[0][1] > 0.7 && like[0][1] > like[0][2] && like[0][3] <= 0.0, "{like:?}");
        let toolkit = roles(&["QCheckBox", "QComboBox", "QSpinBox", "QLabel", "QPushButton", "QLineEdit"]);
        let like = role_likeness(&toolkit, &toolkit);
        assert!(like[0][0] >= 1.0 && like[0][1] < 0.5 && like[0][3] < 0.2, "{like:?}");
    }

    #[test]
    fn markup_is_not_seen() {
        assert_eq!(visible("<a href=\"x\">Auto</a> <b>Vacuum</b>"), "Auto Vacuum");
        assert_eq!((visible("a < b"), visible("plain"), visible("<>")), ("a  b".into(), "plain".into(), "".into()));
    }

    #[test]
    fn spelling_makes_no_difference() {
        assert!(likeness("cancel-button", "cancelButton") >= 1.0);
        assert!(likeness("Save", "Save as") > 0.5);
        assert!(likeness("Save", "Open") <= 0.2);
        assert!(likeness("...", "...") <= 0.0);
        assert_eq!(fold("Näme-2_x "), "näme2x");
        assert_eq!((is_telling("..."), is_telling("12"), is_telling("OK")), (false, false, true));
        assert_eq!(hash(""), 0);
    }

    #[test]
    fn what_many_texts_have_in_common_is_no_likeness() {
        let labels = ["@string/search_label", "@string/url_label", "@string/author_label", "@string/language_labels"];
        let like = likenesses("@string/language_label", &labels, std::iter::empty());
        assert!(likeness("@string/language_label", labels[1]) >= 0.6, "similar without the others");
        assert!(like[..3].iter().all(|like| *like < 0.5) && like[3] > 0.7, "{like:?}");
        let alone = likenesses("Save", &["Save as"], std::iter::empty())[0];
        assert!((alone - likeness("Save", "Save as")).abs() < 1e-6, "nothing else says what is common");
    }

    proptest! {
        #[test]
        fn rarity_never_raises_a_likeness(one in "[a-d]{0,8}", others in prop::collection::vec("[a-d]{0,8}", 0..6)) {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            let weighed = likenesses(&one, &others, std::iter::empty());
            for (other, weighed) in others.iter().zip(weighed) {
                prop_assert!((0.0..=likeness(&one, other) + 1e-6).contains(&weighed));
                prop_assert!(*other != one || weighed >= likeness(&one, other));
            }
        }

        #[test]
        fn likeness_is_a_share_and_goes_both_ways(one in "\\PC{0,20}", other in "\\PC{0,20}") {
            let there = likeness(&one, &other);
            prop_assert!((0.0..=1.0).contains(&there), "{there}");
            prop_assert!((there - likeness(&other, &one)).abs() < 1e-6);
            let (one, other) = (vec![one], vec![other]);
            let there = role_likeness(&one, &other)[0][0];
            prop_assert!((0.0..=1.0001).contains(&there), "{there}");
            prop_assert!((there - role_likeness(&other, &one)[0][0]).abs() < 1e-6);
        }
    }
}
