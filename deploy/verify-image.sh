#!/usr/bin/env bash
# Builds the image that the Dockerfile describes and tries it as it is run: read-only, without rights, as any user.
# Prints each check, and ends with 1 when one of them fails. `--help` says the rest.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: deploy/verify-image.sh [--engine docker|podman|none]

Builds the image of the Dockerfile and tries it: its size, its user, that it is refused without settings, that it
starts on a read-only file system as any user, its HEALTHCHECK, and that it stops on SIGTERM.

  --engine    docker or podman, whichever answers, unless given. `none` needs neither, nor a registry of images: it makes
              the base of Debian (debootstrap) and Node (npm's node-linux-*), builds with buildah, and runs with runc;
              as root, on Debian or its like, in some minutes and 5 GB of $TMPDIR
VERIFY_DATABASE_URL   connection string of an empty PostgreSQL database, of a role that may make tables in it: the image
                      migrates it, and serves under PRODUCTION. Unless given, it serves from SQLite, under LOCAL

Ends with 0, with 1 when a check failed, with 64 for wrong usage and with 69 when a program is missing.
TEXT
}

engine= database=${VERIFY_DATABASE_URL:-}
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --engine)
      [ $# -gt 1 ] || { usage >&2 && exit 64; }
      engine=$2
      shift 2
      ;;
    *) usage >&2 && exit 64 ;;
  esac
done
case $engine in '' | docker | podman | none) ;; *) usage >&2 && exit 64 ;; esac
if [ -z "$engine" ]; then
  engine=none
  for each in docker podman; do
    if command -v $each >/dev/null && $each info >/dev/null 2>&1; then engine=$each && break; fi
  done
fi

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need node nodejs
if [ $engine = none ]; then
  need npm npm
  need buildah buildah
  need runc runc
  need debootstrap debootstrap
else
  need $engine $engine
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "missing: ${missing[*]}. On Debian: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 69
fi
if [ $engine = none ] && [ "$(id -u)" != 0 ]; then
  echo 'root is needed to make a base without an engine: sudo deploy/verify-image.sh' >&2
  exit 69
fi

# The largest that what is ours and Node may be, in bytes.
SIZE_GOAL=250000000
# A user that the image knows nothing of.
ANY_USER=4242
WAIT_SECONDS=60
name=holdfast-verify-$$
work=$(mktemp -d "${TMPDIR:-/var/tmp}/$name.XXXXXX")
node_version=$(sed -n 's/^ARG NODE_VERSION=//p' Dockerfile)
base=docker.io/library/node:$node_version-bookworm-slim
commit=$(git rev-parse HEAD)
failed=0 passed=0 built=

# Its caches are there, too.
store() { TMPDIR=$work buildah --root "$work/images" --runroot "$work/run" --storage-driver vfs "$@"; }

cleanup() {
  set +e
  if [ -z "$built" ]; then
    [ -f "$work/log" ] && tail -n 30 "$work/log" >&2
    echo 'the image could not be built' >&2
  fi
  if [ $engine = none ]; then
    runc delete --force $name >/dev/null 2>&1
    store umount --all >/dev/null 2>&1
  else
    $engine rm --force $name >/dev/null 2>&1
    $engine image rm --force $name >/dev/null 2>&1
  fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# check NAME COMMAND…: what the command prints is told where it fails.
check() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "ok    $what"
    passed=$((passed + 1))
  else
    echo "FAIL  $what: ${said:-no more is known}"
    failed=$((failed + 1))
  fi
}

# ---- Without an engine

# The image's base under its own name, from Debian and Node.
make_bases() {
  local container root arch
  arch=$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac)
  echo "      a base of Debian and Node $node_version"
  debootstrap --variant=minbase bookworm "$work/debian" >"$work/log" 2>&1
  # As Debian's slim images are made.
  rm -rf "$work"/debian/var/cache/apt/archives/*.deb "$work"/debian/var/lib/apt/lists/*
  rm -rf "$work"/debian/usr/share/{doc,info,lintian,locale,man}/*
  mkdir "$work/node" "$work/npm"
  unpack "node-linux-$arch@$node_version" "$work/node"
  unpack npm@11 "$work/npm"

  container=$(store from scratch)
  root=$(store mount "$container")
  cp -a "$work/debian/." "$root/"
  install -m 755 "$work/node/bin/node" "$root/usr/local/bin/node"
  chroot "$root" groupadd --gid 1000 node
  chroot "$root" useradd --uid 1000 --gid node --create-home node
  store umount "$container" >/dev/null
  store config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  store commit --format docker -q "$container" "$base" >/dev/null
  store rm "$container" >/dev/null
  rm -rf "$work/debian"

  # What the build stage has more: npm, and what native modules are compiled with.
  mkdir "$work/tools"
  mv "$work/node/include" "$work/npm" "$work/tools/"
  cat >"$work/tools/Dockerfile" <<TEXT
FROM $base
COPY include /usr/local/include
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && chmod 755 /usr/local/lib/node_modules/npm/bin/*.js \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends python3 make g++ ca-certificates
TEXT
  build_with_buildah -t "${base%-slim}" "$work/tools"
  rm -rf "$work/tools"
}

# unpack PACKAGE FOLDER
unpack() {
  local tarball
  tarball=$(npm pack "$1" --silent --pack-destination "$work")
  tar -xzf "$work/$tarball" -C "$2" --strip-components 1
  rm "$work/$tarball"
}

build_with_buildah() {
  store bud --isolation chroot --pull-never --format docker "$@" >"$work/log" 2>&1
}

# The npm in the build asks the registry that this machine's npm asks, and compiles by the headers that are there.
build_without_engine() {
  local ca
  local -a mounts=(--volume "$work/npmrc:/root/.npmrc:ro")
  (
    umask 077
    for each in globalconfig userconfig; do
      cat "$(npm config get $each)" 2>/dev/null || true
      echo
    done
    echo nodedir=/usr/local
  ) >"$work/npmrc"
  ca=$(npm config get cafile)
  if [ -f "$ca" ]; then mounts+=(--volume "$ca:$ca:ro"); fi
  echo '      the image'
  build_with_buildah --build-arg COMMIT="$commit" "${mounts[@]}" -t $name .
  rm "$work/npmrc"
  container=$(store from --pull-never localhost/$name)
  root=$(store mount "$container")
  store inspect --type image localhost/$name >"$work/image.json"
}

# ---- What an engine does, and what is done in its place

build() {
  echo "with ${engine/none/buildah and runc}, of commit $commit"
  if [ $engine = none ]; then
    make_bases
    build_without_engine
  else
    echo '      the image'
    # What is its own and what the base's is told by the base, which a builder may keep to itself.
    $engine pull --quiet "$base" >"$work/log" 2>&1
    $engine build --build-arg COMMIT="$commit" -t $name . >>"$work/log" 2>&1
    $engine image inspect $name >"$work/image.json"
  fi
}

# of_image FIELD: of the image's configuration; text as it is, all else as JSON.
of_image() {
  node - "$work/image.json" "$1" <<'JS'
const [, , file, field] = process.argv;
const [inspected] = [JSON.parse(require('node:fs').readFileSync(file, 'utf8'))].flat();
const config = inspected.Docker?.config ?? inspected.Config;
// Podman spells it otherwise.
const value = config[field] ?? inspected[field] ?? config.HealthCheck ?? inspected.HealthCheck;
process.stdout.write(typeof value === 'string' ? value : JSON.stringify(value ?? null));
JS
}

# The health check's program and arguments, one a line.
health_check() {
  of_image Healthcheck | node -e "
    const { Test: [kind, ...command] } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    if (kind !== 'CMD') throw new Error('no HEALTHCHECK of the form CMD');
    console.log(command.join('\n'));"
}

# run USER VARIABLES -- [COMMAND…]: read-only, with nothing to write to but /tmp, and without a right; the image's command
# unless one is given. USER may be empty: the image's. VARIABLES are NAME=VALUE, one a line.
run() {
  local user=$1 variables=$2
  shift 3
  if [ $engine != none ]; then
    printf '%s\n' "$variables" >"$work/variables"
    $engine run --rm --name $name --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
      --network host --env-file "$work/variables" ${user:+--user "$user:$user"} $name "$@"
    return
  fi
  rm -rf "$work/bundle"
  mkdir "$work/bundle"
  runc spec --bundle "$work/bundle"
  VARIABLES=$variables node - "$work" "$root" "$user" "$@" <<'JS'
const { readFileSync, writeFileSync } = require('node:fs');
const [, , work, root, user, ...command] = process.argv;
const { config } = JSON.parse(readFileSync(`${work}/image.json`, 'utf8')).Docker;
const file = `${work}/bundle/config.json`;
const spec = JSON.parse(readFileSync(file, 'utf8'));
const entries = readFileSync(`${root}/etc/passwd`, 'utf8').split('\n').map((line) => line.split(':'));
const [, , uid, gid] = user ? [, , user, user] : entries.find(([each]) => each === (config.User || 'root'));
spec.root = { path: root, readonly: true };
Object.assign(spec.process, {
  terminal: false,
  user: { uid: Number(uid), gid: Number(gid) },
  cwd: config.WorkingDir,
  args: command.length > 0 ? command : [...(config.Entrypoint ?? []), ...config.Cmd],
  env: [...config.Env, ...process.env.VARIABLES.split('\n').filter(Boolean)],
  noNewPrivileges: true,
});
for (const each of Object.keys(spec.process.capabilities)) spec.process.capabilities[each] = [];
spec.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777'] });
// The machine's own.
spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== 'network');
writeFileSync(file, JSON.stringify(spec));
JS
  runc run --bundle "$work/bundle" $name
}

# Within the container that runs, as its user.
within() {
  if [ $engine = none ]; then runc exec $name "$@"; else $engine exec $name "$@"; fi
}

# send SIGNAL
send() {
  if [ $engine = none ]; then runc kill $name "$1"; else $engine kill --signal "$1" $name >/dev/null; fi
}

# ---- The checks

bytes_of() {
  if [ $engine = none ]; then
    local container root
    container=$(store from --pull-never "$1")
    root=$(store mount "$container")
    du --summarize --bytes "$root" | cut -f 1
    store umount "$container" >/dev/null
    store rm "$container" >/dev/null
  else
    $engine image inspect --format '{{.Size}}' "$1"
  fi
}

is_small() {
  local whole of_base of_node
  whole=$(bytes_of $name)
  of_base=$(bytes_of "$base")
  of_node=$(run '' '' -- stat -c %s /usr/local/bin/node)
  printf '%s\n' "$whole $of_base $of_node" >"$work/sizes"
  [ $((whole - of_base + of_node)) -le $SIZE_GOAL ] || { echo "$((whole - of_base + of_node)) bytes" && return 1; }
}

tell_sizes() {
  local whole of_base of_node
  read -r whole of_base of_node <"$work/sizes"
  awk -v whole="$whole" -v base="$of_base" -v node="$of_node" 'BEGIN {
    printf "      %.0f MB: Debian and what else the base has %.0f, Node %.0f, Holdfast %.0f\n",
      whole / 1e6, (base - node) / 1e6, node / 1e6, (whole - base) / 1e6 }'
}

has_another_user_than_root() {
  local uid
  uid=$(run '' '' -- id -u)
  [ "$uid" != 0 ] || { echo "uid $uid" && return 1; }
}

# is_refused VARIABLES CODE
is_refused() {
  local code=0
  run '' "$1" -- >"$work/said" 2>&1 || code=$?
  [ $code = 78 ] || { echo "ended with $code" && tail -n 3 "$work/said" && return 1; }
  grep -q "\"event\":\"startup.refused\".*\"code\":\"$2\"" "$work/said" || { echo "does not say $2" && return 1; }
}

# Were the file system not read-only either; folders with a sticky bit are for everybody.
has_nothing_to_write_to() {
  local found
  found=$(run '' '' -- find / -xdev '(' -user 1000 -o -perm -o=w ')' ! -type l ! -type c ! -perm -1000 \
    ! -path '/proc/*' ! -path '/home/node*' 2>/dev/null) || true
  [ -z "$found" ] || { echo "$found" | head -n 5 && return 1; }
}

migrates() {
  run $ANY_USER "$settings" -- holdfast migrate up
}

starts() {
  run $ANY_USER "$settings" -- >"$work/service" 2>&1 &
  service=$!
  for _ in $(seq $((WAIT_SECONDS * 5))); do
    if grep -q '"event":"listening"' "$work/service"; then return; fi
    kill -0 $service 2>/dev/null || break
    sleep 0.2
  done
  tail -n 5 "$work/service"
  return 1
}

# answers PATH TEXT: as it is asked from inside.
answers() {
  within node -e "fetch('http://127.0.0.1:$port$1').then(async (answer) => {
    const body = await answer.text();
    if (answer.status !== 200 || !body.includes('$2')) { console.log(answer.status, body); process.exitCode = 1; }
  })"
}

is_healthy() {
  local -a command
  mapfile -t command < <(health_check)
  within "${command[@]}"
}

is_not_healthy() {
  local -a command
  mapfile -t command < <(health_check)
  if run $ANY_USER "PORT=$port" -- "${command[@]}"; then echo 'it says well' && return 1; fi
}

node_is_the_first_process() {
  local first
  first=$(within cat /proc/1/comm)
  # Node names its thread.
  case $first in node | MainThread) ;; *) echo "$first" && return 1 ;; esac
}

stops() {
  local code=0
  send TERM
  for _ in $(seq $((WAIT_SECONDS * 5))); do
    kill -0 $service 2>/dev/null || break
    sleep 0.2
  done
  if kill -0 $service 2>/dev/null; then send KILL; fi
  wait $service || code=$?
  [ $code = 0 ] && grep -q '"event":"stopped"' "$work/service" || { echo "ended with $code" && tail -n 3 "$work/service" && return 1; }
}

build
built=yes
echo 'ok    is built'
passed=1
port=$(node -e "const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
  console.log(server.address().port); server.close(); })")
settings="PORT=$port
SHUTDOWN_DRAIN_MS=0
APP_PERSISTENCE_PROFILE=LOCAL
SQLITE_PATH=/tmp/holdfast.sqlite"
if [ -n "$database" ]; then
  settings="PORT=$port
SHUTDOWN_DRAIN_MS=0
HOST=127.0.0.1
APP_PERSISTENCE_PROFILE=PRODUCTION
AUTH_MODE=none
AUTH_NONE_ACCEPTED=true
DATABASE_URL=$database"
fi

check "is no more than $((SIZE_GOAL / 1000000)) MB, Node and Holdfast together" is_small
tell_sizes
check 'has another user than root' has_another_user_than_root
check 'is refused without settings: 78, by its reason code' is_refused '' PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN
check 'is refused with a blank profile' is_refused APP_PERSISTENCE_PROFILE= PERSISTENCE_PROFILE_UNKNOWN
check 'has nothing that its user could write to' has_nothing_to_write_to
[ -z "$database" ] || check "migrates, as user $ANY_USER, read-only" migrates
# Not by `check`, whose shell would be the one that waits for the service.
if starts >"$work/starting"; then
  echo "ok    starts as user $ANY_USER, read-only, without capabilities"
  passed=$((passed + 1))
  check 'says which commit it is of' answers /version "$commit"
  check 'is ready' answers /health/ready '"status":"ok"'
  check 'has a HEALTHCHECK that passes' is_healthy
  check 'has Node as its first process' node_is_the_first_process
  stops >"$work/stopping" && code=0 || code=1
  check 'stops on SIGTERM, with 0' sh -c "cat '$work/stopping'; exit $code"
else
  check "starts as user $ANY_USER, read-only, without capabilities" sh -c "cat '$work/starting'; exit 1"
fi
check 'has a HEALTHCHECK that fails where nothing serves' is_not_healthy
echo "$passed passed, $failed failed"
[ $failed = 0 ]
