//! RSA: every engine, with moduli of every kind of length.

mod edges;
mod encodings;
mod engines;
mod forged;
mod keys;
mod library;
mod wycheproof;
