//! Programs that try to break the library where a unit test cannot: see `.ci/power-cut`.

pub mod random;
pub mod wizard;
