#!/usr/bin/env bash
# The system test against docker compose: builds the image, starts everything, tells the main job through the gateway, and takes
# all of it down again. Touches only its own project. Exit status 75: no container engine can be had on this machine.
set -euo pipefail

cd "$(dirname "$0")/../.."
readonly NO_ENGINE=75
readonly OFFLINE=../shared/tools/offline-images.sh # makes an engine and base images where no registry can be reached

if ! docker info >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && [ -f "$OFFLINE" ]; then
    echo "compose: no container engine is running; $OFFLINE makes one"
    timeout 600 bash "$OFFLINE" --only python,postgres,nats || exit $NO_ENGINE
  else
    echo "compose: no container engine can be had here"
    exit $NO_ENGINE
  fi
fi

work=$(mktemp -d)
export CAUNOI_SECRETS="$work/secrets" COMPOSE_PROJECT_NAME="caunoi-test-$$"
export CAUNOI_IMAGE="caunoi:test" CAUNOI_DEMO_IMAGE="caunoi:test-demo"
# One address asks here as fast as it can, for a whole city.
export CAUNOI_LIMITS__LOOK_PER_MINUTE=0 CAUNOI_LIMITS__LODGE_PER_MINUTE=0 CAUNOI_LIMITS__ACCOUNT_PER_MINUTE=0
export CAUNOI_PORT
CAUNOI_PORT=$(.venv/bin/python -c 'from deploy.local.processes import free_port; print(free_port())')
compose=(docker compose -f deploy/compose.yaml -f deploy/compose.demo.yaml)

finish() {
  status=$?
  if [ "$status" != 0 ]; then
    "${compose[@]}" ps --all || true
    "${compose[@]}" logs --no-color --tail 40 || true
  fi
  "${compose[@]}" down --volumes --timeout 10 >/dev/null 2>&1 || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

if ! docker image inspect caddy:2-alpine >/dev/null 2>&1; then
  docker pull --quiet caddy:2-alpine || tests/compose/caddy-image.sh caddy:2-alpine
fi
deploy/secrets.sh "$CAUNOI_SECRETS" >/dev/null
docker compose -f deploy/compose.yaml config --quiet
# One after the other: the services share one image, and an engine that builds it five times at once may fall over itself.
COMPOSE_PARALLEL_LIMIT=1 "${compose[@]}" build --quiet
"${compose[@]}" up --wait --wait-timeout 180 --quiet-pull
CAUNOI_URL="http://127.0.0.1:$CAUNOI_PORT" .venv/bin/python -m pytest -q tests/system/test_main_job.py
