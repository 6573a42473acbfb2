#!/usr/bin/env bash
# Starts Offchain Labs' own Nitro development node in Docker, for those who want the real thing.
#
#   scripts/nitro-devnode.sh                  start it and wait until it answers
#   OGPU_RPC_URL=http://127.0.0.1:8547 cargo xtask test       run every story on it
#   cargo xtask demo --rpc http://127.0.0.1:8547              run the demo on it
#   scripts/nitro-devnode.sh stop             stop it
#
# NITRO_IMAGE and NITRO_PORT change the image and the port. The chain is new at every start.
set -euo pipefail

image=${NITRO_IMAGE:-offchainlabs/nitro-node:v3.9.5-66e42c4}
port=${NITRO_PORT:-8547}
name=ogpu-nitro-devnode

if ! command -v docker >/dev/null; then
  echo "Docker is needed for Nitro's own node; 'cargo ogpu devnode' starts the embedded chain without it." >&2
  exit 1
fi

if [ "${1:-start}" = stop ]; then
  docker rm --force "$name" >/dev/null && echo "stopped"
  exit 0
fi

docker rm --force "$name" >/dev/null 2>&1 || true
docker run --detach --name "$name" --publish "127.0.0.1:$port:8547" "$image" \
  --dev --http.addr 0.0.0.0 --http.vhosts '*' --http.api net,web3,eth,debug,arb >/dev/null

printf 'waiting for http://127.0.0.1:%s ' "$port"
for _ in $(seq 60); do
  if curl --silent --fail --output /dev/null --header 'content-type: application/json' \
    --data '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' "http://127.0.0.1:$port"; then
    echo
    echo "Nitro answers at http://127.0.0.1:$port (chain 412346, funded: 0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E)"
    exit 0
  fi
  printf .
  sleep 1
done
echo
echo "Nitro did not answer within a minute; its last words:" >&2
docker logs --tail 20 "$name" >&2
exit 1
