//! Paths that were renamed since the state was saved.

use crate::marker::anchor::names;

/// Matches any one name, such as the id of a record.
const ANY: &str = "*";

/// Returns the current path. Applies the renames in turn, the oldest first; each also applies to everything inside it.
///
/// `knew` returns whether a path existed when the state was saved. If the new name existed already, the state comes
/// from a version that has it, and the old name means another element.
pub(super) fn renamed(path: &str, renames: &[(&str, &str)], knew: impl Fn(&str) -> bool) -> String {
    let mut path = path.to_owned();
    for (old, new) in renames {
        if let Some((new, inside)) = applied(&path, old, new).filter(|(new, _)| !knew(new)) {
            path = if new.is_empty() || inside.is_empty() { new + &inside } else { format!("{new}/{inside}") };
        }
    }
    path
}

/// Returns the new name and the rest of the path, if the path begins with the old name.
fn applied(path: &str, old: &str, new: &str) -> Option<(String, String)> {
    names(old).next()?;
    let mut rest = names(path);
    let mut records = Vec::new();
    for wanted in names(old) {
        let name = rest.next()?;
        match wanted {
            ANY => records.push(name),
            wanted if wanted == name => {}
            _ => return None,
        }
    }
    let mut records = records.into_iter();
    let filled = names(new).map(|name| if name == ANY { records.next().unwrap_or(ANY) } else { name });
    Some((joined(filled), joined(rest)))
}

fn joined<'p>(names: impl Iterator<Item = &'p str>) -> String {
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_are_of_whole_names_and_follow_each_other() {
        let renames = [("a/b", "c"), ("c/d", "e/f"), ("/x/", ""), ("", "everything")];
        let now = |path| renamed(path, &renames, |_| false);
        assert_eq!((now("a/b").as_str(), now("a/b/z").as_str()), ("c", "c/z"));
        assert_eq!((now("a/bc"), now("z/a/b"), now("a")), ("a/bc".into(), "z/a/b".into(), "a".into()));
        assert_eq!((now("a/b/d/g").as_str(), now("x/y").as_str()), ("e/f/g", "y"));
    }

    #[test]
    fn a_star_stands_for_the_name_of_a_record() {
        let renames = [("invoices/*/sum", "invoices/*/amount"), ("people/*", "contacts/*/card"), ("a/*/b/*", "b/*")];
        let now = |path| renamed(path, &renames, |_| false);
        assert_eq!(now("invoices/42/sum").as_str(), "invoices/42/amount");
        assert_eq!(now("people/7/phone").as_str(), "contacts/7/card/phone");
        assert_eq!((now("invoices/sum").as_str(), now("people").as_str()), ("invoices/sum", "people"));
        assert_eq!(now("a/1/b/2/c").as_str(), "b/1/c");
        assert_eq!(renamed("invoices/42/sum", &renames, |path| path == "invoices/42/amount"), "invoices/42/sum");
        assert_eq!(renamed("invoices/42/sum", &renames, |path| path == "invoices/43/amount"), "invoices/42/amount");
    }

    #[test]
    fn a_name_that_was_there_already_is_another_element() {
        let renames = [("old", "new")];
        assert_eq!(renamed("old/a", &renames, |path| path == "new"), "old/a");
        assert_eq!(renamed("old/a", &renames, |path| path == "old"), "new/a");
    }
}
