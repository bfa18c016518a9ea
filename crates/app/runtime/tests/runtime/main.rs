//! Many calls in one process, on an embedded cloud.

mod calls;
mod support;
