#!/bin/sh
# serve | migrate | seed | any other command of measurement-app (backup, restore, import, keys …).
# `exec`, so that SIGTERM reaches Node itself and the gateway can drain.
set -eu

command="${1:-serve}"
case "$command" in
  serve) exec node --import ./src/telemetry.ts src/main.ts ;;
  # Prisma takes an advisory lock: of several at once, one migrates and the others wait and find nothing to do.
  migrate) exec node node_modules/prisma/build/index.js migrate deploy ;;
  *) exec node src/cli.ts "$@" ;;
esac
