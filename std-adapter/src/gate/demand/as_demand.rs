//! [`AsDemand`]: the ways in which a caller says what it demands.

use super::Demand;

/// What a caller demands of a token: scopes, as in `&["read:orders"]`, or a [`Demand`].
///
/// No other type can implement it.
///
/// ```
/// use http::HeaderMap;
/// use tollgate::gate::{AsDemand, Demand, Denied, Gate, Identity};
///
/// async fn authorize(
///     gate: &Gate,
///     headers: &HeaderMap,
///     demand: &(impl AsDemand + ?Sized),
/// ) -> Result<Identity, Denied> {
///     gate.authorize_request(headers, demand).await
/// }
///
/// # async fn example(gate: &Gate, headers: &HeaderMap, demand: &Demand) -> Result<(), Denied> {
/// authorize(gate, headers, &["read:orders"]).await?;
/// authorize(gate, headers, demand).await?;
/// # Ok(())
/// # }
/// ```
pub trait AsDemand: sealed::Wants {}

impl<T: sealed::Wants + ?Sized> AsDemand for T {}

/// All scopes and the demand that a token must meet.
#[derive(Debug)]
pub struct Wanted<'a, S> {
    pub(crate) scopes: &'a [S],
    pub(crate) demand: &'a Demand,
}

// Deriving these would require `S: Copy`, although only a reference to the scopes is copied.
impl<S> Clone for Wanted<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Wanted<'_, S> {}

impl<'a, S: AsRef<str>> Wanted<'a, S> {
    /// The scopes that a client should ask for.
    pub(in crate::gate) fn scopes_to_ask_for(self) -> impl Iterator<Item = &'a str> {
        self.scopes.iter().map(AsRef::as_ref).chain(self.demand.scopes_to_ask_for())
    }
}

pub(crate) mod sealed {
    use super::{Demand, Wanted};

    /// Demands nothing.
    static NOTHING: Demand = Demand::NOTHING;

    pub trait Wants {
        type Scope: AsRef<str>;

        fn wanted(&self) -> Wanted<'_, Self::Scope>;
    }

    impl<S: AsRef<str>> Wants for [S] {
        type Scope = S;

        fn wanted(&self) -> Wanted<'_, S> {
            Wanted { scopes: self, demand: &NOTHING }
        }
    }

    impl<S: AsRef<str>, const N: usize> Wants for [S; N] {
        type Scope = S;

        fn wanted(&self) -> Wanted<'_, S> {
            self.as_slice().wanted()
        }
    }

    impl<S: AsRef<str>> Wants for Vec<S> {
        type Scope = S;

        fn wanted(&self) -> Wanted<'_, S> {
            self.as_slice().wanted()
        }
    }

    impl Wants for Demand {
        type Scope = String;

        fn wanted(&self) -> Wanted<'_, String> {
            Wanted { scopes: &[], demand: self }
        }
    }
}
