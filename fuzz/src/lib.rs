//! What several fuzz targets share.

pub mod grpc;
mod mutate;
pub mod rules;
pub mod signed;

pub use mutate::mutate;

/// What `tollgate serve` reads of a request. The command is not a library, so its files are compiled here once more.
#[allow(dead_code, unused_imports, reason = "the command uses the rest")]
#[path = "../../cli/src/serve"]
mod serve {
    pub(crate) mod grpc {
        pub(crate) mod attributes;
        pub(crate) mod frame;
        pub(crate) mod messages;
    }
    pub(crate) mod original_request;
    pub(crate) mod path;
    pub(crate) mod resource;
    pub(crate) mod rules;
}
