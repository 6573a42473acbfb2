//! What the command line does when a disk is full.

#![cfg(target_os = "linux")]

use std::{
    fs::{File, read_to_string},
    path::Path,
    process::Stdio,
};

use eyre::{Result, WrapErr};
use ogpu_client::{
    Deployment, StepState,
    alloy::{primitives::U256, providers::Provider as _},
};
use ogpu_tests::{Stage, say, temporary};
use tokio::process::Command;

/// Ether for a deployment, in wei.
const ETHER: u64 = 1_000_000_000_000_000_000;

/// A shell script that runs a command where there is room for 16 kB on `$DISK`, makes room, and runs it again; what came
/// of it goes to `$OUT`.
fn script(prepare: &str, confine: &str, relieve: &str) -> String {
    format!(
        r#"{prepare}
({confine}; exec "$@") >/dev/null 2>"$OUT/full.txt"
echo $? >"$OUT/full.code"
ls -A "$DISK" >"$OUT/full.files"
cp "$DISK/deployment.json" "$OUT/full.json"
{relieve}
"$@" >/dev/null 2>"$OUT/again.txt"
echo $? >"$OUT/again.code"
cp "$DISK/deployment.json" "$OUT/again.json"
"#
    )
}

/// How a disk is made full here: a shell and its arguments, and what the system says then.
async fn small_disk(disk: &Path) -> Result<(Vec<String>, &'static str)> {
    const NAMESPACE: [&str; 6] = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
    ];
    const MOUNT: &str = r#"mount -t tmpfs -o size=16k none "$DISK""#;
    let owned = |words: &[&str]| {
        words
            .iter()
            .map(|&word| word.to_owned())
            .collect::<Vec<_>>()
    };
    let allowed = Command::new(NAMESPACE[0])
        .args(&NAMESPACE[1..])
        .arg(MOUNT)
        .env("DISK", disk)
        .stderr(Stdio::null())
        .status()
        .await;
    if allowed.is_ok_and(|status| status.success()) {
        say("full disk: a file system of 16 kB, in a mount namespace");
        let mut shell = owned(&NAMESPACE);
        shell.push(script(MOUNT, ":", r#"mount -o remount,size=16m "$DISK""#));
        return Ok((shell, "No space left on device"));
    }
    say("full disk: files of at most 16 kB (ulimit -f), since nothing can be mounted here");
    let mut shell = owned(&["sh", "-c"]);
    shell.push(script(":", "trap '' XFSZ; ulimit -f 32", ":"));
    Ok((shell, "File too large"))
}

#[tokio::test]
async fn a_deployment_on_a_full_disk_says_so_and_goes_on_when_there_is_room() -> Result<()> {
    let stage = Stage::new().await?;
    let key = stage.key();
    stage
        .account_with(2 * ETHER)
        .await?
        .send_ether(key.address(), U256::from(ETHER))
        .await?;
    let (disk, out) = (temporary("disk"), temporary("out"));
    std::fs::create_dir(&disk)?;
    std::fs::create_dir(&out)?;
    let file = disk.join("deployment.json");
    let ogpu = env!("CARGO_BIN_EXE_ogpu");
    let arguments = ["--rpc", stage.chain().url(), "--deployment"];
    let environment = |command: &mut Command| {
        command
            .env("OGPU_PRIVATE_KEY", key.to_bytes().to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true);
    };

    let (shell, reason) = small_disk(&disk).await?;
    let mut twice = Command::new(&shell[0]);
    twice
        .args(&shell[1..])
        .args(["sh", ogpu])
        .args(arguments)
        .arg(&file)
        .arg("deploy")
        .env("DISK", &disk)
        .env("OUT", &out);
    environment(&mut twice);
    let status = twice.status().await?;
    let read = |name: &str| {
        read_to_string(out.join(name)).wrap_err_with(|| format!("{name} is missing ({status})"))
    };

    let said = read("full.txt")?;
    assert_eq!(read("full.code")?, "1\n", "{said}");
    let expected = format!("error: cannot write {}: {reason}", file.display());
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains("run the same command again"), "{said}");
    assert_eq!(read("full.files")?, "deployment.json\n", "what is left");
    let full = Deployment::load(&out.join("full.json"), stage.chain()).await?;
    assert!(!full.complete && !full.steps.is_empty());

    assert_eq!(read("again.code")?, "0\n", "{}", read("again.txt")?);
    let again = Deployment::load(&out.join("again.json"), stage.chain()).await?;
    assert!(again.complete);
    for step in &full.steps {
        assert_eq!(again.step(&step.name), Some(&step.state), "{}", step.name);
    }
    let done = again
        .steps
        .iter()
        .filter(|step| matches!(step.state, StepState::Done { .. }))
        .count();
    let provider = stage.chain().provider();
    let sent = provider.get_transaction_count(key.address()).await?;
    assert_eq!(sent, done as u64, "transactions sent, and steps done");

    // What is printed has no room either: the exit code tells, and what only accompanies the work is done without.
    let run = |command: &str| {
        let mut run = Command::new(ogpu);
        run.args(arguments)
            .arg(out.join("again.json"))
            .args(command.split_whitespace());
        environment(&mut run);
        run
    };
    for command in ["task list", "task list --json"] {
        let output = run(command)
            .stdout(File::create("/dev/full")?)
            .stderr(Stdio::piped())
            .spawn()?
            .wait_with_output()
            .await?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        let expected = "error: cannot write the output: No space left on device";
        assert!(said.starts_with(expected), "{command}: {said}");
    }
    let status = run("deploy")
        .stdout(Stdio::null())
        .stderr(File::create("/dev/full")?)
        .status()
        .await?;
    assert_eq!(status.code(), Some(0), "a finished deployment, unheard");
    std::fs::remove_dir_all(&disk)?;
    std::fs::remove_dir_all(&out)?;
    Ok(())
}
