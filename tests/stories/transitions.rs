//! Every step at every moment of a task's life, allowed or refused.

use eyre::Result;
use ogpu_client::{
    ClientError, Status,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, U256, keccak256},
        rpc::types::TransactionRequest,
        sol_types::SolCall as _,
    },
    bindings::TaskManager,
};
use ogpu_tests::{Harness, Provider, ogpu, refusal, result_hash};

/// What anybody might try on a task.
const ATTEMPTS: [&str; 12] = [
    "bid",
    "assign",
    "assign best",
    "deliver",
    "accept",
    "reject",
    "finalize",
    "cancel",
    "expire",
    "fail",
    "dispute",
    "resolve",
];

/// What comes of each attempt, while the state's window runs and once it has passed; "" stands for `WrongStatus`. The task
/// has one bid, of the provider that tries again.
const TABLE: [(Status, [&str; 12], [&str; 12]); 11] = {
    const NO: &str = "";
    [
        (
            Status::Open,
            [
                "ok", "ok", "TooEarly", NO, NO, NO, NO, "ok", "TooEarly", NO, NO, NO,
            ],
            [
                "TooLate", "ok", "ok", NO, NO, NO, NO, "ok", "TooEarly", NO, NO, NO,
            ],
        ),
        (
            Status::Assigned,
            [NO, NO, NO, "ok", NO, NO, NO, NO, NO, "TooEarly", NO, NO],
            [NO, NO, NO, "TooLate", NO, NO, NO, NO, NO, "ok", NO, NO],
        ),
        (
            Status::Submitted,
            [NO, NO, NO, NO, "ok", "ok", "TooEarly", NO, NO, NO, NO, NO],
            [NO, NO, NO, NO, "ok", "TooLate", "ok", NO, NO, NO, NO, NO],
        ),
        (
            Status::Verified,
            [NO, NO, NO, NO, NO, NO, "TooEarly", NO, NO, NO, "ok", NO],
            [NO, NO, NO, NO, NO, NO, "ok", NO, NO, NO, "TooLate", NO],
        ),
        (
            Status::Rejected,
            [NO, NO, NO, NO, NO, NO, "TooEarly", NO, NO, NO, "ok", NO],
            [NO, NO, NO, NO, NO, NO, "ok", NO, NO, NO, "TooLate", NO],
        ),
        (
            Status::Disputed,
            [NO, NO, NO, NO, NO, NO, "TooEarly", NO, NO, NO, NO, "ok"],
            [NO, NO, NO, NO, NO, NO, "ok", NO, NO, NO, NO, "ok"],
        ),
        (Status::Finalized, [NO; 12], [NO; 12]),
        (Status::Resolved, [NO; 12], [NO; 12]),
        (Status::Failed, [NO; 12], [NO; 12]),
        (Status::Cancelled, [NO; 12], [NO; 12]),
        (Status::Expired, [NO; 12], [NO; 12]),
    ]
};

#[tokio::test]
async fn every_step_is_allowed_or_refused_as_the_table_says() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    for (status, within, after) in TABLE {
        let task = harness.task_in(status, &client, &provider).await?;
        assert_eq!(harness.status(task).await?, status);
        let found = attempts(&harness, task, client.address(), &provider).await?;
        compare(status, "within its window", within, &found);
        if !status.is_final() {
            harness.outlast(task).await?;
            let found = attempts(&harness, task, client.address(), &provider).await?;
            compare(status, "after its window", after, &found);
        }
    }
    harness.check_books().await
}

fn compare(status: Status, when: &str, expected: [&str; 12], found: &[String]) {
    for ((attempt, expected), found) in ATTEMPTS.iter().zip(expected).zip(found) {
        let expected = if expected.is_empty() {
            "WrongStatus"
        } else {
            expected
        };
        assert_eq!(
            found, expected,
            "{attempt} on a task that is {status:?}, {when}"
        );
    }
}

/// Simulates every attempt by whom it belongs to, and names what comes of it.
async fn attempts(
    harness: &Harness,
    task: U256,
    client: Address,
    provider: &Provider,
) -> Result<Vec<String>> {
    let stranger = harness.treasury.address();
    let owner = provider.account.address();
    let seal = keccak256("any");
    let calls: [(Address, Vec<u8>); 12] = [
        (
            owner,
            TaskManager::placeBidCall {
                taskId: task,
                providerId: provider.id,
                price: ogpu(70),
            }
            .abi_encode(),
        ),
        (
            client,
            TaskManager::assignProviderCall {
                taskId: task,
                providerId: provider.id,
            }
            .abi_encode(),
        ),
        (
            stranger,
            TaskManager::assignProviderCall {
                taskId: task,
                providerId: U256::ZERO,
            }
            .abi_encode(),
        ),
        (
            owner,
            TaskManager::submitResultCall {
                taskId: task,
                resultSeal: seal,
            }
            .abi_encode(),
        ),
        (
            client,
            TaskManager::verifyCompletionCall {
                taskId: task,
                resultHash: result_hash(),
            }
            .abi_encode(),
        ),
        (
            client,
            TaskManager::verifyCompletionCall {
                taskId: task,
                resultHash: seal,
            }
            .abi_encode(),
        ),
        (
            stranger,
            TaskManager::finalizePaymentCall { taskId: task }.abi_encode(),
        ),
        (
            client,
            TaskManager::cancelTaskCall { taskId: task }.abi_encode(),
        ),
        (
            stranger,
            TaskManager::expireTaskCall { taskId: task }.abi_encode(),
        ),
        (
            stranger,
            TaskManager::failTaskCall { taskId: task }.abi_encode(),
        ),
        (
            if harness.status(task).await? == Status::Verified {
                client
            } else {
                owner
            },
            TaskManager::openDisputeCall { taskId: task }.abi_encode(),
        ),
        (
            harness.owner.address(),
            TaskManager::resolveDisputeCall {
                taskId: task,
                providerBps: 5_000,
                slashAmount: U256::ZERO,
            }
            .abi_encode(),
        ),
    ];
    let mut found = Vec::new();
    for (from, input) in calls {
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(harness.market.addresses().task_manager)
            .with_input(input);
        found.push(match harness.chain().simulate("trying", request).await {
            Ok(_) => "ok".to_owned(),
            Err(error @ ClientError::Refused { .. }) => refusal::<()>(Err(error)).to_owned(),
            Err(error) => return Err(error.into()),
        });
    }
    Ok(found)
}
