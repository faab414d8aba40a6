#!/bin/sh
# Makes what docker-compose.production.yml reads as secrets: passwords, connection strings, the key of
# callers' tokens, and a certificate of PostgreSQL's by an authority of its own. Overwrites nothing.
#
#   deploy/make-secrets.sh [FOLDER]      (deploy/secrets)
set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
postgres=${POSTGRES_HOST:-postgres}
port=${POSTGRES_PORT:-5432}
redis=${REDIS_HOST:-redis}:${REDIS_PORT:-6379}

if [ -e "$folder" ]; then
  echo "$folder is there already" >&2
  exit 1
fi
mkdir -p "$folder"
cd "$folder"

password() { openssl rand -hex 24; }
for name in postgres_password owner_password app_password readonly_password backup_password scratch_password \
  grafana_password; do
  password >"$name"
done
openssl rand -base64 48 >jwt_signing_key
redis_password=$(password)
echo "postgresql://holdfast_app:$(cat app_password)@$postgres:$port/holdfast" >database_url
echo "postgresql://holdfast_owner:$(cat owner_password)@$postgres:$port/holdfast" >migration_database_url
echo "postgresql://holdfast_readonly:$(cat readonly_password)@$postgres:$port/holdfast" >readonly_database_url
echo "postgresql://holdfast_backup:$(cat backup_password)@$postgres:$port/holdfast" >backup_database_url
echo "postgresql://holdfast_scratch:$(cat scratch_password)@$postgres:$port/postgres" >scratch_database_url
echo "redis://:$redis_password@$redis/0" >redis_url
printf 'requirepass %s\nsave ""\nappendonly no\n' "$redis_password" >redis_conf

case $postgres in
  *[!0-9.]*) name=DNS:$postgres ;;
  *) name=IP:$postgres ;;
esac
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Holdfast PostgreSQL authority' \
  -keyout postgres_ca_key -out postgres_ca 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj "/CN=$postgres" -keyout postgres_tls_key -out request 2>/dev/null
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$name" >extensions
openssl x509 -req -in request -CA postgres_ca -CAkey postgres_ca_key -CAcreateserial -days 825 \
  -extfile extensions -out postgres_tls_cert 2>/dev/null
rm request extensions postgres_ca.srl

# The users of the containers have to be able to read them; this folder lets nobody else in.
chmod 444 ./*
chmod 400 postgres_ca_key
