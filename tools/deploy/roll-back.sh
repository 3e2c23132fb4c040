#!/usr/bin/env bash
# Gives the service of the cluster NAME the task definition PREVIOUS again. Migrations stay: each release works with the
# schema of the next one (docs/deploy-aws.md).
set -euo pipefail

aws ecs update-service --cluster "$NAME" --service "$NAME-api" --task-definition "$PREVIOUS" > /dev/null
aws ecs wait services-stable --cluster "$NAME" --services "$NAME-api"
echo "back at $PREVIOUS"
