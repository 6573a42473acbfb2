// Compiles the contracts in solidity/ and openzeppelin/ and writes their artifacts into artifacts/. Called by compile.sh, which
// fetches the compiler and what they import.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const SETTINGS = {
  evmVersion: "prague",
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none" },
};
const OUTPUT = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata"];
const CODE_LIMIT = 24576;

// The version of each package that a contract is made of.
function packagesOf(sources) {
  const names = sources.map((file) => file.match(/^@[^/]+\/[^/]+/)?.[0]).filter(Boolean);
  const versions = [...new Set(names)].sort().map((name) => [name, require(`${name}/package.json`).version]);
  return versions.length ? { packages: Object.fromEntries(versions) } : {};
}

// `viaIR` where the code would be larger than an account can hold without it.
function compile(folder, artifacts, contracts, { viaIR = false } = {}) {
  const sources = {};
  for (const file of fs.readdirSync(folder).sort()) {
    sources[file] = { content: fs.readFileSync(path.join(folder, file), "utf8") };
  }
  const wanted = Object.fromEntries(contracts.map((name) => [`${name}.sol`, { [name]: OUTPUT }]));
  const settings = { ...SETTINGS, outputSelection: wanted, ...(viaIR && { viaIR }) };
  const input = JSON.stringify({ language: "Solidity", sources, settings });
  const output = JSON.parse(solc.compile(input, {
    import: (file) => ({ contents: fs.readFileSync(require.resolve(file), "utf8") }),
  }));
  const errors = (output.errors ?? []).filter(({ severity, sourceLocation }) => {
    return severity === "error" || sourceLocation?.file in sources; // a package's warnings are its own
  });
  for (const error of errors) {
    console.error(error.formattedMessage);
  }
  if (errors.length) {
    process.exit(1);
  }

  fs.mkdirSync(artifacts, { recursive: true });
  for (const name of contracts) {
    const { abi, evm, metadata } = output.contracts[`${name}.sol`][name];
    const { compiler, settings, sources: digests } = JSON.parse(metadata);
    const ours = Object.entries(digests).filter(([file]) => file in sources);
    const artifact = {
      contract: name,
      compiler: compiler.version,
      evmVersion: settings.evmVersion,
      optimizer: settings.optimizer,
      ...(settings.viaIR && { viaIR: true }),
      ...packagesOf(Object.keys(digests)),
      sources: Object.fromEntries(ours.map(([file, { keccak256 }]) => [file, keccak256])),
      abi,
      bytecode: `0x${evm.bytecode.object}`,
    };
    fs.writeFileSync(path.join(artifacts, `${name}.json`), JSON.stringify(artifact, null, 2) + "\n");
    const size = evm.deployedBytecode.object.length / 2;
    console.log(`${name}: ${size} bytes`);
    if (size > CODE_LIMIT) {
      throw new Error(`an account holds at most ${CODE_LIMIT} bytes of code`);
    }
  }
}

const at = (name) => path.join(__dirname, name);
compile(at("solidity"), at("artifacts"), ["AgenticCommerce", "ERC1967Proxy", "ERC20", "LeaseMarket"]);
compile(at("openzeppelin"), at("artifacts/openzeppelin"), ["Actor", "Box", "Proxy", "Stake", "Timelock", "Token"]);
compile(at("openzeppelin"), at("artifacts/openzeppelin"), ["Governor"], { viaIR: true });
