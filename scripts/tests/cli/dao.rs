//! The DAO, by commands: from a proposal in a file to an upgraded contract.

use eyre::{ContextCompat, Result};
use ogpu_client::{Account, signer};
use ogpu_tests::{DEVELOPMENT_KEY, Stage, temporary};

use super::User;

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
