#!/usr/bin/env bats
# The whole way: a guest on /dev/kvm in its jail asks, the broker in its own fetches over HTTPS from
# real servers, the text comes back on the guest's console.

load upstream/lib

setup_file() {
    cd "$BATS_TEST_DIRNAME/.."
    export BUILD=$(realpath "${BUILD:-build}")
    export MISSING=$(upstream_missing)
    [ -r /dev/kvm ] && [ -w /dev/kvm ] || MISSING="/dev/kvm cannot be opened here"
    [ -n "$MISSING" ] || upstream_start "$BATS_FILE_TMPDIR/upstream"
}

teardown_file() {
    [ -z "${UPSTREAM:-}" ] || upstream_stop
}

setup() {
    [ -z "$MISSING" ] || skip "$MISSING"
    cd "$BATS_TEST_DIRNAME/.."
    SCREEN=$BATS_TEST_TMPDIR/screen
}

teardown() {
    [ -z "${JAILER:-}" ] || kill "$JAILER" 2>/dev/null || true
}

# start_monitor OPTION...: a session; keys go to descriptor 9, the screen is a file
start_monitor() {
    mkfifo "$BATS_TEST_TMPDIR/keys"
    enter exec "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" "$@" --exec sparkler-vmm \
        <"$BATS_TEST_TMPDIR/keys" >"$SCREEN" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    JAILER=$!
    exec 9>"$BATS_TEST_TMPDIR/keys"
}

# shows TEXT [COUNT]: waits until the screen shows the text so many times
shows() {
    for _ in $(seq 200); do
        [ "$(grep -c -- "$1" "$SCREEN")" -lt "${2:-1}" ] || return 0
        sleep 0.05
    done
    cat "$SCREEN" "$BATS_TEST_TMPDIR/log"
    return 1
}

# credential_feed NAME: into ./feeds.json, the tweet's port for what only that credential opens
credential_feed() {
    cat >"$BATS_TEST_TMPDIR/feeds.json" <<END
{"feeds": [{"name": "station", "ports": {"0x100": {}}, "format": "json",
  "url": "https://api.openaq.org/v3/locations/1", "template": "station {/results/0/name}",
  "credential": "$1", "header": "X-API-Key: ", "ttl_seconds": 1}]}
END
}

# The process of that name among the jailer's descendants.
descendant() {
    local parents=$JAILER found
    while [ -n "$parents" ]; do
        found=$(pgrep -P "$parents" -x "$1") && { echo "$found"; return; }
        parents=$(pgrep -d, -P "$parents") || return 1
    done
    return 1
}

@test "tweet, weather and air quality come from the servers" {
    start_monitor
    printf '2 32 45 5' >&9
    wait "$JAILER"
    shows "Count the line breaks"
    shows "Max. temp: 12.40"
    shows "Open-Meteo model, San Francisco, United States: 8.80"
}

# survives NAME: the process is killed after the first answer; the next answer comes all the same
survives() {
    start_monitor
    printf '2 ' >&9
    shows "Count the line breaks"
    kill -9 "$(descendant "$1")"
    printf '32 5' >&9
    wait "$JAILER"
    shows "Max. temp: 12.40"
}

@test "a broker that is killed is started again" {
    survives sparkler-netbro
}

@test "a resolver that is killed is started again, with its broker" {
    survives resolver
}

# logged TEXT: how many lines of the broker's on the log begin so
logged() {
    grep -c "^sparkler-netbroker: $1" "$BATS_TEST_TMPDIR/log" || true
}

@test "a feed that the broker keeps dying on is given up, and no other" {
    musl-gcc -static -D_GNU_SOURCE -I. -o "$BATS_TEST_TMPDIR/mortal" tests/probes/mortal.c
    start_monitor --broker "$BATS_TEST_TMPDIR/mortal"
    printf '31 32 31 2 5' >&9
    wait "$JAILER"
    shows "^port 0x101 is given up" 2
    shows "^port 0x102 is answered"
    shows "^port 0x100 is answered"
    [ "$(logged "killed by signal")" = 6 ]
    [ "$(logged "died 6 times in a row on a request for port 0x101; that feed is given up")" = 1 ]
}

@test "a broker that ends without an answer, but well, is not started for ever" {
    start_monitor --broker /bin/true
    printf '2' >&9
    shows "^\[feeds: the network broker has ended"
    printf ' 5' >&9
    wait "$JAILER"
    [ "$(logged "ended without an answer")" = 7 ]
    [ "$(logged "died even so; feeds are not answered any more")" = 1 ]
}

@test "a broker that is started again reads what was checked, whatever became of the files" {
    cd "$BATS_TEST_TMPDIR"
    credential_feed key
    echo openaq-key >key
    cp "$UPSTREAM/ca.pem" ca.pem
    start_monitor --feeds feeds.json --credential key=key --ca ca.pem
    printf 2 >&9
    shows "^station "
    for file in feeds.json key ca.pem; do
        echo changed >"$file"
    done
    kill -9 "$(descendant sparkler-netbro)"
    printf ' 2 5' >&9
    wait "$JAILER"
    shows "^station " 2
}

@test "as many credentials as there may be, with names as long as they may be" {
    cd "$BATS_TEST_TMPDIR"
    local names=() given=() name
    mapfile -t names < <(printf 'a-credential-with-a-long-name-%02d\n' {1..16})
    for name in "${names[@]}"; do
        echo "not-$name" >"$name"
        given+=(--credential "$name=$name")
    done
    echo openaq-key >"$name"
    credential_feed "$name"
    start_monitor --feeds feeds.json "${given[@]}"
    printf '2 5' >&9
    wait "$JAILER"
    shows "^station "
}

@test "a credential whose name no feeds file can have is refused" {
    run "$BUILD/jailer" --credential key:link=README.md --exec sparkler-vmm
    [ "$status" = 1 ]
    [[ $output == *"--credential key:link=...: expected a name of 1 to 32 of a-z, 0-9, '-' and '_'" ]]
}

@test "a credential in a pipe is refused, and not waited for" {
    mkfifo "$BATS_TEST_TMPDIR/key"
    run timeout 10 "$BUILD/jailer" --credential key="$BATS_TEST_TMPDIR/key" --exec sparkler-vmm
    [ "$status" = 1 ]
    [[ $output == *"the credential $BATS_TEST_TMPDIR/key (--credential) must be a regular file"* ]]
}
