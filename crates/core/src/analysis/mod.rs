//! Algorithms over a frozen graph, one file each.
