//! What came from another device.

use crate::words::Other;

/// Something came from another device.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Arrival {
    /// The session now has the newer state: read all sections again. [`Roaming::undo`](crate::Roaming::undo) goes back.
    TakenOver(Option<Other>),
    /// A newer state can be [taken over](crate::Roaming::take_over).
    Offered(Option<Other>),
    /// Sections, by scope and name, with values of several devices that can be [merged](crate::Roaming::merge).
    Mergeable(Vec<(String, String)>),
    /// Sections, by scope and name, that another device changed without knowing of the changes here. Both values are kept:
    /// see [`Roaming::offers`](crate::Roaming::offers).
    Conflict(Vec<(String, String)>),
}

impl Arrival {
    /// Returns one line for the user: *Continued from your laptop.*
    pub fn words(&self) -> String {
        match self {
            Self::TakenOver(Some(other)) if !other.device.is_empty() => {
                format!("Continued from your {}.", other.device)
            }
            Self::TakenOver(_) => "Continued from your other device.".to_owned(),
            Self::Offered(Some(other)) if !other.device.is_empty() => {
                format!("Your {} has newer changes.", other.device)
            }
            Self::Offered(_) => "Your other device has newer changes.".to_owned(),
            Self::Mergeable(_) => "Another device changed what you changed here. Both can be combined.".to_owned(),
            Self::Conflict(_) => "Another device changed what you changed here. Both are kept.".to_owned(),
        }
    }
}
