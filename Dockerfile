# syntax=docker/dockerfile:1
# docker build --build-arg COMMIT="$(git rev-parse HEAD)" -t holdfast .

# One version for both stages: V8's compiled code and SQLite's driver are made for it.
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY packages packages
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
# What GET /version tells, and the ledger of the migrations; there is no .git here to ask.
ARG COMMIT=
RUN COMMIT="${COMMIT}" npm run build && node scripts/release.mjs /release

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production LOG_FORMAT=json
WORKDIR /app
# Owned by root: the service writes to none of its own files, and runs on a read-only file system.
COPY --from=build /release ./
# A volume that is mounted there for the first time belongs to who writes into it (MEDIA_ROOT).
RUN ln -s /app/dist/cli.js /usr/local/bin/holdfast && install -d -o node -g node -m 700 /media
USER node
EXPOSE 8000
STOPSIGNAL SIGTERM
# Live, not ready: a container that waits for its database must not be restarted. The start takes up to
# DB_STARTUP_TIMEOUT seconds.
HEALTHCHECK --interval=10s --timeout=3s --start-period=40s --retries=3 \
  CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.PORT || 8000, path: '/health/live', timeout: 2000 }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))"]
# The image's own entrypoint is a shell script; without it node is the process that gets the signal.
ENTRYPOINT []
CMD ["node", "dist/main.js"]
