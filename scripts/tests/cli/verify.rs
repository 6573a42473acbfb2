//! `ogpu dao verify`: a proposal that hides a program, or does not pin one, is not verified.

use std::path::Path;

use eyre::{ContextCompat, Result};
use ogpu_client::alloy::{
    hex,
    primitives::{Address, B256, Bytes, U256},
    sol,
    sol_types::SolCall as _,
};
use ogpu_tests::{DEVELOPMENT_KEY, Stage, temporary};
use serde_json::Value;

use super::User;

sol! {
    function upgradeToAndCall(address newImplementation, bytes data);
    function setExtension(address extension);
}

/// One call of a proposal: contract, function, arguments.
pub type Call<'a> = (&'a str, &'a str, Vec<String>);

/// Writes a proposal and makes it; gives its number.
pub async fn proposed(
    owner: &User<'_>,
    file: &Path,
    title: &str,
    calls: &[Call<'_>],
) -> Result<String> {
    let mut text = format!("title = {}\ndescription = \"\"\n", Value::from(title));
    for (contract, function, arguments) in calls {
        text += &format!(
            "[[call]]\ncontract = {contract:?}\nfunction = {function:?}\narguments = {arguments:?}\n"
        );
    }
    std::fs::write(file, text)?;
    let made = owner
        .run(&format!("dao propose {}", file.display()))
        .await?;
    let id = made["proposalId"].as_str().wrap_err("no number")?;
    Ok(id.to_owned())
}

fn address(value: &Value) -> Result<Address> {
    Ok(value.as_str().wrap_err("no address")?.parse()?)
}

#[tokio::test]
async fn what_is_hidden_or_not_pinned_is_not_verified() -> Result<()> {
    let stage = Stage::embedded().await?;
    let (file, terms, draft) = (
        temporary("verify.json"),
        temporary("verify-terms.json"),
        temporary("verify-proposal.toml"),
    );
    let text = r#"{"votingDelay":1,"votingPeriod":10,"proposalThreshold":"0","quorumPercent":4,"voteExtension":1,"timelockDelay":1,"guardian":null}"#;
    std::fs::write(&terms, text)?;
    let owner = User {
        url: stage.chain().url(),
        file: &file,
        key: DEVELOPMENT_KEY,
    };
    owner
        .run(&format!("deploy --dao {}", terms.display()))
        .await?;
    let deployment: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let implementation = |name: &str| address(&deployment["contracts"][name]["implementation"]);
    let (governor, escrow) = (
        implementation("governance-dao")?,
        implementation("payment-escrow")?,
    );
    let hash = |name: &str| deployment["contracts"][name]["codeHash"].clone();
    let pin = |at: Address, hash: &Value| -> Call<'static> {
        let hash = hash.as_str().unwrap_or_default().to_owned();
        ("watchdog", "requireCode", vec![at.to_string(), hash])
    };
    let upgrade = |data: Bytes| -> Call<'static> {
        let arguments = vec![escrow.to_string(), data.to_string()];
        ("payment-escrow", "upgradeToAndCall", arguments)
    };
    let plain = upgradeToAndCallCall {
        newImplementation: escrow,
        data: Bytes::new(),
    };
    let plain = hex::encode_prefixed(plain.abi_encode());
    let proxy = address(&deployment["contracts"]["payment-escrow"]["proxy"])?.to_string();
    // the governor as it is, and with it, unseen, another program where its extension should be
    let hidden = setExtensionCall { extension: escrow }.abi_encode();
    let hidden = vec![governor.to_string(), hex::encode_prefixed(hidden)];
    let (none, zero) = (Bytes::new(), "0".to_owned());
    let word = B256::ZERO.to_string();
    let wrong = Value::String(B256::from(U256::ONE).to_string());
    let pinned = pin(escrow, &hash("payment-escrow"));

    let refusals: [(&str, &str, Vec<Call>); 6] = [
        ("no pin", "does not pin", vec![upgrade(none.clone())]),
        (
            "another pin",
            "does not pin",
            vec![pin(escrow, &wrong), upgrade(none.clone())],
        ),
        (
            "a pin too late",
            "does not pin",
            vec![upgrade(none.clone()), pinned.clone()],
        ),
        (
            "relayed",
            "does not pin",
            vec![(
                "governance-dao",
                "relay",
                vec![proxy.clone(), zero.clone(), plain.clone()],
            )],
        ),
        (
            "scheduled for another day",
            "does not pin",
            vec![
                pinned.clone(),
                (
                    "timelock",
                    "schedule",
                    vec![
                        proxy,
                        zero.clone(),
                        plain,
                        word.clone(),
                        word,
                        "10".to_owned(),
                    ],
                ),
            ],
        ),
        (
            "hidden",
            "not the one that is built here",
            vec![
                pin(governor, &hash("governance-dao")),
                ("governance-dao", "upgradeToAndCall", hidden),
            ],
        ),
    ];
    for (title, says, calls) in refusals {
        let id = proposed(&owner, &draft, title, &calls).await?;
        let refused = owner.refused(&format!("dao verify {id}")).await?;
        assert!(refused.contains(says), "{title}: {refused}");
        let inner = match title {
            "relayed" | "scheduled for another day" => "{ payment-escrow.upgradeToAndCall(",
            "hidden" => "data: { governance-dao.setExtension(extension: 0x",
            _ => continue,
        };
        let described = owner.read(&format!("dao describe {id}")).await?;
        assert!(described.contains(inner), "{title}: {described}");
    }

    // what `ogpu dao install` prints for an extension is verified, as is a pinned upgrade
    let installed = owner.read("dao install governor-admin").await?;
    let calls = installed.split_once("\n\n").wrap_err("no calls")?.1;
    std::fs::write(
        &draft,
        format!("title = \"The rest\"\ndescription = \"\"\n{calls}"),
    )?;
    let made = owner
        .run(&format!("dao propose {}", draft.display()))
        .await?;
    let id = made["proposalId"].as_str().wrap_err("no number")?;
    let verified = owner.run(&format!("dao verify {id}")).await?;
    assert_eq!(verified["programs"][0]["program"], "governor-admin");
    assert_eq!(
        (&verified["same"], &verified["pinned"]),
        (&true.into(), &true.into())
    );
    let id = proposed(&owner, &draft, "pinned", &[pinned, upgrade(none)]).await?;
    let verified = owner.run(&format!("dao verify {id}")).await?;
    assert_eq!(
        (&verified["same"], &verified["pinned"]),
        (&true.into(), &true.into())
    );

    let refused = owner.refused("dao install proxy-uups").await?;
    assert!(refused.contains("behind them"), "{refused}");
    for path in [file, terms, draft] {
        std::fs::remove_file(path)?;
    }
    Ok(())
}
