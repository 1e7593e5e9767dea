//! `reasons!`: declares an enum of reasons, with all that is said of each reason in one place.
//!
//! ```text
//! reasons! {
//!     pub enum Rejection: (reason, number, stage) {
//!         /// The Authorization header is missing or empty.      its documentation
//!         #[reason("authorization-missing", 1, Authorization)]   its name, number and stage
//!         #[text("the Authorization header is missing")]         its sentence, as for `write!`
//!         AuthorizationMissing,
//!     }
//! }
//! ```
//!
//! The methods to generate stand after the enum's name; `Display` is always generated. The text can
//! use the variant's fields. A variant that wraps another reason has `of` and that reason instead of a
//! name and a number; one whose stage depends on the part of the token has `of` and that part.

macro_rules! reasons {
    ($(#[$attribute:meta])* pub enum $Enum:ident: ($($method:ident),+) $variants:tt) => {
        reasons!(@enum [$(#[$attribute])*] $Enum $variants);
        reasons!(@parse text $Enum $variants);
        $(reasons!(@parse $method $Enum $variants);)+
    };

    (@enum [$($attributes:tt)*] $Enum:ident { $(
        $(#[doc = $doc:literal])*
        #[reason($($fact:tt)+)]
        #[text($($text:tt)+)]
        $Variant:ident
            $({ $($(#[doc = $field_doc:literal])* $field:ident: $Type:ty,)+ })?
            $(($inner:ident: $Inner:ty))?,
    )+ }) => {
        $($attributes)*
        pub enum $Enum { $(
            $(#[doc = $doc])*
            $Variant $({ $($(#[doc = $field_doc])* $field: $Type,)+ })? $(($Inner))?,
        )+ }
    };

    // What the methods need of each variant: its name, the pattern of its fields, its facts, its text.
    (@parse $method:ident $Enum:ident { $(
        $(#[doc = $doc:literal])*
        #[reason($($fact:tt)+)]
        #[text($($text:tt)+)]
        $Variant:ident
            $({ $($(#[doc = $field_doc:literal])* $field:ident: $Type:ty,)+ })?
            $(($inner:ident: $Inner:ty))?,
    )+ }) => {
        reasons! { @$method $Enum $(
            [$Variant $({ $($field),+ })? $(($inner))?] [$($fact)+] [$($text)+]
        )+ }
    };

    (@text $Enum:ident $( [$Variant:ident $($fields:tt)?] $fact:tt [$($text:tt)+] )+) => {
        impl core::fmt::Display for $Enum {
            #[allow(unused_variables, reason = "not every text tells all facts")]
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self { $(
                    Self::$Variant $($fields)? => reasons!(@write f [$($fields)?] $($text)+),
                )+ }
            }
        }
    };
    (@write $f:ident [] $text:literal) => { $f.write_str($text) };
    (@write $f:ident $fields:tt $($text:tt)+) => { write!($f, $($text)+) };

    (@reason $Enum:ident $( [$Variant:ident $($fields:tt)?] [$($fact:tt)+] $text:tt )+) => {
        impl $Enum {
            /// The reason's name in kebab case, which is stable.
            #[must_use]
            #[allow(unused_variables, reason = "only the variants that wrap a reason use theirs")]
            pub const fn reason(self) -> &'static str {
                /// Out of line, so that it matches nothing but constants: a table, and no code.
                #[inline(never)]
                const fn own(reason: $Enum) -> &'static str {
                    match reason { $( $Enum::$Variant { .. } => reasons!(@own_name $($fact)+), )+ }
                }
                match self { $(
                    Self::$Variant $($fields)? => reasons!(@wrapped reason own(self); $($fact)+),
                )+ }
            }
        }
    };
    (@reason_names $Enum:ident $( [$Variant:ident $($fields:tt)?] [$($fact:tt)+] $text:tt )+) => {
        impl $Enum {
            /// Lists the names of all reasons, except for those of JSON.
            pub fn reason_names() -> impl Iterator<Item = &'static str> {
                let names = [$( reasons!(@listed_name $($fact)+), )+];
                names.into_iter().flatten()
            }
        }
    };
    // Nobody sees this name. If it were empty, the compiler would make code of `own` instead of a table.
    (@own_name of $($reason:tt)+) => { "wrapped" };
    (@own_name $name:literal $($rest:tt)*) => { $name };

    (@listed_name of $($reason:tt)+) => { None };
    (@listed_name $name:literal $($rest:tt)*) => { Some($name) };

    (@number $Enum:ident $( [$Variant:ident $($fields:tt)?] [$($fact:tt)+] $text:tt )+) => {
        impl $Enum {
            /// The reason's number, which is stable: it is the value of `tollgate_result` in C.
            #[must_use]
            #[allow(unused_variables, reason = "only the variants that wrap a reason use theirs")]
            pub const fn number(self) -> u8 {
                /// Out of line, as for `reason`.
                #[inline(never)]
                const fn own(reason: $Enum) -> u8 {
                    match reason { $( $Enum::$Variant { .. } => reasons!(@own_number $($fact)+), )+ }
                }
                match self { $(
                    Self::$Variant $($fields)? => reasons!(@wrapped number own(self); $($fact)+),
                )+ }
            }
        }
    };
    (@own_number of $($reason:tt)+) => { 0 };
    (@own_number $name:literal, $number:literal $($rest:tt)*) => { $number };

    (@wrapped $method:ident $own:expr; of $reason:expr $(, $($rest:tt)+)?) => { $reason.$method() };
    (@wrapped $method:ident $own:expr; $($fact:tt)+) => { $own };

    (@all $Enum:ident $( [$Variant:ident] $fact:tt $text:tt )+) => {
        impl $Enum {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$( Self::$Variant, )+];
        }
    };

    (@stage $Enum:ident $( [$Variant:ident $($fields:tt)?] [$($fact:tt)+] $text:tt )+) => {
        impl $Enum {
            /// The stage at which the token was refused. It has passed all earlier ones.
            #[must_use]
            #[allow(unused_variables, reason = "most stages do not depend on the part")]
            pub const fn stage(self) -> $crate::Stage {
                match self { $(
                    Self::$Variant $($fields)? => reasons!(@own_stage $($fact)+),
                )+ }
            }

            /// The reasons that are variants of their own.
            const OWN: &'static [Option<Reason>] = &[$( reasons!(@listed $($fact)+), )+];
        }
    };
    (@own_stage of $reason:expr, of $part:ident) => { $crate::Stage::of($part) };
    (@own_stage $name:literal, $number:literal, of $part:ident) => { $crate::Stage::of($part) };
    (@own_stage $name:literal, $number:literal, $stage:ident) => { $crate::Stage::$stage };
    (@listed of $($reason:tt)+) => { None };
    (@listed $name:literal, $number:literal, of $part:ident) => {
        reasons!(@listed $name, $number, Header)
    };
    (@listed $name:literal, $number:literal, $stage:ident) => {
        Some(Reason { name: $name, number: $number, stage: $crate::Stage::$stage })
    };
}

pub(crate) use reasons;
