//! What does not depend on the version of AccessKit.

/// The words of a role: "text input" for `TextInput`. A window is called as in the core.
pub(crate) fn role(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// FNV-1a, 32 bits. Paths with it are stored, so it must be the same in every version.
pub(crate) fn hash(texts: [&str; 2]) -> u32 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_words_and_a_window_is_that_of_the_core() {
        assert_eq!([role("TextInput"), role("Button")], ["text input", "button"]);
        assert_eq!(role("Window"), leftoff::marker::anchor::Anchor::ROLE_WINDOW);
    }

    #[test]
    fn hashes_never_change() {
        assert_eq!(hash(["button", "Save"]), 0x9278_c4fa);
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
    }
}
