#!/usr/bin/env bats
# Budgets: how often a server is asked, counted at the server, whatever becomes of the broker.

load upstream/lib

# how much later there is more, of a test that may take some minutes
LATER='more in \(1 hour\|5[0-9] minutes\)'

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
    root=$(realpath "$BATS_TEST_DIRNAME/..")
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "${JAILER:-}" ] || kill "$JAILER" 2>/dev/null || true
}

# feed PATH KEYS: writes feeds.json, whose only feed is on port 0x100
feed() {
    echo "{\"feeds\": [{\"name\": \"feed\", \"ports\": {\"0x100\": {}}, \"format\": \"json\",
        \"template\": \"{/text}\", \"url\": \"https://faulty.test:8443/$1\", $2}]}" >feeds.json
}

# start_monitor: with feeds.json, ./record, and keys from descriptor 9
start_monitor() {
    mkfifo keys
    enter exec "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" --feeds feeds.json --record record \
        --exec sparkler-vmm <keys >screen 2>log 3>&- &
    JAILER=$!
    exec 9>keys
    wait_for 'Your choice' 1
}

# wait_for TEXT COUNT: until so many lines of the screen match
wait_for() {
    for ((try = 0; try < 1200 * ${SLOWNESS:-1}; try++)); do
        (($(grep -c -- "$1" screen || true) < $2)) || return 0
        sleep 0.05
    done
    cat screen log
    return 1
}

# tweet COUNT: asks; the screen then has had so many answers
tweet() {
    printf '2 ' >&9
    wait_for 'Press any key' "$1"
    wait_for 'Your choice' $(($1 + 1))
}

end_monitor() {
    printf 5 >&9
    wait "$JAILER"
    JAILER=
    cat log
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

# asked PATH: how many requests for it the server has seen
asked() {
    grep -c "$1\$" "$UPSTREAM/requests.log" || true
}

# counts OUTCOME=N...: what is in the record, which has whole lines only
counts() {
    run "$root/tests/probes/whole-lines.py" record
    echo "$output"
    [ "$output" = "$*" ]
}

@test "budget: of 1,000 askings as many reach the server as the budget has, and not one more" {
    nasm -i "$root/tests/guests/" -DCOUNT=1000 -f bin -o ask.bin "$root/tests/guests/ask-many.asm"
    feed 'good?thousand' '"ttl_seconds": 0, "method": "POST", "body": {"a": 1},
        "requests_per_hour": 7'
    enter command "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" --feeds feeds.json --record record \
        --guest ask.bin --exec sparkler-vmm </dev/null >screen
    [ "$(grep -c '^recovered$' screen)" = 7 ]
    [ "$(grep -c '^\[denied: the budget of 7 requests an hour is used up; '"$LATER"'\]$' screen)" = 993 ]
    [ "$(asked 'good?thousand')" = 7 ]
    counts answered=7 asked=7 denied=993
    # what was left after each
    [ "$(jq -r 'select(.outcome == "asked").requests_left' record | xargs)" = "6 5 4 3 2 1 0" ]
}

# numbers: writes feeds.json with a question of 1,000 possible arguments, 9.966 bits, on port 0x500,
# which has 50 bits; and its guest, which asks them all
numbers() {
    nasm -i "$root/tests/guests/" -f bin -o numbers.bin "$root/tests/guests/ask-numbers.asm"
    echo "{\"feeds\": [{\"name\": \"number\", \"ports\": {\"0x500\": {}}, \"format\": \"json\",
        \"template\": \"{/text}\", \"url\": \"https://faulty.test:8443/good?$1={argument}\",
        \"argument\": {\"characters\": [\"digits\"], \"least\": 3, \"most\": 3},
        \"bits_per_hour\": 50}]}" >feeds.json
}

@test "budget: of 1,000 different arguments as many leave as the bits allow, and each is on record" {
    numbers bits
    enter command "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" --feeds feeds.json --record record \
        --guest numbers.bin --exec sparkler-vmm </dev/null >screen
    [ "$(grep -c '^recovered$' screen)" = 5 ]
    [ "$(grep -c '^\[denied: the budget of 50 bits an hour is used up; '"$LATER"'\]$' screen)" = 995 ]
    [ "$(grep -o 'bits=[0-9]*' "$UPSTREAM/requests.log" | xargs)" = \
        "bits=000 bits=001 bits=002 bits=003 bits=004" ]
    counts answered=5 asked=5 denied=995
    [ "$(jq -r 'select(.outcome == "asked") | "\(.argument) \(.bits) \(.bits_left)"' record | xargs)" = \
        "000 9.966 40.034 001 9.966 30.068 002 9.966 20.102 003 9.966 10.136 004 9.966 0.17" ]
    [ "$(jq -r 'select(.outcome == "denied").argument' record | xargs)" = "$(seq -w 5 999 | xargs)" ]
}

@test "budget: while brokers are killed at any moment, no more bits leave than it has" {
    numbers kills
    enter exec "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" --feeds feeds.json --record record \
        --guest numbers.bin --exec sparkler-vmm </dev/null >screen 2>log 3>&- &
    JAILER=$!
    kills=0
    while ((kills < 5)) && kill -0 "$JAILER" 2>/dev/null; do
        broker=$(descendant sparkler-netbro) || { sleep 0.01; continue; }
        sleep "0.0$((RANDOM % 10))"
        ! kill -9 "$broker" 2>/dev/null || kills=$((kills + 1))
    done
    ((kills > 0))
    wait "$JAILER"
    JAILER=
    cat log
    run "$root/tests/probes/whole-lines.py" record
    echo "$output"
    [ "$status" = 0 ]
    [ "$(asked 'good?kills=[0-9]*')" -le 5 ]
    [ "$(jq -s 'map(select(.outcome == "asked").bits) | add <= 50' record)" = true ]
    # what was sent is on record
    [ "$(asked 'good?kills=[0-9]*')" -le "$(jq -r 'select(.outcome == "asked").argument' record | wc -l)" ]
}

@test "budget: a VMM that was taken over gets no more than its guest" {
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o stray "$root/tests/probes/stray.c"
    feed 'good?stray' '"ttl_seconds": 0, "method": "POST", "body": {"a": 1},
        "requests_per_hour": 7'
    enter command "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" --feeds feeds.json --record record \
        --exec ./stray -- ask </dev/null 2>log
    grep "the VMM broke the link's protocol and is dropped" log
    [ "$(asked 'good?stray')" = 7 ]
    counts answered=7 asked=7 denied=993
}

@test "budget: brokers that are killed do not reset it" {
    feed 'good?killed' '"requests_per_hour": 3'
    start_monitor
    for count in 1 2 3 4 5; do
        tweet "$count"
        kill -9 "$(descendant sparkler-netbro)"
    done
    tweet 6
    end_monitor
    [ "$(grep -c '^recovered$' screen)" = 3 ]
    [ "$(grep -c '^\[denied: the budget of 3 requests an hour' screen)" = 3 ]
    [ "$(asked 'good?killed')" = 3 ]
    counts answered=3 asked=3 denied=3
}

@test "budget: a broker that was idle and ended does not reset it" {
    feed 'good?idle' '"requests_per_hour": 1, "ttl_seconds": 1'
    start_monitor
    tweet 1
    broker=$(descendant sparkler-netbro)
    for ((try = 0; try < 600 * ${SLOWNESS:-1}; try++)); do
        [ -e "/proc/$broker" ] || break
        sleep 0.1
    done
    [ ! -e "/proc/$broker" ]
    tweet 2
    end_monitor
    [ "$(grep -c '^\[denied: the budget of 1 request an hour is used up' screen)" = 1 ]
    [ "$(asked 'good?idle')" = 1 ]
    counts answered=1 asked=1 denied=1
}

@test "budget: a question that a dead broker had asked is spent, and its end is on record" {
    feed 'stall?dead' '"requests_per_hour": 1'
    start_monitor
    printf 2 >&9
    for ((try = 0; try < 1200; try++)); do
        [ "$(asked 'stall?dead')" = 0 ] || break
        sleep 0.05
    done
    kill -9 "$(descendant sparkler-netbro)"
    wait_for '^\[denied: the budget of 1 request an hour is used up' 1
    printf ' ' >&9
    end_monitor
    [ "$(asked 'stall?dead')" = 1 ]
    counts asked=1 denied=1 failed=1
    [ "$(jq -r 'select(.outcome == "failed").reason' record)" = \
        "the network broker died before it had an answer" ]
}

@test "budget: a question under way at the VM's end has its end on record" {
    feed 'stall?end' '"ttl_seconds": 900'
    start_monitor
    printf 2 >&9
    for ((try = 0; try < 1200; try++)); do
        [ "$(asked 'stall?end')" = 0 ] || break
        sleep 0.05
    done
    kill -TERM "$JAILER"
    wait "$JAILER" || [ "$?" = 143 ]
    JAILER=
    counts asked=1 failed=1
    [ "$(jq -r 'select(.outcome == "failed").reason' record)" = \
        "the VM ended before there was an answer" ]
}

@test "record: answered, cached, stale and failed" {
    # long enough to be asked twice, and shorter than a broker without questions stays
    feed 'good?outcomes' '"ttl_seconds": 8, "requests_per_hour": 1'
    start_monitor
    tweet 1
    tweet 2
    sleep 8.1
    tweet 3
    end_monitor
    counts answered=1 asked=1 cached=1 stale=1
    jq -r 'select(.outcome == "stale").reason' record |
        grep -x "the budget of 1 request an hour is used up; $LATER"
    [ "$(jq -r 'select(.outcome == "answered").bytes' record)" = 9 ]
}
