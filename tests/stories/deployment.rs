//! Deploying: interrupted at every step, resumed, and kept apart from other chains.

use std::{path::Path, sync::Arc};

use eyre::{Result, eyre};
use ogpu_client::{
    Account, Chain, ClientError, Deployment, Market, Programs, StepState,
    alloy::{primitives::U256, providers::Provider as _},
    deploy::{Progress, Settings, deploy},
};
use ogpu_tests::{Harness, Stage, ogpu, programs, temporary};
use tokio::sync::Notify;

/// Deploys until `stop` wants to; whether it was finished.
async fn deploy_until(
    account: &Account,
    programs: &Programs,
    settings: &Settings,
    path: &Path,
    mut stop: impl FnMut(&Progress) -> bool + Send,
) -> Result<Option<Deployment>> {
    let stopped = Arc::new(Notify::new());
    let notify = stopped.clone();
    let mut progress = move |event: Progress| {
        if stop(&event) {
            notify.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = stopped.notified() => Ok(None),
        deployment = deploy(account, programs, settings, path, &mut progress) => Ok(Some(deployment?)),
    }
}

#[tokio::test]
async fn a_deployment_interrupted_at_every_step_does_nothing_twice() -> Result<()> {
    let stage = Stage::new().await?;
    let account = stage.account_with(1_000_000_000_000_000_000).await?;
    let programs = programs()?;
    let settings = Harness::settings_for_tests();
    let path = temporary("interrupted.json");

    let mut seen: Vec<Progress> = Vec::new();
    let mut runs = 0;
    let deployment = loop {
        runs += 1;
        assert!(runs < 200, "the deployment does not come to an end");
        let finished = deploy_until(&account, &programs, &settings, &path, |event| {
            let new = !matches!(event, Progress::Skipped { .. }) && !seen.contains(event);
            if new {
                seen.push(event.clone());
            }
            new
        })
        .await?;
        if let Some(deployment) = finished {
            break deployment;
        }
    };
    let done = deployment
        .steps
        .iter()
        .filter(|step| matches!(step.state, StepState::Done { .. }))
        .count();
    assert!(
        deployment.contracts["verification-committee"]
            .proxy
            .is_some()
    );
    assert!(
        runs >= 2 * done,
        "{runs} runs for {done} steps: it was not interrupted before and after each"
    );
    usable(&stage, &account, &deployment).await?;
    std::fs::remove_file(&path)?;
    Ok(())
}

#[tokio::test]
async fn what_was_mined_but_not_noted_is_found_again() -> Result<()> {
    let stage = Stage::new().await?;
    let account = stage.account_with(1_000_000_000_000_000_000).await?;
    let programs = programs()?;
    let settings = Harness::settings_for_tests();
    let path = temporary("forgotten.json");
    let earlier = temporary("forgotten-earlier.json");

    // After every step the file is as it was before the step was noted.
    let mut seen: Vec<Progress> = Vec::new();
    let deployment = loop {
        let finished = deploy_until(&account, &programs, &settings, &path, |event| {
            if matches!(event, Progress::Signed { .. }) {
                std::fs::copy(&path, &earlier).expect("the file can be copied");
            }
            let new = matches!(event, Progress::Done { .. }) && !seen.contains(event);
            if new {
                seen.push(event.clone());
            }
            new
        })
        .await?;
        match finished {
            Some(deployment) => break deployment,
            None => std::fs::rename(&earlier, &path)?,
        }
    };
    usable(&stage, &account, &deployment).await?;
    std::fs::remove_file(&path)?;
    Ok(())
}

/// The deployment took exactly its steps' transactions, and is a market.
async fn usable(stage: &Stage, account: &Account, deployment: &Deployment) -> Result<()> {
    let done = deployment
        .steps
        .iter()
        .filter(|step| matches!(step.state, StepState::Done { .. }))
        .count();
    let sent = stage
        .chain()
        .provider()
        .get_transaction_count(account.address())
        .await?;
    assert_eq!(sent, done as u64, "transactions sent, and steps done");
    let market = Market::new(stage.chain().clone(), deployment.addresses()?);
    market.deposit(account, ogpu(10)).await?;
    let (task, _) = market
        .submit_task(account, "ipfs://job", ogpu(10), 60)
        .await?;
    assert_eq!(task, U256::ONE);
    let again = Deployment::load(deployment.path(), stage.chain()).await?;
    assert_eq!(again.addresses()?, deployment.addresses()?);
    Ok(())
}

#[tokio::test]
async fn a_finished_deployment_is_left_as_it_is() -> Result<()> {
    let stage = Stage::new().await?;
    let account = stage.account_with(1_000_000_000_000_000_000).await?;
    let (programs, settings, path) = (
        programs()?,
        Harness::settings_for_tests(),
        temporary("finished.json"),
    );
    deploy(&account, &programs, &settings, &path, &mut |_| ()).await?;
    let text = std::fs::read_to_string(&path)?;
    let sent = stage
        .chain()
        .provider()
        .get_transaction_count(account.address())
        .await?;
    deploy(&account, &programs, &settings, &path, &mut |_| ()).await?;
    assert_eq!(std::fs::read_to_string(&path)?, text);
    assert_eq!(
        stage
            .chain()
            .provider()
            .get_transaction_count(account.address())
            .await?,
        sent
    );

    let other = stage.account().await?;
    let error = deploy(&other, &programs, &settings, &path, &mut |_| ()).await;
    assert!(
        matches!(error, Err(ClientError::Mismatch { .. })),
        "another account went on: {error:?}"
    );
    let changed = Settings {
        supply: ogpu(1),
        ..settings.clone()
    };
    let error = deploy(&account, &programs, &changed, &path, &mut |_| ()).await;
    assert!(
        matches!(error, Err(ClientError::Mismatch { .. })),
        "other settings were taken: {error:?}"
    );
    std::fs::remove_file(&path)?;
    Ok(())
}

#[tokio::test]
async fn a_deployment_file_is_good_on_its_own_chain_only() -> Result<()> {
    let stage = Stage::new().await?;
    let account = stage.account_with(1_000_000_000_000_000_000).await?;
    let path = temporary("elsewhere.json");
    deploy(
        &account,
        &programs()?,
        &Harness::settings_for_tests(),
        &path,
        &mut |_| (),
    )
    .await?;

    // A development chain that was started again: the same id, another history.
    let restarted = Stage::embedded().await?;
    let error = Deployment::load(&path, restarted.chain())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::OtherChain { .. }), "{error}");
    assert!(error.to_string().contains("another chain"), "{error}");
    let text = std::fs::read_to_string(&path)?;
    let mut value: serde_json::Value = serde_json::from_str(&text)?;
    value["chainId"] = 1.into();
    std::fs::write(&path, value.to_string())?;
    let error = Deployment::load(&path, stage.chain()).await.unwrap_err();
    assert!(matches!(error, ClientError::OtherChain { .. }), "{error}");

    std::fs::write(&path, &text[..text.len() / 2])?;
    let error = Deployment::load(&path, stage.chain()).await.unwrap_err();
    assert!(
        matches!(error, ClientError::BadDeployment { .. }),
        "{error}"
    );
    std::fs::remove_file(&path)?;
    let error = Deployment::load(&path, stage.chain()).await.unwrap_err();
    assert!(matches!(error, ClientError::NoDeployment { .. }), "{error}");
    assert!(error.to_string().contains("cargo ogpu deploy"), "{error}");
    Ok(())
}

#[tokio::test]
async fn ownership_goes_to_the_owner_that_is_named() -> Result<()> {
    let stage = Stage::new().await?;
    let heir = stage.account().await?;
    let guardian = stage.account().await?;
    let harness = Harness::with(|settings| {
        settings.owner = Some(heir.address());
        settings.guardian = Some(guardian.address());
        settings.planter = Some(guardian.address());
    })
    .await?;
    for (name, contract) in &harness.deployment.contracts {
        let Some(proxy) = contract.proxy else {
            continue;
        };
        let owned = ogpu_client::bindings::Owned::new(proxy, harness.chain().provider());
        assert_eq!(
            harness.chain().read(name, owned.owner()).await?,
            heir.address(),
            "{name}"
        );
    }
    let addresses = harness.market.addresses();
    for address in [addresses.escrow, addresses.vault, addresses.task_manager] {
        let pausable = ogpu_client::bindings::Pausable::new(address, harness.chain().provider());
        assert_eq!(
            harness.chain().read("reading", pausable.guardian()).await?,
            addresses.watchdog
        );
    }
    let committee = harness.market.committee();
    assert_eq!(
        harness.chain().read("reading", committee.planter()).await?,
        guardian.address()
    );
    assert_eq!(
        harness
            .chain()
            .read("reading", committee.treasury())
            .await?,
        harness.treasury.address()
    );
    let watchdog = harness.market.watchdog();
    assert_eq!(
        harness.chain().read("reading", watchdog.guardian()).await?,
        guardian.address()
    );
    assert_eq!(
        harness
            .chain()
            .read("reading", watchdog.watchedAccounts())
            .await?,
        [addresses.escrow, addresses.vault]
    );
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_written_stops_before_anything_is_sent() -> Result<()> {
    let stage = Stage::new().await?;
    let account = stage.account().await?;
    let file = temporary("a-file");
    std::fs::write(&file, "")?;
    let path = file.join("deployment.json");
    let error = deploy(
        &account,
        &programs()?,
        &Harness::settings_for_tests(),
        &path,
        &mut |_| (),
    )
    .await;
    let error = error
        .err()
        .ok_or_else(|| eyre!("it was deployed without a journal"))?;
    assert!(matches!(error, ClientError::File { .. }), "{error}");
    assert_eq!(
        stage
            .chain()
            .provider()
            .get_transaction_count(account.address())
            .await?,
        0
    );
    std::fs::remove_file(&file)?;
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_at_every_step_loses_nothing() -> Result<()> {
    let stage = Stage::new().await?;
    let account = stage.account_with(1_000_000_000_000_000_000).await?;
    let (programs, settings, path) = (
        programs()?,
        Harness::settings_for_tests(),
        temporary("full-disk.json"),
    );
    let mut beside = path.clone().into_os_string();
    beside.push(".new");

    // After every step signed and every step done, the system refuses the next writing for want of room.
    let mut seen: Vec<Progress> = Vec::new();
    let mut refused = 0;
    let deployment = loop {
        let mut progress = |event: Progress| {
            if !matches!(event, Progress::Skipped { .. }) && !seen.contains(&event) {
                std::os::unix::fs::symlink("/dev/full", &beside).expect("there is no such file");
                seen.push(event);
            }
        };
        let error = match deploy(&account, &programs, &settings, &path, &mut progress).await {
            Ok(deployment) => break deployment,
            Err(error) => error,
        };
        assert!(
            matches!(
                error,
                ClientError::File {
                    action: "write",
                    ..
                }
            ),
            "{error}"
        );
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
        assert!(text.contains("No space left on device"), "{text}");
        let unfinished = Deployment::load(&path, stage.chain()).await?;
        assert!(!unfinished.complete);
        refused += 1;
    };
    let done = deployment
        .steps
        .iter()
        .filter(|step| matches!(step.state, StepState::Done { .. }))
        .count();
    let sent = seen
        .iter()
        .filter(|event| matches!(event, Progress::Signed { .. }))
        .count();
    assert_eq!((sent, refused), (done, seen.len()), "sent, and refused");
    usable(&stage, &account, &deployment).await?;
    std::fs::remove_file(&path)?;
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_connection_or_a_purse_is_said() -> Result<()> {
    let error = Chain::connect("http://127.0.0.1:1").await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("http://127.0.0.1:1"), "{error}");
    for url in ["ftp://127.0.0.1", "127.0.0.1:8547", ""] {
        let error = Chain::connect(url).await.unwrap_err();
        assert!(matches!(error, ClientError::Url { .. }), "{error}");
    }
    let stage = Stage::new().await?;
    let poor = Account::new(stage.chain().clone(), stage.key());
    let error = poor
        .send_ether(poor.address(), U256::ONE)
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::NoEther { .. }), "{error}");
    assert!(
        error.to_string().contains(&poor.address().to_string()),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn expired_programs_are_activated_again_by_deploying_again() -> Result<()> {
    const A_YEAR_AND_A_DAY: u64 = 366 * 86_400;
    let stage = Stage::new().await?;
    if !stage.may_wait(A_YEAR_AND_A_DAY, "the expiry of programs after a year") {
        return Ok(());
    }
    let account = stage.account_with(1_000_000_000_000_000_000).await?;
    let (programs, settings, path) = (
        programs()?,
        Harness::settings_for_tests(),
        temporary("expired.json"),
    );
    let deployment = deploy(&account, &programs, &settings, &path, &mut |_| ()).await?;
    let market = Market::new(stage.chain().clone(), deployment.addresses()?);
    let now = stage.chain().now().await?;
    stage.reach(&account, now + A_YEAR_AND_A_DAY).await?;
    let supply = stage
        .chain()
        .read("reading the supply", market.token().totalSupply())
        .await;
    let error = supply
        .expect_err("an expired program does not answer")
        .to_string();
    assert!(error.contains("expired"), "{error}");

    let mut activated = 0;
    let mut progress = |event: Progress| {
        activated += usize::from(
            matches!(event, Progress::Done { step, .. } if step.starts_with("activate")),
        );
    };
    deploy(&account, &programs, &settings, &path, &mut progress).await?;
    assert_eq!(activated, deployment.contracts.len());
    let supply = stage
        .chain()
        .read("reading the supply", market.token().totalSupply())
        .await?;
    assert_eq!(supply, settings.supply);
    std::fs::remove_file(&path)?;
    Ok(())
}
