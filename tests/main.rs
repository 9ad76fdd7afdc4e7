//! One integration binary: a module per command or concept.
