#!/usr/bin/env bash
# Asks a gateway that is just deployed what its users will: tools/smoke-test.sh <url>
set -euo pipefail

url="${1:?usage: tools/smoke-test.sh <url>}"
ask() {
  curl --fail --silent --show-error --location --max-time 20 --retry 2 "$@"
}

# A new task may still be on its way: half a minute.
curl --fail --silent --show-error --max-time 5 --retry 15 --retry-delay 2 --retry-all-errors "$url/health/ready"
echo

header="$(ask "$url/air_quality?limit=1" | head -n 1)"
expected='TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5'
if [ "$header" != "$expected" ]; then
  echo "/air_quality begins with: $header" >&2
  exit 1
fi

# Apollo's CSRF prevention wants a content type that a form cannot send.
answer="$(ask --header 'content-type: application/json' --data '{"query":"{ __typename }"}' "$url/graphql")"
case "$answer" in
  *'"__typename":"Query"'*) echo "$url answers" ;;
  *)
    echo "/graphql answers: $answer" >&2
    exit 1
    ;;
esac
