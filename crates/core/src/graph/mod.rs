//! The graph itself: how edges are stored ([`rows`]), what is wrong with them ([`check`], [`cycle`], [`components`]), the frozen
//! graph that every algorithm and every run reads ([`csr`]), and the draft that grows edge by edge ([`draft`], [`order_list`]).

pub mod check;
pub mod components;
pub mod csr;
pub mod cycle;
pub mod draft;
pub mod order_list;
pub mod rows;

pub use check::Fault;
pub use csr::Csr;
pub use draft::Draft;
pub use rows::Rows;
