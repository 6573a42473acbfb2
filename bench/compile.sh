#!/bin/sh
# Compiles solidity/ and openzeppelin/ into artifacts/ with npm's solc and OpenZeppelin's contracts, which need node and are kept in
# target/, and openzeppelin-stylus/ as our own programs are compiled. Nothing else needs any of them: the artifacts are committed, and
# a test refuses those that are not of the committed sources.
set -eu
cd "$(dirname "$0")"
solc=0.8.37
openzeppelin=5.7.0
tools=../target/solc-$solc-openzeppelin-$openzeppelin
if [ ! -d "$tools/node_modules/solc" ]; then
    mkdir -p "$tools"
    npm install --prefix "$tools" --no-save --no-package-lock --silent "solc@$solc" \
        "@openzeppelin/contracts@$openzeppelin" "@openzeppelin/contracts-upgradeable@$openzeppelin"
fi
NODE_PATH="$tools/node_modules" node compile.js
cargo xtask bench --compile
