//! Genesis documents: in, out, and in again.

mod round_trip;
