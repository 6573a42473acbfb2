//! The DAO, by commands: from a proposal in a file to an upgraded contract.

use eyre::{ContextCompat, Result};
use ogpu_client::{Account, signer};
use ogpu_tests::{DEVELOPMENT_KEY, Stage, temporary};
use serde_json::Value;

use super::{User, verify::proposed};

/// Seconds of each step of the DAO under test.
const STEP: u64 = 10;

#[tokio::test]
async fn a_contract_is_upgraded_by_vote() -> Result<()> {
    let stage = Stage::new().await?;
    let chain = stage.chain();
    let bank = Account::new(chain.clone(), signer::parse(DEVELOPMENT_KEY)?);
    let pass = async || -> Result<()> {
        let later = chain.now().await? + STEP + 1;
        stage.reach(&bank, later).await
    };
    let (file, terms) = (temporary("dao.json"), temporary("terms.json"));
    let text = format!(
        r#"{{"votingDelay":{STEP},"votingPeriod":{STEP},"proposalThreshold":"1","quorumPercent":4,"voteExtension":1,"timelockDelay":{STEP},"guardian":null}}"#
    );
    std::fs::write(&terms, text)?;
    let owner = User {
        url: chain.url(),
        file: &file,
        key: DEVELOPMENT_KEY,
    };
    owner
        .run(&format!("deploy --dao {}", terms.display()))
        .await?;
    let shown = owner.run("dao show").await?;
    assert_eq!(shown["proposals"], "0");
    assert_eq!(shown["supply"], "1000000000");
    owner.run("dao delegate").await?;
    pass().await?;

    let installed = owner.run("dao install payment-escrow").await?;
    let address = installed["implementation"]
        .as_str()
        .wrap_err("no address")?;
    let hash = installed["codeHash"].as_str().wrap_err("no code hash")?;
    let proposal = temporary("proposal.toml");
    let text = format!(
        "title = \"The next escrow\"\ndescription = \"As it is.\"\n\
         [[call]]\ncontract = \"watchdog\"\nfunction = \"requireCode\"\narguments = [\"{address}\", \"{hash}\"]\n\
         [[call]]\ncontract = \"payment-escrow\"\nfunction = \"upgradeToAndCall\"\narguments = [\"{address}\", \"0x\"]\n\
         [[call]]\ncontract = \"staking-vault\"\nfunction = \"setSlashSplit\"\narguments = [\"5000\", \"2500\"]\n"
    );
    std::fs::write(&proposal, &text)?;
    let propose = format!("dao propose {}", proposal.display());
    let looked_at = owner.run(&format!("{propose} --dry-run")).await?;
    assert_eq!(
        looked_at["calls"][2],
        "staking-vault.setSlashSplit(injuredBps: 5000, treasuryBps: 2500)"
    );
    let listed = owner.run("dao list").await?;
    assert_eq!(listed["proposals"].as_array().map(Vec::len), Some(0));
    let made = owner.run(&propose).await?;
    let id = made["proposalId"].as_str().wrap_err("no number")?;
    let id = &id[..12];

    let early = owner.refused(&format!("dao vote {id} for")).await?;
    assert!(early.contains("is pending"), "{early}");
    pass().await?;
    let ballot = temporary("ballot.json");
    owner
        .run(&format!("dao sign {id} for {}", ballot.display()))
        .await?;
    let posted = owner.run(&format!("dao post {}", ballot.display())).await?;
    assert_eq!(posted["counted"], 1);
    let again = owner
        .refused(&format!("dao post {}", ballot.display()))
        .await?;
    assert!(again.contains("no ballot can be posted"), "{again}");
    let described = owner.read(&format!("dao describe {id}")).await?;
    assert!(described.contains("The next escrow"), "{described}");
    assert!(described.to_lowercase().contains(address), "{described}");
    pass().await?;
    owner.run(&format!("dao queue {id}")).await?;
    pass().await?;
    let verified = owner.run(&format!("dao verify {id}")).await?;
    assert_eq!(verified["same"], true);
    assert_eq!(verified["programs"][0]["pinned"], true);
    owner.run(&format!("dao execute {id}")).await?;
    let listed = owner.run("dao list").await?;
    assert_eq!(listed["proposals"][0]["state"], "executed");
    assert_eq!(listed["proposals"][0]["title"], "The next escrow");
    let running = owner.run("dao verify").await?;
    let programs = running["programs"].as_array().wrap_err("no programs")?;
    let escrow = programs
        .iter()
        .find(|each| each["program"] == "payment-escrow");
    assert_eq!(
        escrow.map(|each| &each["implementation"]),
        Some(&installed["implementation"])
    );
    let watched = owner.run(&format!("dao watch {id}")).await?;
    assert_eq!(watched["state"], "executed");

    // What cannot be understood is refused before anything is sent.
    for (from, to, says) in [
        (
            "setSlashSplit",
            "setSlashSplits",
            "there is no such function",
        ),
        ("\"5000\", \"2500\"", "\"5000\"", "takes 2 arguments"),
        ("\"5000\"", "\"many\"", "'many' is no"),
        ("staking-vault", "vault", "neither an address nor one of"),
        ("title", "titel", "is no proposal"),
    ] {
        std::fs::write(&proposal, text.replace(from, to))?;
        let refused = owner.refused(&propose).await?;
        assert!(refused.contains(says), "{refused}");
    }
    for path in [file, terms, proposal, ballot] {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

#[tokio::test]
async fn nobody_votes_where_an_account_owns_everything() -> Result<()> {
    let stage = Stage::embedded().await?;
    let file = temporary("no-dao.json");
    let owner = User {
        url: stage.chain().url(),
        file: &file,
        key: DEVELOPMENT_KEY,
    };
    owner.run("deploy").await?;
    let text = owner.refused("dao show").await?;
    assert!(text.contains("ogpu deploy --dao"), "{text}");
    std::fs::remove_file(&file)?;
    Ok(())
}

#[tokio::test]
async fn a_folder_of_ballots_is_posted_whatever_else_is_in_it() -> Result<()> {
    let stage = Stage::new().await?;
    let chain = stage.chain();
    let bank = Account::new(chain.clone(), signer::parse(DEVELOPMENT_KEY)?);
    let (file, terms, draft, folder) = (
        temporary("ballots.json"),
        temporary("ballots-terms.json"),
        temporary("ballots-proposal.toml"),
        temporary("ballots"),
    );
    let text = format!(
        r#"{{"votingDelay":{STEP},"votingPeriod":3600,"proposalThreshold":"0","quorumPercent":4,"voteExtension":1,"timelockDelay":{STEP},"guardian":null}}"#
    );
    std::fs::write(&terms, text)?;
    let owner = User {
        url: chain.url(),
        file: &file,
        key: DEVELOPMENT_KEY,
    };
    owner
        .run(&format!("deploy --dao {}", terms.display()))
        .await?;
    owner.run("dao delegate").await?;
    let call = (
        "staking-vault",
        "setSlashSplit",
        vec!["5000".to_owned(), "2500".to_owned()],
    );
    // what it says does nothing to the terminal of whoever looks at it
    let first = proposed(&owner, &draft, "One \u{1b}[2J", std::slice::from_ref(&call)).await?;
    let second = proposed(&owner, &draft, "Two", std::slice::from_ref(&call)).await?;
    let described = owner.read(&format!("dao describe {first}")).await?;
    assert!(described.starts_with("| # One \\u{1b}[2J"), "{described}");
    let later = chain.now().await? + STEP + 1;
    stage.reach(&bank, later).await?;

    let at = |name: &str| folder.join(name).display().to_string();
    owner
        .run(&format!("dao sign {first} for {}", at("first.json")))
        .await?;
    owner
        .run(&format!(
            "dao sign {second} against {} --nonce 1",
            at("second.json")
        ))
        .await?;
    // of a proposal that takes no votes yet
    let third = proposed(&owner, &draft, "Three", &[call]).await?;
    owner
        .run(&format!(
            "dao sign {third} for {} --nonce 2",
            at("third.json")
        ))
        .await?;
    std::fs::copy(at("first.json"), at("twice.json"))?;
    std::fs::write(at("broken.json"), "{bad")?;
    // of a contract that signs nothing, which only the chain can say
    let deployment: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let mut ballot: Value = serde_json::from_slice(&std::fs::read(at("first.json"))?)?;
    ballot["voter"] = deployment["contracts"]["ogpu-token"]["proxy"].clone();
    std::fs::write(at("wallet.json"), ballot.to_string())?;
    let with_more =
        std::fs::read_to_string(at("first.json"))?.replacen('{', "{\"reason\":\"\",", 1);
    std::fs::write(at("more.json"), with_more)?;
    let posted = owner.run(&format!("dao post {}", folder.display())).await?;
    assert_eq!(posted["counted"], 2, "{posted}");
    let left_out = posted["leftOut"].to_string();
    for why in [
        "third.json",
        "is pending",
        "twice.json",
        "has voted",
        "broken.json",
        "is no ballot",
        "unknown field `reason`",
        "did not sign this ballot",
    ] {
        assert!(left_out.contains(why), "{why}: {left_out}");
    }
    std::fs::remove_file(at("wallet.json"))?;
    std::fs::remove_file(at("third.json"))?;
    let refused = owner
        .refused(&format!("dao post {}", folder.display()))
        .await?;
    assert!(refused.contains("no ballot can be posted"), "{refused}");

    owner.run(&format!("dao cancel {first}")).await?;
    for command in ["sign {} for unused.json", "vote {} for"] {
        let command = format!("dao {}", command.replace("{}", &first));
        let refused = owner.refused(&command).await?;
        assert!(refused.contains("takes no votes any more"), "{refused}");
    }
    let stranger = User {
        key: "0x00000000000000000000000000000000000000000000000000000000000000aa",
        ..owner
    };
    let refused = stranger.refused(&format!("dao vote {second} for")).await?;
    assert!(refused.contains("had no votes"), "{refused}");
    std::fs::remove_dir_all(folder)?;
    for path in [file, terms, draft] {
        std::fs::remove_file(path)?;
    }
    Ok(())
}
