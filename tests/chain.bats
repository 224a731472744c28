#!/usr/bin/env bats
# The whole chain: a jailed guest on /dev/kvm asks, the jailed broker fetches over HTTPS from real
# servers, and the text appears on the guest's console.

load upstream/lib

setup_file() {
    cd "$BATS_TEST_DIRNAME/.."
    export BUILD=$(realpath "${BUILD:-build}")
    export MISSING=$(upstream_missing kvm)
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

# start_monitor OPTION...: runs the monitor; its keys come from descriptor 9, its screen is $SCREEN
start_monitor() {
    mkfifo "$BATS_TEST_TMPDIR/keys"
    enter exec "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" "$@" --exec sparkler-vmm \
        <"$BATS_TEST_TMPDIR/keys" >"$SCREEN" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    JAILER=$!
    exec 9>"$BATS_TEST_TMPDIR/keys"
}

# shows TEXT [COUNT]: waits until COUNT lines (1) of the screen match
shows() {
    within shows_at_least "${2:-1}" "$1" "$SCREEN" || {
        cat "$SCREEN" "$BATS_TEST_TMPDIR/log"
        return 1
    }
}

# credential_feed NAME: writes feeds.json, whose only feed, on port 0x100, needs that credential
credential_feed() {
    cat >"$BATS_TEST_TMPDIR/feeds.json" <<END
{"feeds": [{"name": "station", "ports": {"0x100": {}}, "format": "json",
  "url": "https://api.openaq.org/v3/locations/1", "template": "station {/results/0/name}",
  "credential": "$1", "header": "X-API-Key: ", "ttl_seconds": 1}]}
END
}

# descendant NAME: the pid of the jailer's descendant of that name
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

# survives NAME: kills the process after the first answer; the guest still gets the next one
survives() {
    start_monitor
    printf '2 ' >&9
    shows "Count the line breaks"
    kill -9 "$(descendant "$1")"
    printf '32 5' >&9
    wait "$JAILER"
    shows "Max. temp: 12.40"
}

@test "a killed broker is restarted" {
    survives sparkler-netbro
}

@test "a killed resolver is restarted, along with its broker" {
    survives resolver
}

# logged TEXT: how many of the broker's lines on the log begin with it
logged() {
    grep -c "^sparkler-netbroker: $1" "$BATS_TEST_TMPDIR/log" || true
}

@test "a feed that the broker keeps dying on is given up, but no other" {
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

@test "a broker that exits cleanly without an answer is not restarted forever" {
    start_monitor --broker /bin/true
    printf '2' >&9
    shows "^\[feeds: the network broker has ended"
    printf ' 5' >&9
    wait "$JAILER"
    [ "$(logged "ended without an answer")" = 7 ]
    [ "$(logged "died even so; feeds are not answered any more")" = 1 ]
}

@test "a restarted broker reads the files that were checked, even if they have changed since" {
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

@test "the most credentials, with the longest names" {
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

@test "a credential name that a feeds file cannot contain is refused" {
    run "$BUILD/jailer" --credential key:link=README.md --exec sparkler-vmm
    [ "$status" = 1 ]
    local expected="expected a name of 1 to 32 of a-z, 0-9, '-' and '_'"
    [[ $output == *"--credential key:link=...: $expected" ]]
}

@test "a credential in a pipe is refused at once" {
    mkfifo "$BATS_TEST_TMPDIR/key"
    run timeout 10 "$BUILD/jailer" --credential key="$BATS_TEST_TMPDIR/key" --exec sparkler-vmm
    [ "$status" = 1 ]
    [[ $output == *"the credential $BATS_TEST_TMPDIR/key (--credential) must be a regular file"* ]]
}

# questions: writes feeds.json, with a question, a large text, bytes, and a POST
questions() {
    local faulty=https://faulty.test:8443
    cat >"$BATS_TEST_TMPDIR/feeds.json" <<END
{"feeds": [
 {"name": "ask", "ports": {"0x500": {}}, "format": "json", "template": "{/text}",
  "url": "$faulty/good?chain={argument}", "bits_per_hour": 1000,
  "argument": {"characters": ["letters"], "least": 2, "most": 9}},
 {"name": "large", "ports": {"0x501": {}}, "format": "text", "url": "$faulty/lines/131072",
  "max_bytes": 1048576, "max_text": 1048576},
 {"name": "bytes", "ports": {"0x502": {}}, "format": "bytes", "url": "$faulty/bytes/20000",
  "max_text": 20000},
 {"name": "door", "ports": {"0x503": {}}, "format": "text", "url": "$faulty/stall?door",
  "method": "POST", "body": {"set": "{argument}"}, "bits_per_hour": 10,
  "argument": {"values": ["open", "closed"]}}]}
END
}

# with_questions OPTION...: runs a VM with these feeds
with_questions() {
    inside "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" --feeds "$BATS_TEST_TMPDIR/feeds.json" \
        --exec sparkler-vmm "$@" 3>&- </dev/null
}

@test "a Linux program asks by writing and reading; its answers may be large, and bytes" {
    cat >"$BATS_TEST_TMPDIR/script" <<'END'
ls -l /feeds | cut -c 1-10,58-
cat /feeds/ask; echo
exec 3<>/feeds/ask 4<>/feeds/ask 5</feeds/large
echo Berlin >&3
printf %s B3rlin >&4
head -c 8 <&5
cat <&3; echo
cat <&4; echo
printf Ro >&3; printf me >&3
cat <&3; echo
cat <&5 | md5sum
md5sum </feeds/bytes
echo closed >/feeds/ask
echo read-only >/feeds/large || echo refused
END
    questions
    run with_questions --program /bin/busybox --file "$BATS_TEST_TMPDIR/script" -- sh /input/script
    echo "$output"
    [[ $output == *"-rw-rw-rw-"* && $(grep -c -- -r--r--r-- <<<"$output") = 2 ]]
    grep -qx '\[denied: ask takes an argument, and got none; it must be 2 to 9 characters of: letters\]' \
        <<<"$output"
    grep -qx '\[denied: character 2 of the argument (U+0033) is not allowed; it must be 2 to .*' \
        <<<"$output"
    [ "$(grep -cx recovered <<<"$output")" = 2 ]
    [[ $output == *"$(seq -f %07.0f 1 131071 | md5sum)"* ]]
    [[ $output == *"$(python3 -c 'import sys
sys.stdout.buffer.write((bytes(range(256)) * 80)[:20000])' | md5sum)"* ]]
    [[ $output == *refused ]]
    for argument in Berlin Rome closed; do
        grep -x "/good?chain=$argument" "$UPSTREAM/requests.log"
    done
    ! grep B3rlin "$UPSTREAM/requests.log"
}

@test "a flat guest asks by writing to the port, and reads no bytes" {
    nasm -i tests/guests/ -f bin -o "$BATS_TEST_TMPDIR/ask.bin" tests/guests/feed-ask.asm
    questions
    run with_questions --guest "$BATS_TEST_TMPDIR/ask.bin"
    echo "$output"
    [ "${lines[0]}" = recovered ]
    [[ ${lines[1]} == "[denied: ask takes an argument, and got none; "* ]]
    [[ ${lines[2]} == "[denied: the argument has 1 characters; "* ]]
    [ "${lines[3]}" = "[denied: the argument is too long]" ]
    [[ ${lines[7]} == "[denied: the argument has 1024 characters; "* ]]
    grep -x "/good?chain=abcdef" "$UPSTREAM/requests.log"
}

@test "a POST is sent once, even if the broker is killed meanwhile" {
    questions
    enter exec "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" --feeds "$BATS_TEST_TMPDIR/feeds.json" \
        --exec sparkler-vmm --program /bin/busybox -- \
        sh -c 'exec 3<>/feeds/door; echo open >&3; cat <&3' >"$SCREEN" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    JAILER=$!
    within grep -qx "/stall?door" "$UPSTREAM/requests.log"
    kill -9 "$(descendant sparkler-netbro)"
    wait "$JAILER"
    shows "^\[door: the network broker died while it was asking; as the server may have been told, it is not asked again\]"
    [ "$(grep -cx "/stall?door" "$UPSTREAM/requests.log")" = 1 ]
    [ "$(logged "killed by signal 9")" = 1 ]
}
