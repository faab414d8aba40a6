# What `holdfast backup` runs in: the service's image has no pg_dump. Build that one first.
# docker build -f deploy/backup.Dockerfile --build-arg HOLDFAST_IMAGE=holdfast:latest -t holdfast-backup .
ARG HOLDFAST_IMAGE=holdfast:latest
ARG POSTGRES_IMAGE=postgres:18-bookworm

FROM ${HOLDFAST_IMAGE} AS service

# Of the server's version, or a later one.
FROM ${POSTGRES_IMAGE}
ENV NODE_ENV=production LOG_FORMAT=json
WORKDIR /app
COPY --from=service /usr/local/bin/node /usr/local/bin/node
COPY --from=service /app ./
# A volume that is mounted here for the first time belongs to who writes into it.
RUN ln -s /app/dist/cli.js /usr/local/bin/holdfast && install -d -o 1000 -g 1000 -m 700 /backups /media
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT []
CMD ["node", "dist/cli.js", "backup", "--out", "/backups", "--verify", "--keep", "14", "--every", "24"]
