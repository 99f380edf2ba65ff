//! Tests of the whole chain through its doors.

mod genesis;
mod life;
