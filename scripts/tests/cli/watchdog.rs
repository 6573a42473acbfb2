//! Breakers and the keeper, by commands.

use eyre::{Result, eyre};
use ogpu_tests::{DEVELOPMENT_KEY, Stage, temporary};
use serde_json::json;

use super::User;

const DAY: u64 = 86_400;

#[tokio::test]
async fn programs_are_shown_extended_and_brought_back() -> Result<()> {
    let stage = Stage::embedded().await?;
    let file = temporary("watchdog.json");
    let owner = User {
        url: stage.chain().url(),
        file: &file,
        key: DEVELOPMENT_KEY,
    };
    let deployed = owner.run("deploy").await?;
    let count = deployed["contracts"]
        .as_object()
        .ok_or_else(|| eyre!("no contracts"))?
        .len();

    let status = owner.run("watchdog status").await?;
    let programs = status["programs"]
        .as_array()
        .ok_or_else(|| eyre!("no programs"))?;
    assert_eq!(programs.len(), count);
    for program in programs {
        let left = program["secondsLeft"].as_u64();
        assert!(
            left > Some(364 * DAY) && left <= Some(365 * DAY),
            "{program}"
        );
    }
    let watched = status["breakers"]["watched"].as_array();
    assert_eq!(watched.map(Vec::len), Some(2));
    let text = owner.read("watchdog status").await?;
    assert!(text.contains("staking-vault"), "{text}");
    assert!(text.contains("10000000"), "{text}");

    let poked = owner.run("watchdog poke").await?;
    assert_eq!(poked["pokes"].as_array().map(Vec::len), Some(2));
    assert_eq!(poked["pokes"][0]["tripped"], false);
    let text = owner
        .refused("watchdog poke 0x00000000000000000000000000000000000000aa")
        .await?;
    assert!(text.contains("is not watched"), "{text}");

    let young = owner.run("watchdog keep-alive").await?;
    assert_eq!(young["extended"], "0");
    stage.chain().jump(200 * DAY).await?;
    let kept = owner.run("watchdog keep-alive").await?;
    assert_eq!(kept["extended"], count.to_string());
    assert_ne!(kept["fees"], "0");

    stage.chain().jump(366 * DAY).await?;
    let status = owner.run("watchdog status").await?;
    assert_eq!(status["programs"][0]["secondsLeft"], json!(null));
    let revived = owner.run("watchdog keep-alive").await?;
    assert_eq!(revived["activated"].as_array().map(Vec::len), Some(count));
    let status = owner.run("watchdog status").await?;
    assert!(
        status["breakers"]["targets"][2]["paused"] == false,
        "{status}"
    );
    std::fs::remove_file(&file)?;
    Ok(())
}
