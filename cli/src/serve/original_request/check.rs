//! [`Check`]: what a proxy says about a request.

use http::{HeaderMap, Method};

use super::{OriginalRequest, OriginalRequestError, Proxy};

/// What a proxy says about a request. Headers come beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check<'a> {
    /// The method and the target of an HTTP request. The [`Proxy`] decides what they mean.
    Http { method: &'a Method, target: &'a str },
    /// The method and the target of the original request, which Envoy sends over gRPC.
    #[cfg(feature = "grpc")]
    Attributes { method: &'a [u8], target: &'a [u8], host: &'a [u8] },
}

impl<'a> Check<'a> {
    /// Reads the original request.
    ///
    /// # Errors
    ///
    /// As [`Proxy::original_request`].
    pub(crate) fn original_request(
        self,
        proxy: Proxy,
        headers: &'a HeaderMap,
    ) -> Result<OriginalRequest<'a>, OriginalRequestError> {
        match self {
            Self::Http { method, target } => proxy.original_request(method, target, headers),
            #[cfg(feature = "grpc")]
            Self::Attributes { method, target, .. } => {
                OriginalRequest::uncontradicted(method, target, headers)
            }
        }
    }

    /// The method and the target that the check names, unchecked: for the log.
    pub(crate) fn claimed_request(
        self,
        proxy: Option<Proxy>,
        headers: &'a HeaderMap,
    ) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        match self {
            Self::Http { method, target } => proxy
                .map(|proxy| proxy.claimed_request(method, target, headers))
                .unwrap_or_default(),
            #[cfg(feature = "grpc")]
            Self::Attributes { method, target, .. } => (Some(method), Some(target)),
        }
    }
}
