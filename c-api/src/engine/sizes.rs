//! The sizes of tables that a blob may have.

/// Calls a function with the size that a key's table has, if the feature for it is chosen:
/// `by_size!(key, for_table::<TRUSTED, C>)` may call `for_table::<TRUSTED, C, Comb<6, 2>>(key)`.
macro_rules! by_size {
    ($key:expr, $make:ident::<$($parameter:ident),*>) => {
        by_size!(@ $key, $make, [$($parameter),*];
            "comb-4x1": 4 x 1,
            "comb-5x1": 5 x 1,
            "comb-5x2": 5 x 2,
            "comb-6x2": 6 x 2,
            "comb-7x2": 7 x 2,
            "comb-8x2": 8 x 2,
            "comb-8x4": 8 x 4,
            "comb-10x2": 10 x 2,
        )
    };
    (@ $key:expr, $make:ident, $parameters:tt; $($feature:literal: $t:literal x $b:literal,)*) => {
        match $key.size() {
            $(
                #[cfg(feature = $feature)]
                ($t, $b) => by_size!(@call $make, $parameters, $t, $b)($key),
            )*
            (teeth, blocks) => Err(BlobError::Size { teeth, blocks }),
        }
    };
    (@call $make:ident, [$($parameter:ident),*], $t:literal, $b:literal) => {
        $make::<$($parameter,)* Comb<$t, $b>>
    };
}

pub(super) use by_size;
