//! Outputs as they cross to JavaScript.

use std::sync::Arc;

use dagny_runtime::Value;
use napi::bindgen_prelude::{Either6, Null, Uint8Array};
use napi_derive::napi;

/// Stands for a value that cannot be encoded and is with the main thread.
#[napi(object, object_from_js = false)]
pub struct NativeCarried {
    /// True.
    pub carried: bool,
}

/// A value as it crosses: nothing, null, a boolean, a number, bytes, or what stands for one that did not cross here.
pub(crate) type NativeValue = Either6<(), Null, bool, f64, Uint8Array, NativeCarried>;

pub(crate) fn native_value(value: Value) -> NativeValue {
    match value {
        Value::Undefined => Either6::A(()),
        Value::Null => Either6::B(Null),
        Value::Boolean(value) => Either6::C(value),
        Value::Number(value) => Either6::D(value),
        Value::Bytes(bytes) => Either6::E(Uint8Array::from(&*bytes)),
        Value::Carried => Either6::F(NativeCarried { carried: true }),
    }
}

/// A value from its tag, as records number the kinds.
pub(crate) fn value_of(tag: u32, number: f64, bytes: Option<&[u8]>) -> Value {
    Value::from_tag(tag, number, || bytes.map(Arc::from))
}
