//! Algorithms over a frozen graph, one file each. None of them recurses: a chain of a million nodes is a graph like any other.
//!
//! Orders: [`topological_order`]. Neighborhoods: [`reach`], [`subgraph`]. Paths: [`all_paths`], [`path_count`], [`shortest_path`],
//! [`longest_path`]. Time: [`bottom_levels`], [`critical_path`], [`schedule`]. The order relation as a whole: [`reachability`],
//! [`closure`], [`reduction`], [`width`], [`dominators`]. Any edges, cyclic ones included: [`condensation`], [`diagnosis`].
//! What a graph is: [`stats`], [`hash`].

pub mod all_paths;
pub mod bit_set;
pub mod bottom_levels;
pub mod closure;
pub mod condensation;
pub mod critical_path;
pub mod diagnosis;
pub mod dominators;
pub mod hash;
pub mod longest_path;
pub mod path_count;
pub mod reach;
pub mod reachability;
pub mod reduction;
pub mod schedule;
pub mod shortest_path;
pub mod stats;
pub mod subgraph;
pub mod topological_order;
pub mod width;
