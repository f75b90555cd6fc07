//! Where a value does not fit its type is said in names of fields and variants, and in nothing else.

use std::collections::BTreeMap;

use super::*;

mod stored {
    use super::*;

    #[derive(Serialize)]
    pub(super) struct Address {
        pub(super) street: u32,
    }

    #[derive(Serialize)]
    pub(super) enum State {
        Open,
        Paid { at: &'static str },
        Noted(&'static str, Address),
    }

    #[derive(Serialize)]
    pub(super) struct Order {
        pub(super) number: u8,
        pub(super) state: State,
    }

    #[derive(Serialize)]
    pub(super) struct Desk {
        pub(super) title: &'static str,
        pub(super) address: Option<Address>,
        pub(super) orders: Vec<Order>,
        pub(super) prices: BTreeMap<&'static str, Address>,
    }
}

use stored::State;

fn desk(state: State) -> stored::Desk {
    let address = || stored::Address { street: 7 };
    let orders = vec![stored::Order { number: 1, state: State::Open }, stored::Order { number: 2, state }];
    stored::Desk { title: "secret", address: Some(address()), orders, prices: [("secret", address())].into() }
}

#[track_caller]
fn path<T: DeserializeOwned>(value: &impl Serialize) -> Option<String> {
    let undecodable = super::super::decode::<T>(Codec::Shaped, &encoded(Codec::Shaped, value)).err().unwrap();
    assert!(!undecodable.to_string().contains("secret"), "{undecodable}");
    undecodable.path.map(Into::into)
}

macro_rules! types {
    ($($item:item)*) => {$(#[derive(Debug, Deserialize)] #[allow(dead_code, reason = "only read")] $item)*};
}

#[test]
fn message_names_the_field() {
    types! {
        struct Address { street: String }
        struct Desk { title: String, address: Option<Address> }
    }

    let bytes = encoded(Codec::Shaped, &desk(State::Open));
    let undecodable = super::super::decode::<Desk>(Codec::Shaped, &bytes).unwrap_err();
    assert_eq!(undecodable.to_string(), "the bytes do not match the type, in field \"address.street\"");
}

#[test]
fn field_of_another_type_is_named() {
    types! {
        struct Address { street: bool }
        struct Keyed { title: Vec<u8> }
        struct Maps { prices: BTreeMap<String, Address> }
        struct NumberedMaps { prices: BTreeMap<u8, Address> }
        struct AsFields { prices: BTreeMap<String, u8> }
    }

    let desk = desk(State::Open);
    assert_eq!(path::<Keyed>(&desk).as_deref(), Some("title"));
    assert_eq!(path::<Maps>(&desk).as_deref(), Some("prices[].street"));
    assert_eq!(path::<NumberedMaps>(&desk).as_deref(), Some("prices[]"));
    assert_eq!(path::<AsFields>(&desk).as_deref(), Some("prices[]"));
}

#[test]
fn same_fields_in_the_same_order_are_named_too() {
    types! {
        struct Pair { number: u8, texts: (u8, Vec<bool>) }
    }

    #[derive(Serialize)]
    struct Texts {
        number: u8,
        texts: (u8, Vec<&'static str>),
    }

    assert_eq!(path::<Pair>(&Texts { number: 1, texts: (2, vec!["secret"]) }).as_deref(), Some("texts[][]"));
}

#[test]
fn variants_are_named() {
    types! {
        struct Address { street: bool }
        enum Fields { Open, Paid { at: u8 }, Noted(String, Address) }
        enum Fewer { Open }
        enum Newtype { Open, Paid(u8), Noted(u8) }
        struct Order<S> { state: S }
        struct Desk<S> { orders: Vec<Order<S>> }
    }

    let noted = || State::Noted("secret", stored::Address { street: 1 });
    let paid = || State::Paid { at: "secret" };
    assert_eq!(path::<Desk<Fields>>(&desk(paid())).as_deref(), Some("orders[].state.Paid.at"));
    assert_eq!(path::<Desk<Fields>>(&desk(noted())).as_deref(), Some("orders[].state.Noted[].street"));
    assert_eq!(path::<Desk<Fewer>>(&desk(paid())).as_deref(), Some("orders[].state.Paid"));
    assert_eq!(path::<Desk<Newtype>>(&desk(paid())).as_deref(), Some("orders[].state.Paid"));
    assert_eq!(path::<Fewer>(&paid()).as_deref(), Some("Paid"));
}

#[test]
fn variant_that_is_requested_as_a_map_is_named() {
    type Map = BTreeMap<String, BTreeMap<String, u8>>;
    assert_eq!(path::<Map>(&State::Paid { at: "secret" }).as_deref(), Some("Paid.at"));
}

#[test]
fn missing_field_is_named_if_it_is_the_only_one() {
    types! {
        struct Address { street: u32, city: String }
        struct Desk { address: Address }
        struct TwoMissing { street: u32, city: String, #[serde(default)] country: String }
        struct DeskOfTwo { address: TwoMissing }
    }

    assert_eq!(path::<Desk>(&desk(State::Open)).as_deref(), Some("address.city"));
    assert_eq!(path::<DeskOfTwo>(&desk(State::Open)).as_deref(), Some("address"));
}

#[test]
fn unknown_field_is_named_where_it_is_denied() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Strict {
        number: u8,
    }

    let order = stored::Order { number: 1, state: State::Open };
    assert_eq!(path::<Strict>(&order).as_deref(), Some("state"));
}

#[test]
fn value_that_does_not_fit_as_a_whole_has_no_path() {
    assert_eq!(path::<u8>(&"secret"), None);
}

#[test]
fn error_that_a_deserialize_discards_leads_nowhere() {
    #[derive(Debug)]
    struct Forgiving;

    impl<'de> Deserialize<'de> for Forgiving {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            drop(Vec::<u8>::deserialize(deserializer));
            Ok(Self)
        }
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Texts {
        one: Forgiving,
        two: Vec<u8>,
    }

    #[derive(Serialize)]
    struct Stored {
        one: Vec<&'static str>,
        two: Vec<&'static str>,
    }

    assert_eq!(path::<(Forgiving,)>(&(vec!["secret"],)), None);
    assert_eq!(path::<Texts>(&Stored { one: vec!["secret"], two: vec!["secret", "secret"] }), None);
}
