#!/usr/bin/env bash
# Gives the service of the cluster NAME the image IMAGE and waits until it is all that runs.
set -euo pipefail
cd "$(dirname "$0")"

running() {
  aws ecs describe-services --cluster "$NAME" --services "$NAME-api" \
    --query "services[0].deployments[?status=='PRIMARY'] | [0].taskDefinition" --output text
}

# Before anything changes, for the step that rolls back.
previous="$(running)"
echo "previous=$previous" >> "${GITHUB_OUTPUT:-/dev/stdout}"

definition="$(bash new-task-definition.sh "$NAME-api" "$IMAGE")"
aws ecs update-service --cluster "$NAME" --service "$NAME-api" --task-definition "$definition" > /dev/null
echo "deploying: $definition"
aws ecs wait services-stable --cluster "$NAME" --services "$NAME-api"

# ECS' circuit breaker may have gone back by itself, which is stable, too.
if [ "$(running)" != "$definition" ]; then
  echo 'The new tasks did not become healthy; ECS went back to the earlier ones.' >&2
  exit 1
fi
