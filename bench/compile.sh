#!/bin/sh
# Compiles solidity/ into artifacts/ with npm's solc, which needs node and is kept in target/. Nothing else needs either: the artifacts
# are committed, and a test refuses those that are not of the committed sources.
set -eu
cd "$(dirname "$0")"
version=0.8.37
tools=../target/solc-$version
if [ ! -d "$tools/node_modules/solc" ]; then
    mkdir -p "$tools"
    npm install --prefix "$tools" --no-save --no-package-lock --silent "solc@$version"
fi
NODE_PATH="$tools/node_modules" node compile.js
