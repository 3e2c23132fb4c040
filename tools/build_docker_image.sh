#!/bin/sh
# Builds the image for this machine: tools/build_docker_image.sh measurement-app:1.1
# For amd64 and arm64, with SBOM and provenance, into a registry: tools/build_docker_image.sh --push <registry>/measurement-app:1.1
set -eu

usage() {
  echo "usage: tools/build_docker_image.sh [--push] <name:tag>" >&2
  exit 2
}

push=false
if [ "${1:-}" = '--push' ]; then
  push=true
  shift
fi
[ $# -eq 1 ] || usage
image="$1"
version="${image##*:}"
# A colon before a slash is a registry's port, not a tag.
case "$image" in
  *:*/*) case "${image##*/}" in *:*) ;; *) usage ;; esac ;;
  *:?*) ;;
  *) usage ;;
esac

cd "$(dirname "$0")/.."
revision="$(git rev-parse HEAD 2>/dev/null || echo unknown)"

set -- \
  --tag "$image" \
  --build-arg "VERSION=$version" \
  --build-arg "REVISION=$revision" \
  --build-arg "CREATED=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
[ -z "${NODE_IMAGE:-}" ] || set -- "$@" --build-arg "NODE_IMAGE=$NODE_IMAGE"

if [ "$push" = true ]; then
  # Attestations live in a registry only, and an image of two platforms fits no local image store.
  exec docker buildx build --platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max --push "$@" .
fi
exec docker buildx build --load "$@" .
