//! Rules of governance.
