use std::collections::BTreeMap;
use std::error::Error as _;

use serde::{Deserialize, Serialize, Serializer, ser};

use super::*;

const CANARY: &str = "canary-7f3a";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Form {
    amount: String,
    currency: String,
}

#[derive(Serialize, Deserialize)]
struct FormV1 {
    amount: u32,
}

#[derive(Serialize, Deserialize)]
struct FormV2 {
    amount: String,
}

impl From<FormV1> for Form {
    fn from(old: FormV1) -> Self {
        Self { amount: old.amount.to_string(), currency: "EUR".into() }
    }
}

impl TryFrom<FormV2> for Form {
    type Error = fmt::Error;

    fn try_from(old: FormV2) -> Result<Self, fmt::Error> {
        if old.amount.is_empty() { Err(fmt::Error) } else { Ok(Self { amount: old.amount, currency: "EUR".into() }) }
    }
}

const FORM: Section<Form> = Section::new("form", 3);
const MIGRATING: Section<Form> = FORM.migrations(&[Migration::from::<FormV1>(1), Migration::from::<FormV2>(2)]);

fn codecs() -> impl Iterator<Item = Codec> {
    (0..=u8::MAX).filter_map(Codec::from_id)
}

fn form() -> Form {
    Form { amount: "12.50".into(), currency: "EUR".into() }
}

#[track_caller]
fn stored<T: Serialize>(section: Section<T>, value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.encode(value, &mut Live::default(), &mut bytes).unwrap();
    bytes
}

#[test]
fn every_version_is_read_whatever_its_codec_and_the_sections_own() {
    for (codec, other) in codecs().flat_map(|codec| codecs().map(move |other| (codec, other))) {
        let section = MIGRATING.codec(codec);
        let one = stored(Section::new("form", 1).codec(other), &FormV1 { amount: 7 });
        let two = stored(Section::new("form", 2).codec(other), &FormV2 { amount: "8".into() });
        let three = stored(FORM.codec(other), &form());
        assert_eq!(section.decode(1, other.id(), &one).unwrap().amount, "7");
        assert_eq!(section.decode(2, other.id(), &two).unwrap().amount, "8");
        assert_eq!(section.decode(3, other.id(), &three).unwrap(), form());
    }
}

#[test]
fn a_migration_is_for_its_version_only() {
    const SECTION: Section<Form> = FORM.migrations(&[Migration::from::<FormV1>(1)]);
    let two = stored(Section::new("form", 2), &FormV2 { amount: "8".into() });
    assert_eq!(SECTION.decode(2, 4, &two).unwrap_err().kind(), ErrorKind::NoMigration);
    assert_eq!(SECTION.decode(0, 4, &two).unwrap_err().kind(), ErrorKind::NoMigration);
}

#[test]
fn value_that_its_migration_refuses_is_a_decode_error_with_the_reason() {
    let two = stored(Section::new("form", 2), &FormV2 { amount: String::new() });
    let error = MIGRATING.decode(2, 4, &two).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), r#"section "form" (version 3) is stored in version 2; the migration failed"#);
    assert_eq!(error.source().unwrap().to_string(), fmt::Error.to_string());
}

#[test]
#[should_panic(expected = "two migrations from one version")]
fn two_migrations_from_one_version_are_refused() {
    let _ = FORM.migrations(const { &[Migration::from::<FormV1>(1), Migration::from::<FormV2>(1)] });
}

#[test]
fn what_cannot_be_read_says_why() {
    let bytes = stored(FORM, &form());
    let check = |version, codec, bytes: &[u8], kind, text| {
        let error = MIGRATING.decode(version, codec, bytes).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (kind, format!(r#"section "form" (version 3) {text}"#)));
        error
    };
    check(4, 4, &bytes, ErrorKind::NewerSection, "is stored in newer version 4");
    check(4, 77, &bytes, ErrorKind::NewerSection, "is stored in newer version 4");
    check(0, 4, &bytes, ErrorKind::NoMigration, "is stored in version 0; there is no migration from that version");
    let text = "is stored with codec 77, which this version of leftoff does not have";
    check(3, 77, &bytes, ErrorKind::UnknownCodec, text);
    let text = "is stored, but the bytes are not a value of its type";
    let error = check(3, 4, &bytes[..4], ErrorKind::Decode, text);
    assert_eq!(error.source().unwrap().to_string(), "the bytes end before the value is complete");
    let text = "is stored in version 2, but the bytes are not a value of that version's type";
    check(2, 4, &[&bytes[..], &[0]].concat(), ErrorKind::Decode, text);
}

#[test]
fn value_of_another_type_names_the_field_and_nothing_of_the_value() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Other {
        address: BTreeMap<String, Street<u8>>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Street<T> {
        street: T,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Texts {
        address: BTreeMap<String, Street<String>>,
    }

    let street = Street { street: "secret".to_owned() };
    let bytes = stored(Section::<Texts>::new("v", 1), &Texts { address: [("secret".to_owned(), street)].into() });
    let error = Section::<Other>::new("v", 1).decode(1, 4, &bytes).unwrap_err();
    let text = r#"section "v" (version 1) is stored, but the bytes are not a value of its type: the bytes do not match the type, in field "address[].street""#;
    assert_eq!(format!("{error:#}"), text);
}

#[test]
fn value_of_a_codec_that_is_not_compiled_in_is_an_error_that_names_the_feature() {
    for (codec, feature) in [(1, "bincode"), (2, "msgpack"), (3, "json")] {
        if Codec::from_id(codec).is_some() {
            continue;
        }
        let error = FORM.decode(3, codec, b"any").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownCodec);
        let text = format!("that this build lacks: enable the feature `{feature}` of leftoff");
        assert!(error.to_string().ends_with(&text), "{error}");
    }
}

#[test]
fn what_cannot_be_stored_says_why_and_leaves_the_buffer_alone() {
    fn check<T: Serialize>(section: Section<T>, value: &T, kind: ErrorKind) {
        let mut out = b"kept".to_vec();
        let error = section.encode(value, &mut Live::default(), &mut out).unwrap_err();
        assert_eq!((error.kind(), &out[..]), (kind, &b"kept"[..]));
    }
    #[cfg(feature = "bincode")]
    {
        check(FORM.codec(Codec::Bincode).limit(9), &form(), ErrorKind::TooLarge);
        assert_eq!(stored(FORM.codec(Codec::Bincode).limit(10), &form()).len(), 10);
    }
    check(FORM.limit(30), &form(), ErrorKind::TooLarge);
    let units = vec![(); usize::try_from(1_u64 << 48).unwrap_or(usize::MAX / 4)];
    check(Section::new("units", 1), &units, ErrorKind::TooLarge);
    check(Section::new("fails", 1), &Fails, ErrorKind::Encode);
    // The example of the format.
    let shape = [&[23, 2][..], &[12], b"amount", &[16], &[16], b"currency", &[16]].concat();
    assert_eq!(stored(FORM.limit(31), &form()).len(), 1 + shape.len() + 10, "the shape counts");
}

#[derive(Deserialize)]
struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom(CANARY))
    }
}

/// Refuses each value of it, and repeats the value in its error, as hand-written checks do.
#[derive(Debug, Serialize)]
struct Picky(String);

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("{text} is not allowed")))
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum Choice {
    Only,
}

#[test]
fn no_error_repeats_what_the_user_typed() {
    fn check(error: &Error) {
        let mut text = format!("{error} {error:?} {error:#?}");
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text} {cause} {cause:?}");
            source = cause.source();
        }
        assert!(!text.contains("canary"), "{text}");
    }

    fn read<T: serde::de::DeserializeOwned + 'static>(codec: Codec, bytes: &[u8]) -> Option<Error> {
        Section::<T>::new("s", 1).decode(1, codec.id(), bytes).err()
    }

    for codec in codecs() {
        check(&Section::new("s", 1).codec(codec).encode(&Fails, &mut Live::default(), &mut Vec::new()).unwrap_err());
        let mut errors = Vec::new();
        for bytes in [
            stored(Section::new("s", 1).codec(codec), &CANARY.to_owned()),
            stored(Section::new("s", 1).codec(codec), &vec![CANARY.to_owned(); 2]),
            stored(Section::new("s", 1).codec(codec), &Picky(CANARY.into())),
            stored(Section::new("s", 1).codec(codec), &Some((CANARY.to_owned(), CANARY.to_owned()))),
            stored(
                Section::new("s", 1).codec(codec),
                &std::collections::BTreeMap::from([(CANARY.to_owned(), CANARY.to_owned())]),
            ),
            format!("{{\"{CANARY}\":\"{CANARY}").into_bytes(),
            CANARY.as_bytes().to_vec(),
        ] {
            errors.extend(read::<u8>(codec, &bytes));
            errors.extend(read::<Choice>(codec, &bytes));
            errors.extend(read::<Form>(codec, &bytes));
            errors.extend(read::<Picky>(codec, &bytes));
            errors.extend(read::<Vec<bool>>(codec, &bytes));
            errors.extend(read::<std::net::IpAddr>(codec, &bytes));
            errors.extend(read::<char>(codec, &bytes));
        }
        assert!(errors.len() > 40, "{codec:?} {}", errors.len());
        errors.iter().for_each(check);
    }
}

#[test]
fn a_section_is_a_plain_setting_wherever_its_value_may_go() {
    #[derive(Deserialize)]
    struct OfOneThread {
        #[serde(skip)]
        _shared: std::rc::Rc<std::cell::Cell<u8>>,
    }

    fn is_setting<T: Copy + Send + Sync + 'static>(_: T) {}

    is_setting(Section::<OfOneThread>::new("s", 1));
    is_setting(MIGRATING);
    let section = FORM.erase_on_close().expires(Duration::from_secs(60)).group("pair");
    let (expires, group) = (Some(Duration::from_secs(60)), Some("pair"));
    let attributes = Attributes { private: true, erase_on_close: true, expires, group, ..Attributes::default() };
    assert_eq!((section.attributes(), FORM.attributes()), (attributes, Attributes::default()));
    assert_eq!(
        format!("{:?}", MIGRATING.limit(5)),
        "Section { name: \"form\", version: 3, codec: Shaped, limit: 5, attributes: Attributes { private: false, \
         erase_on_close: false, sealed: false, secret: false, expires: None, group: None }, migrations: \
         [Migration { version: 1, .. }, Migration { version: 2, .. }], .. }"
    );
}

#[test]
fn names_that_would_spoil_a_log_are_refused() {
    const LONGEST: &str = match std::str::from_utf8(&[b'n'; MAX_NAME]) {
        Ok(name) => name,
        Err(_) => "",
    };
    for name in ["form", "Straße 7", "ü", "\u{a0}", LONGEST] {
        assert_eq!(Section::<u8>::new(name, 1).name(), name);
    }
    for name in
        ["", "a\nb", "\u{7f}", "a\u{85}", "\u{80}", "\u{9f}z", Box::leak(format!("{LONGEST}n").into_boxed_str())]
    {
        assert!(std::panic::catch_unwind(|| Section::<u8>::new(name, 1)).is_err(), "{name:?}");
    }
}
