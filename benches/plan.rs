//! A plan of 50 MB: from the bytes of the file to the digest, risk and blast radius.
//!
//! `cargo bench --bench plan`; the figure to beat is 1.5 seconds on two cores.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints what it measures")]

use std::time::Instant;

use changebook::intake::terraform::{Plan, Rules};
use changebook::policy::Policy;

const BYTES: usize = 50_000_000;

/// One resource with nested blocks, lists and masks, as a cluster's resources are.
fn change(index: usize) -> String {
    let rules: Vec<String> = (0..12)
        .map(|port| format!(r#"{{"from_port":{port},"protocol":"tcp","cidr_blocks":["10.{port}.0.0/16"],"description":"rule {port} of {index}"}}"#))
        .collect();
    let rules = rules.join(",");
    format!(
        r#"{{"address":"module.network[\"{index}\"].aws_security_group.app","module_address":"module.network[\"{index}\"]","mode":"managed","type":"aws_security_group","name":"app","provider_name":"registry.terraform.io/hashicorp/aws","change":{{"actions":["update"],"before":{{"name":"app-{index}","tags":{{"team":"platform"}},"ingress":[{rules}]}},"after":{{"name":"app-{index}","tags":{{"team":"platform"}},"ingress":[{rules},{{"from_port":6379}}]}},"after_unknown":{{"ingress":[{{}}]}},"before_sensitive":{{"ingress":[{{"cidr_blocks":[false]}}]}},"after_sensitive":{{"ingress":[{{"cidr_blocks":[false]}}]}}}}}}"#
    )
}

fn main() {
    let mut plan =
        String::from(r#"{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":["#);
    let mut n_changes = 0;
    while plan.len() < BYTES {
        if n_changes > 0 {
            plan.push(',');
        }
        plan.push_str(&change(n_changes));
        n_changes += 1;
    }
    plan.push_str("]}");
    let policy = Policy::builtin();
    for _ in 0..3 {
        let start = Instant::now();
        let read = Plan::read(plan.as_bytes(), Rules::of(&policy)).unwrap();
        assert_eq!(read.summary.change, n_changes);
        println!("{} bytes, {n_changes} changes: {:?}", plan.len(), start.elapsed());
    }
}
