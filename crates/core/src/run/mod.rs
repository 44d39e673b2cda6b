//! The run: a pure state machine.
