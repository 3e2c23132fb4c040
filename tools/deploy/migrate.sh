#!/usr/bin/env bash
# Runs the migrations of IMAGE as a one-off task of the cluster NAME, and waits for its end.
set -euo pipefail
cd "$(dirname "$0")"

definition="$(bash new-task-definition.sh "$NAME-migrate" "$IMAGE")"
network="$(aws ecs describe-services --cluster "$NAME" --services "$NAME-api" \
  --query 'services[0].networkConfiguration' --output json)"
strategy="$(aws ecs describe-services --cluster "$NAME" --services "$NAME-api" \
  --query 'services[0].capacityProviderStrategy' --output json)"
task="$(aws ecs run-task --cluster "$NAME" --task-definition "$definition" --count 1 \
  --network-configuration "$network" --capacity-provider-strategy "$strategy" \
  --query 'tasks[0].taskArn' --output text)"
if [ -z "$task" ] || [ "$task" = 'None' ]; then
  echo 'ECS did not start the migration: is there room in the cluster?' >&2
  exit 1
fi
echo "migrating: $task"
aws ecs wait tasks-stopped --cluster "$NAME" --tasks "$task"
code="$(aws ecs describe-tasks --cluster "$NAME" --tasks "$task" \
  --query 'tasks[0].containers[0].exitCode' --output text)"
if [ "$code" != '0' ]; then
  reason="$(aws ecs describe-tasks --cluster "$NAME" --tasks "$task" --query 'tasks[0].stoppedReason' --output text)"
  echo "The migration ended with $code ($reason); its log is in /ecs/$NAME." >&2
  exit 1
fi
