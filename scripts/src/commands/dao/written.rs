//! Proposals in files.

use std::path::Path;

use eyre::{ContextCompat, Result, WrapErr, ensure};
use ogpu_client::{
    Deployment,
    alloy::primitives::U256,
    governance::{Action, Proposal},
    interfaces,
};
use serde::Deserialize;

/// The file of a proposal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    title: String,
    description: String,
    call: Vec<WrittenCall>,
}

/// One call of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCall {
    contract: String,
    function: String,
    #[serde(default)]
    arguments: Vec<String>,
    /// Ether, in wei.
    #[serde(default)]
    value: Option<String>,
}

impl Written {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .wrap_err_with(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).wrap_err_with(|| {
            format!(
                "{} is no proposal; `ogpu dao --help` shows one",
                path.display()
            )
        })
    }

    pub fn proposal(self, deployment: &Deployment) -> Result<Proposal> {
        ensure!(!self.call.is_empty(), "the proposal has no [[call]]");
        ensure!(
            !self.title.trim().is_empty(),
            "the title is empty, and it is all that most voters read"
        );
        let mut actions = Vec::with_capacity(self.call.len());
        for call in self.call {
            let known = deployment.contracts.get(&call.contract);
            let target = match known.and_then(|contract| contract.proxy) {
                Some(proxy) => proxy,
                None => call.contract.parse().ok().wrap_err_with(|| {
                    let names = deployment.contracts.iter();
                    let names = names.filter(|(_, contract)| contract.proxy.is_some());
                    let names: Vec<_> = names.map(|(name, _)| name.as_str()).collect();
                    format!(
                        "{} is neither an address nor one of {}",
                        call.contract,
                        names.join(", ")
                    )
                })?,
            };
            actions.push(Action {
                target,
                value: match call.value {
                    None => U256::ZERO,
                    Some(wei) => wei
                        .parse()
                        .wrap_err("the value of a call is ether in wei")?,
                },
                data: interfaces::encode(&call.contract, &call.function, &call.arguments)?,
            });
        }
        Ok(Proposal {
            actions,
            description: format!("# {}\n\n{}", self.title.trim(), self.description.trim()),
        })
    }
}
