// Compiles every contract in solidity/ and writes its artifact into artifacts/. Called by compile.sh, which fetches the compiler.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const CONTRACTS = ["AgenticCommerce", "ERC1967Proxy", "ERC20", "LeaseMarket"];
const SETTINGS = {
  evmVersion: "prague",
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none" },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "metadata"] } },
};

const folder = path.join(__dirname, "solidity");
const sources = {};
for (const file of fs.readdirSync(folder).sort()) {
  sources[file] = { content: fs.readFileSync(path.join(folder, file), "utf8") };
}
const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings: SETTINGS })));
for (const error of output.errors ?? []) {
  console.error(error.formattedMessage);
}
if (output.errors?.length) {
  process.exit(1);
}

fs.mkdirSync(path.join(__dirname, "artifacts"), { recursive: true });
for (const name of CONTRACTS) {
  const { abi, evm, metadata } = output.contracts[`${name}.sol`][name];
  const { compiler, settings, sources: digests } = JSON.parse(metadata);
  const artifact = {
    contract: name,
    compiler: compiler.version,
    evmVersion: settings.evmVersion,
    optimizer: settings.optimizer,
    sources: Object.fromEntries(Object.entries(digests).map(([file, { keccak256 }]) => [file, keccak256])),
    abi,
    bytecode: `0x${evm.bytecode.object}`,
  };
  fs.writeFileSync(path.join(__dirname, "artifacts", `${name}.json`), JSON.stringify(artifact, null, 2) + "\n");
  console.log(`${name}: ${evm.bytecode.object.length / 2} bytes`);
}
