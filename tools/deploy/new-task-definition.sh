#!/usr/bin/env bash
# Registers the newest task definition of a family again with another image; prints the ARN of the new revision.
set -euo pipefail

family="$1"
image="$2"
aws ecs describe-task-definition --task-definition "$family" --query taskDefinition --output json |
  jq --arg image "$image" '
    .containerDefinitions[0].image = $image
    # What AWS adds and does not take back.
    | del(.taskDefinitionArn, .revision, .status, .requiresAttributes, .compatibilities,
          .registeredAt, .registeredBy, .deregisteredAt)' > "task-definition-$family.json"
aws ecs register-task-definition --cli-input-json "file://task-definition-$family.json" \
  --query taskDefinition.taskDefinitionArn --output text
rm "task-definition-$family.json"
