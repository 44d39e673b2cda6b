//! The graph itself: frozen ([`csr`]).

pub mod csr;

pub use csr::Csr;
