// Drives a node the way applications do. Arguments: HTTP URL, WebSocket URL, private key, init code of the box contract.
import assert from "node:assert/strict";
import { AbiCoder, Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, toBeHex, zeroPadValue } from "ethers";
import { createPublicClient, createTestClient, createWalletClient, defineChain, http, parseEther, webSocket } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [url, wsUrl, key, init] = process.argv.slice(2);
const word = (value) => zeroPadValue(toBeHex(value), 32);
const target = "0x00000000000000000000000000000000000b0b00";

async function ethers() {
  // ethers keeps answers for 250 ms, nonces too; here a block takes less.
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
  const wallet = new Wallet(key, provider);
  assert.equal((await provider.getNetwork()).chainId, 412346n);

  // One tick: ethers sends these as one batch.
  const [balance, block, fees] = await Promise.all([
    provider.getBalance(wallet.address),
    provider.getBlock("latest"),
    provider.getFeeData(),
  ]);
  assert.ok(balance > 0n);
  assert.equal(block.baseFeePerGas, 100_000_000n);
  assert.equal(fees.maxPriorityFeePerGas, 0n);

  const sent = await (await wallet.sendTransaction({ to: target, value: 5n })).wait();
  assert.equal(sent.status, 1);
  assert.equal(sent.gasUsed, 21_000n);
  assert.equal(await provider.getBalance(target), 5n);

  const box = await new ContractFactory([], init, wallet).deploy();
  await box.waitForDeployment();
  const address = await box.getAddress();

  const ws = new WebSocketProvider(wsUrl);
  const heard = new Promise((resolve) => ws.once({ address }, resolve));
  await ws.getBlockNumber();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const receipt = await (await wallet.sendTransaction({ to: address, data: word(7) })).wait();
  assert.equal(receipt.logs.length, 1);
  assert.equal((await heard).transactionHash, receipt.hash);
  await ws.destroy();

  const logs = await provider.getLogs({ address, fromBlock: 0 });
  assert.deepEqual(logs.map((log) => log.data), [word(7)]);
  assert.equal(await provider.call({ to: address }), word(7));
  await assert.rejects(provider.call({ to: address, data: "0x01" }), (error) => {
    assert.equal(error.code, "CALL_EXCEPTION");
    assert.equal(error.data, "0xdeadbeef");
    return true;
  });
  await assert.rejects(wallet.sendTransaction({ to: target, value: 10n ** 30n }), { code: "INSUFFICIENT_FUNDS" });
  await assert.rejects(wallet.sendTransaction({ to: target, nonce: 0 }), { code: "NONCE_EXPIRED" });

  const arbSys = new Contract("0x0000000000000000000000000000000000000064", ["function arbChainID() view returns (uint256)"], provider);
  assert.equal(await arbSys.arbChainID(), 412346n);
  assert.equal(AbiCoder.defaultAbiCoder().decode(["uint256"], await provider.getStorage(address, 0))[0], 7n);
  provider.destroy();
  return address;
}

async function viem(address) {
  const chain = defineChain({
    id: 412346,
    name: "ogpu-devnode",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const account = privateKeyToAccount(key);
  const transport = http(url, { batch: true });
  const reader = createPublicClient({ chain, transport });
  const writer = createWalletClient({ chain, transport, account });
  const tester = createTestClient({ chain, transport, mode: "anvil" });

  const snapshot = await tester.snapshot();
  const hash = await writer.sendTransaction({ to: address, data: word(9) });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  assert.equal((await reader.call({ to: address })).data, word(9));
  assert.equal((await reader.getLogs({ address, fromBlock: 0n })).length, 2);

  const past = await reader.call({ to: address, blockNumber: receipt.blockNumber - 1n });
  assert.equal(past.data, word(7));
  const pretended = await reader.call({
    to: address,
    stateOverride: [{ address, stateDiff: [{ slot: word(0), value: word(3) }] }],
  });
  assert.equal(pretended.data, word(3));

  await tester.setBalance({ address: target, value: parseEther("1") });
  await tester.impersonateAccount({ address: target });
  const whale = createWalletClient({ chain, transport, account: target });
  const from = await whale.sendTransaction({ to: account.address, value: 1n });
  assert.equal((await reader.getTransaction({ hash: from })).from, target);
  await tester.increaseTime({ seconds: 1000 });
  await tester.mine({ blocks: 2 });
  await tester.revert({ id: snapshot });
  assert.equal((await reader.call({ to: address })).data, word(7));

  const live = createPublicClient({ chain, transport: webSocket(wsUrl) });
  const head = new Promise((resolve, reject) => {
    const stop = live.watchBlockNumber({ onBlockNumber: (number) => { stop(); resolve(number); }, onError: reject });
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await tester.mine({ blocks: 1 });
  assert.ok((await head) > 0n);
}

const address = await ethers();
console.log("ethers: ok");
await viem(address);
console.log("viem: ok");
process.exit(0);
