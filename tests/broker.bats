#!/usr/bin/env bats
# sparkler-netbroker alone: asked over a real link, it fetches from real servers.

load upstream/lib

BROKER=${BUILD:-build}/sparkler-netbroker

setup_file() {
    cd "$BATS_TEST_DIRNAME/.."
    export MISSING=$(upstream_missing)
    [ -n "$MISSING" ] || upstream_start "$BATS_FILE_TMPDIR/upstream"
}

teardown_file() {
    [ -n "$MISSING" ] || upstream_stop
}

setup() {
    [ -z "$MISSING" ] || skip "$MISSING"
    cd "$BATS_TEST_DIRNAME/.."
    FEEDS=$BATS_TEST_TMPDIR/feeds.json
}

# ask [CREDENTIAL=FILE|--OPTION]... -- STEP...: runs the broker on $FEEDS; ask.py lists the steps
ask() {
    inside tests/probes/ask.py "$BROKER" "$FEEDS" "$UPSTREAM/ca.pem" "$@" 3>&-
}

# feeds URL [KEYS] [URL [KEYS]]...: writes $FEEDS, with one feed per url on ports 0x500, 0x501 …
feeds() {
    local port=$((0x500)) comma=""
    echo '{"feeds": [' >"$FEEDS"
    while [ $# -gt 0 ]; do
        printf '%s{"name": "feed %d", "ports": {"0x%x": {}}, "url": "%s"%s}\n' "$comma" \
            $((port - 0x500)) "$port" "$1" ", ${2:-$TEXT}" >>"$FEEDS"
        port=$((port + 1)) comma=,
        shift; [ $# -eq 0 ] || shift
    done
    echo ']}' >>"$FEEDS"
}

TEXT='"format": "json", "template": "{/text}"'

# asked PATH: how many requests for it faulty.py has seen
asked() {
    grep -cx "/$1" "$UPSTREAM/requests.log" || true
}

@test "the default feeds answer for every port" {
    FEEDS=policy/feeds.json
    run ask -- 0x100 0x101 0x102 0x103 0x104 0x105 0x106 0x201 0x202 0x203 0x204 0x205 0x206
    echo "$output"
    [ "$status" = 0 ]
    [ "$(grep -c '^--$' <<<"$output")" = 13 ]
    [ "$(grep -c '^Date: ....-..-..$' <<<"$output")" = 36 ]
    [ "$(grep -c '^Open-Meteo model, .*: 8.80$' <<<"$output")" = 6 ]
    [[ $output != *"["* ]]
}

@test "started by hand, it says how to start it" {
    run "$BROKER"
    [ "$status" = 1 ]
    [[ $output == *"jailer --exec sparkler-vmm"* ]]
}

@test "an unknown port is answered in words" {
    feeds https://upstream.test/
    run ask -- 0x107
    [ "$output" = "[port 0x107: no feed is configured]" ]
}

@test "a feed that is given up is not fetched" {
    feeds "https://faulty.test:8443/good?given-up" "" "https://faulty.test:8443/good?not-given-up"
    run ask --offline-samples --given-up=0x500,0x502 -- 0x500 0x501
    [ "${lines[0]}" = "[feed 0: given up: the network broker died on it every time]" ]
    [ "${lines[2]}" = recovered ]
    [ "$(asked 'good?given-up')" = 0 ]
}

@test "--given-up refuses anything but ports" {
    feeds https://upstream.test/
    run ask --given-up=tweet --
    [ "${lines[0]}" = "sparkler-netbroker: --given-up tweet: expected ports in hexadecimal" ]
    [ "${lines[1]}" = "the broker exited with 1" ]
}

@test "--check accepts a good feeds file, without the network" {
    feeds https://upstream.test/
    run ask --check --
    [ "$output" = "the broker exited with 0" ]
}

@test "--check refuses a bad feeds file and names the line" {
    feeds http://upstream.test/
    run ask --check --
    [[ $output == *"line 2"*"url"* ]]
    [[ $output == *"the broker exited with 1" ]]
}

@test "--check refuses a feed whose credential was not handed over" {
    feeds https://upstream.test/ "$TEXT, \"credential\": \"key\", \"header\": \"X-Key: \""
    run ask --check --
    [[ $output == *"'feed 0' needs the credential 'key'"*"--credential key=FILE"* ]]
    [[ $output == *"the broker exited with 1" ]]
}

@test "a tight loop gets the cached text and does not reach the upstream" {
    feeds https://faulty.test:8443/good?loop
    run ask -- repeat:500:0x500
    [ "$output" = recovered ]
    [ "$(asked 'good?loop')" = 1 ]
}

@test "a tight loop on a failing feed does not reach the upstream either" {
    feeds https://faulty.test:8443/500
    run ask -- repeat:$((300 / ${SLOWNESS:-1})):0x500
    [ "$output" = "[feed 0: the server reports an error of its own (HTTP 500)]" ]
    [ "$(asked 500)" -le 3 ]
}

@test "Retry-After is honoured" {
    feeds https://faulty.test:8443/429-long "$TEXT, \"ttl_seconds\": 1"
    run ask -- 0x500 sleep:3 0x500
    [[ ${lines[0]} == *"it may be asked again in 3600 s]" ]]
    [ "${lines[2]}" = "${lines[0]}" ]
    [ "$(asked 429-long)" = 1 ]
}

@test "an answer past its ttl is requested conditionally" {
    feeds https://upstream.test/original-tweet.json \
        '"format": "original-tweet", "ttl_seconds": 1'
    run ask -- 0x500 sleep:1.1 0x500
    [ "$status" = 0 ]
    [[ $output != *"["*":"*"]"* ]]
    first=${output%%--*}
    [[ $output == "$first"*"$first"* ]]
    grep '^200 upstream.test /original-tweet.json -$' "$UPSTREAM/access.log"
    grep '^304 upstream.test /original-tweet.json [^-]' "$UPSTREAM/access.log"
}

@test "ports that make the same request share one fetch" {
    url="https://api.open-meteo.com/v1/forecast?shared"
    feeds "$url" '"format": "json", "template": "north {/latitude}"' \
        "$url" '"format": "json", "template": "east {/longitude}"'
    run ask -- 0x500 0x501
    [[ ${lines[0]} == north* ]]
    [[ ${lines[2]} == east* ]]
    [ "$(grep -c 'forecast?shared' "$UPSTREAM/access.log")" = 1 ]
}

@test "ledger: a request goes upstream only if it is granted, a fresh answer needs no grant" {
    feeds "https://faulty.test:8443/good?granted" "" "https://faulty.test:8443/good?denied"
    run ask -- 0x500 repeat:100:0x500 asked ledger:deny 0x500 0x501 asked
    echo "$output"
    [ "${lines[0]}" = recovered ]
    [ "${lines[2]}" = recovered ]
    [ "${lines[3]}" = 1 ]
    [ "${lines[4]}" = recovered ]
    [ "${lines[6]}" = "[denied: the budget of 28 requests an hour is used up; more in 14 minutes]" ]
    [ "${lines[8]}" = 1 ]
    [ "$(asked 'good?granted')" = 1 ]
    [ "$(asked 'good?denied')" = 0 ]
}

@test "ledger: an old answer is better than a denial, and says why it is old" {
    feeds "https://faulty.test:8443/good?old" "$TEXT, \"ttl_seconds\": 1, \"requests_per_hour\": 1"
    run ask -- 0x500 ledger:deny sleep:1.1 0x500
    [[ ${lines[2]} == "["*" old: the budget of 1 request an hour is used up; more in 14 minutes]" ]]
    [ "${lines[3]}" = recovered ]
    [ "$(asked 'good?old')" = 1 ]
}

@test "ledger: without it nothing is sent, and questions are denied" {
    local mood
    for mood in end silent broken; do
        feeds "https://faulty.test:8443/good?$mood"
        run ask -- "ledger:$mood" 0x500
        echo "$mood: $output"
        [ "${lines[0]}" = "[denied: the ledger of budgets does not answer]" ]
        [ "$(asked "good?$mood")" = 0 ]
    done
}

@test "ledger: replies that were meant for brokers that died are skipped" {
    feeds "https://faulty.test:8443/good?stale"
    run ask -- ledger:stale 0x500 restart 0x500
    echo "$output"
    [ "${lines[0]}" = recovered ]
    [ "${lines[2]}" = recovered ]
}

@test "a lookup is made only once" {
    feeds "https://mastodon.social/api/v1/accounts/{id}/statuses?kept" '"format": "mastodon",
        "lookup_url": "https://mastodon.social/api/v1/accounts/lookup?kept", "ttl_seconds": 1'
    run ask -- 0x500 sleep:1.1 0x500
    [ "$status" = 0 ]
    [ "$(grep -c 'lookup?kept' "$UPSTREAM/access.log")" = 1 ]
    [ "$(grep -c 'statuses?kept' "$UPSTREAM/access.log")" = 2 ]
}

@test "a sample is marked, and shown only with --offline-samples" {
    feeds https://nobody.test/ "$TEXT, \"sample\": \"sunny\""
    run ask --offline-samples -- 0x500
    [ "${lines[0]}" = "[sample, not live: the name nobody.test has no address]" ]
    [ "${lines[1]}" = sunny ]
    run ask -- 0x500
    [ "$output" = "[feed 0: the name nobody.test has no address]" ]
}

@test "a sample does not hide the error of a server that was reached" {
    feeds "https://faulty.test:8443/500?sample" "$TEXT, \"sample\": \"sunny\"" \
        https://faulty.test:8443/404
    run ask --offline-samples -- 0x501
    [ "$output" = "[feed 1: the server has nothing at this address (HTTP 404)]" ]
}

@test "a credential is sent as its feed says, and appears nowhere else" {
    echo openaq-key >"$BATS_TEST_TMPDIR/key"
    feeds https://api.openaq.org/v3/locations/1 '"format": "json", "template": "{/meta/name}",
        "credential": "key", "header": "X-API-Key: "'
    run ask key="$BATS_TEST_TMPDIR/key" -- 0x500 fds \
        'run:tr "\0" " " </proc/$BROKER_PID/cmdline' 'run:cat /proc/$BROKER_PID/environ | wc -c'
    echo "$output"
    [[ ${lines[0]} != *401* ]]
    [ "${lines[2]}" = "0 1 2 3 4 5 6 7" ]
    [[ $output != *openaq-key* ]]
    grep '^200 api.openaq.org /v3/locations/1 ' "$UPSTREAM/access.log"
}

@test "the resolver's memory holds no credential" {
    [ -z "${SANITIZED:-}" ] || skip "AddressSanitizer's memory is too large to be searched"
    echo fd7c1b0e-a-secret >"$BATS_TEST_TMPDIR/key"
    feeds https://api.openaq.org/v3/locations/1 '"format": "json", "template": "{/meta/name}",
        "credential": "key", "header": "X-API-Key: "'
    run ask key="$BATS_TEST_TMPDIR/key" -- 0x500 \
        'run:tests/probes/search-memory.py $BROKER_PID fd7c1b0e-a-secret' \
        'run:tests/probes/search-memory.py $(pgrep -P $BROKER_PID) fd7c1b0e-a-secret'
    echo "$output"
    [ "${lines[2]}" = "sparkler-netbro holds it" ]
    [ "${lines[3]}" = "resolver does not hold it" ]
}

@test "a wrong credential is refused in words" {
    echo wrong >"$BATS_TEST_TMPDIR/key"
    feeds https://api.x.com/2/users/by/username/a "$TEXT, \"credential\": \"key\",
        \"header\": \"Authorization: Bearer \""
    run ask key="$BATS_TEST_TMPDIR/key" -- 0x500
    [ "$output" = "[feed 0: the server refuses the request or its credential (HTTP 401)]" ]
}

@test "a credential that could end its header is refused" {
    printf 'a\r\nHost: b' >"$BATS_TEST_TMPDIR/key"
    feeds https://api.x.com/ "$TEXT, \"credential\": \"key\", \"header\": \"X-Key: \""
    run ask key="$BATS_TEST_TMPDIR/key" --
    [[ $output == *"credential 'key' must be one line of printable ASCII"* ]]
}

@test "DNS rebinding to the loopback address is refused" {
    feeds https://rebind.odd.test:8443/good?one "" https://rebind.odd.test:8443/good?two
    run ask -- 0x500 0x501 restart 0x500
    [ "${lines[0]}" = recovered ]
    [ "${lines[2]}" = recovered ]
    [ "${lines[4]}" = \
        "[feed 0: rebind.odd.test resolves to 127.0.0.1, which is not a public address]" ]
}

@test "a resolv.conf that changes is read again" {
    feeds https://upstream.test/original-tweet.json '"format": "original-tweet"' \
        https://mixed.test/original-tweet.json '"format": "original-tweet"'
    run ask -- 0x500 "run:echo '# changed' >>'$UPSTREAM/resolv.conf'" 0x501
    echo "$output"
    [ "$status" = 0 ]
    [[ $output != *"["* ]]
}

@test "a host name that ends with a dot" {
    feeds https://upstream.test./original-tweet.json '"format": "original-tweet"'
    run ask -- 0x500
    echo "$output"
    [ "$status" = 0 ]
    [[ $output != *"["* ]]
}

@test "broker and resolver run single-threaded, under seccomp and no_new_privs" {
    feeds https://upstream.test/
    run ask -- 0x107 'run:for pid in $BROKER_PID $(pgrep -P $BROKER_PID); do
        grep -E "^(Name|Seccomp|NoNewPrivs|Threads):" /proc/$pid/status; done'
    echo "$output"
    [ "$(grep -c -x $'Seccomp:\t2' <<<"$output")" = 2 ]
    [ "$(grep -c -x $'NoNewPrivs:\t1' <<<"$output")" = 2 ]
    [ "$(grep -c -x $'Threads:\t1' <<<"$output")" = 2 ]
    grep -x $'Name:\tresolver' <<<"$output"
}

@test "the resolver holds only descriptors 0 to 2 and its end of the pair" {
    feeds https://upstream.test/
    run ask -- 0x107 'run:ls /proc/$(pgrep -P $BROKER_PID)/fd | xargs'
    [ "${lines[2]}" = "0 1 2 4" ]
}

@test "when the resolver dies, the broker exits and the request stays on the link" {
    feeds https://upstream.test/original-tweet.json '"format": "original-tweet"'
    run ask -- 0x107 kill-resolver 0x500
    [[ $output == *"the resolver died"* ]]
    [[ $output == *"[no answer: the broker exited with 1]"* ]]
    run ask -- 0x107 kill-resolver send:0x500 exit restart take
    [[ $output == *"the broker exited with 1"* ]]
    [[ ${lines[-1]} != "["* ]]
}

@test "a broker killed during a fetch loses no request" {
    feeds https://faulty.test:8443/stall "$TEXT, \"total_ms\": 20000"
    run ask -- send:0x500 "sleep:${SLOWNESS:-1}" restart take
    [ "$output" = recovered ]
}

@test "a broker can be stopped and continued" {
    feeds https://upstream.test/original-tweet.json '"format": "original-tweet"'
    run ask -- 0x107 sleep:0.2 'run:kill -STOP $BROKER_PID; sleep 0.2; kill -CONT $BROKER_PID' 0x500
    echo "$output"
    [ "$status" = 0 ]
    [[ ${lines[2]} != "["* ]]
}

@test "the resolver dies with its broker" {
    feeds https://upstream.test/
    run ask -- 0x107 'run:pgrep -P $BROKER_PID'
    resolver=${lines[2]}
    [ -n "$resolver" ]
    for _ in $(seq 100); do
        grep -q $'^Name:\tresolver' "/proc/$resolver/status" 2>/dev/null || return 0
        ! grep -q $'^State:\tZ' "/proc/$resolver/status" 2>/dev/null || return 0
        sleep 0.05
    done
    false
}

@test "a resolver waiting for the DNS dies with its broker, too" {
    feeds https://silent.odd.test/
    run ask -- send:0x500 "sleep:${SLOWNESS:-1}" 'run:pgrep -P $BROKER_PID' restart sleep:0.5 \
        'run:pgrep -x -r DRS resolver | xargs' take
    echo "$output"
    [[ ${lines[0]} =~ ^[0-9]+$ ]]
    [[ " ${lines[1]} " != *" ${lines[0]} "* ]]
    [[ ${lines[2]} == "[feed 0: the name silent.odd.test could not be resolved"* ]]
    [ "${#lines[@]}" = 3 ]
}

@test "the broker ends with 0 when the VMM closes the link" {
    feeds https://upstream.test/
    run ask -- 0x107 close
    [ "${lines[2]}" = "the broker exited with 0" ]
}

# dropped FRAME REASON: sends the frame; the broker must drop the VMM for that reason
dropped() {
    feeds https://upstream.test/
    run ask -- "raw:$1" exit
    echo "$output"
    [[ $output == *"the VMM broke the link's protocol and is dropped: $2"* ]]
    [[ $output == *"the broker exited with 1" ]]
}

@test "link: a request that is too short" {
    dropped 0100000001000000 "a request of the wrong size"
}

@test "link: a request that is too long" {
    dropped 01000000010000000001000000 "a request of the wrong size"
}

@test "link: an empty request" {
    dropped "" "a request of the wrong size"
}

@test "link: an unknown version" {
    dropped 020000000100000000010000 "a request of an unknown version"
}

@test "link: a nonzero reserved field" {
    dropped 010000000100000000010100 "a request with its reserved field set"
}

@test "link: a gap in the sequence" {
    feeds https://upstream.test/
    run ask -- 0x107 raw:010000000300000007010000 exit
    [[ $output == *"a request out of sequence"*"the broker exited with 1" ]]
}

@test "link: a flood of requests whose replies are never read" {
    feeds https://upstream.test/
    run ask -- flood:10000 exit
    [[ $output == *"it asks but never reads the replies"*"the broker exited with 1" ]]
}

@test "link: random frames are answered or end the broker, but never by a signal" {
    feeds https://upstream.test/
    run inside tests/probes/frames.py 150 "$BROKER" "$FEEDS" "$UPSTREAM/ca.pem" 3>&-
    grep -v "is dropped:" <<<"$output"
    [ "$status" = 0 ]
    [[ ${lines[-1]} == *" answered, "*" dropped" ]]
}

@test "link: a dropped VMM finds the link shut down" {
    feeds https://upstream.test/
    run ask -- raw:00 exit take
    [[ $output == *"[no answer: "* ]]
}

@test "an idle broker exits" {
    feeds https://upstream.test/
    run ask -- 0x107 exit
    [ "${lines[2]}" = "the broker exited with 0" ]
}

@test "an idle broker stays while an answer is fresh, and asks the DNS again after a minute" {
    feeds https://rebind.two.odd.test:8443/good?stays "$TEXT, \"ttl_seconds\": 120" \
        https://rebind.two.odd.test:8443/good?anew
    run ask -- 0x500 sleep:62 0x500 0x501
    [ "${lines[2]}" = recovered ]
    [ "$(asked 'good?stays')" = 1 ]
    [[ ${lines[4]} == "[feed 1: rebind.two.odd.test resolves to 127.0.0.1"* ]]
}
