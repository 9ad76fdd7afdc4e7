//! Byte-preserving edits.
