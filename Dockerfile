# syntax=docker/dockerfile:1
# One image that serves, migrates, seeds and backs up: tools/docker-entrypoint.sh says how.
# Trixie, since its PostgreSQL client (17) is the server's major version; pg_dump refuses newer servers.
# Pin for a release by adding the digest: node:24-trixie-slim@sha256:…
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Prisma would ask its maker for news of versions.
ENV CHECKPOINT_DISABLE=1
COPY package.json package-lock.json .npmrc ./
# No optional packages: they are the embedded PostgreSQL of development. No install scripts: one would fetch a second
# Node, another is `prisma generate`, which needs the schema and follows below.
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY prisma.config.ts ./
COPY prisma ./prisma
COPY tools ./tools
COPY src ./src
RUN node node_modules/prisma/build/index.js generate

FROM ${NODE_IMAGE} AS runtime
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    # A volume that is mounted here takes over who may write to it.
    && install --directory --owner=1000 --group=1000 /backups
WORKDIR /app
# Nothing is written outside /tmp, so the root file system can be read-only.
ENV NODE_ENV=production \
    CHECKPOINT_DISABLE=1 \
    PRISMA_HIDE_UPDATE_MESSAGE=1 \
    PORT=5000
# Owned by root and only readable by the user that runs: a process that is taken over cannot change its code.
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/package.json /app/prisma.config.ts ./
COPY --from=build /app/prisma ./prisma
COPY --from=build /app/tools ./tools
COPY --from=build /app/src ./src
USER 1000:1000
EXPOSE 5000 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["node", "tools/check-health.ts"]
# tini reaps and forwards signals, so `docker run --init` is not needed.
ENTRYPOINT ["tini", "--", "tools/docker-entrypoint.sh"]
CMD ["serve"]
# Last, as they change with every build.
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="measurement-app" \
      org.opencontainers.image.description="Air-quality measurement gateway: PostgreSQL in, CSV and GraphQL out" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
