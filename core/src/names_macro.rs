//! `names!`: declares an enum of names in tokens, with each name beside its variant.

macro_rules! names {
    ($(#[$attribute:meta])* pub enum $Enum:ident { $(
        $(#[$variant_attribute:meta])*
        $Variant:ident = $name:literal,
    )+ }) => {
        $(#[$attribute])*
        pub enum $Enum { $(
            $(#[$variant_attribute])*
            $Variant,
        )+ }

        impl $Enum {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$( Self::$Variant, )+];

            /// Returns the name in a token.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Variant => $name, )+ }
            }

            /// Returns the one with this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $( $name => Some(Self::$Variant), )+ _ => None }
            }
        }

        impl core::fmt::Display for $Enum {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use names;
