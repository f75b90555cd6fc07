//! Tests of the public interface.

mod join;
mod store;
