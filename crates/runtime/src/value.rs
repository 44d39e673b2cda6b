//! What tasks put out, where every thread can get it.

use std::sync::Arc;

/// One output, as it crosses from thread to thread. The numbers of the kinds are those of the records.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// Nothing was put out, or nothing is known of it here.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// Anything else, encoded.
    Bytes(Arc<[u8]>),
    /// It cannot be encoded, and is with the main thread.
    Carried,
}

impl Value {
    /// The value that a record or a caller names by `tag`; what the tag needs comes in the other two.
    pub fn from_tag(tag: u32, number: f64, bytes: impl FnOnce() -> Option<Arc<[u8]>>) -> Self {
        match tag {
            1 => Self::Null,
            2 => Self::Boolean(true),
            3 => Self::Boolean(false),
            4 => Self::Number(number),
            5 => bytes().map_or(Self::Undefined, Self::Bytes),
            6 => Self::Carried,
            _ => Self::Undefined,
        }
    }
}

/// The outputs of one run, by node.
#[derive(Debug, Default)]
pub struct Values {
    slots: Vec<Value>,
}

impl Values {
    /// What a node put out.
    pub fn get(&self, node: u32) -> Value {
        self.slots.get(node as usize).cloned().unwrap_or_default()
    }

    /// Keeps what a node put out.
    pub fn set(&mut self, node: u32, value: Value) {
        if value == Value::Undefined && self.slots.len() <= node as usize {
            return;
        }
        if self.slots.len() <= node as usize {
            self.slots.resize_with(node as usize + 1, Value::default);
        }
        self.slots[node as usize] = value;
    }

    /// Forgets what a node put out.
    pub fn drop(&mut self, node: u32) {
        if let Some(slot) = self.slots.get_mut(node as usize) {
            *slot = Value::Undefined;
        }
    }
}
