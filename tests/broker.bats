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
    touch "$UPSTREAM/requests.log"
    grep -cx "/$1" "$UPSTREAM/requests.log" || true
}

# logged LOG LINE: a step that waits until a server has logged this line, a regular expression
logged() {
    echo "run:timeout $DEADLINE sh -c 'until grep -qsx \"$2\" \"$UPSTREAM/$1\"; do sleep 0.02; done'"
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
    [ "$output" = "[denied: no feed is configured for port 0x107]" ]
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
    [ "$output" = $'0x500 feed 0\nthe broker exited with 0' ]
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
    feeds https://upstream.test/original-tweet.json?conditional \
        '"format": "original-tweet", "ttl_seconds": 1'
    run ask -- 0x500 sleep:1.1 0x500
    [ "$status" = 0 ]
    [[ $output != *"["*":"*"]"* ]]
    first=${output%%--*}
    [[ $output == "$first"*"$first"* ]]
    served 1 '^200 upstream.test /original-tweet.json?conditional -$'
    served 1 '^304 upstream.test /original-tweet.json?conditional [^-]'
}

@test "ports that make the same request share one fetch" {
    url="https://api.open-meteo.com/v1/forecast?shared"
    feeds "$url" '"format": "json", "template": "north {/latitude}"' \
        "$url" '"format": "json", "template": "east {/longitude}"'
    run ask -- 0x500 0x501
    [[ ${lines[0]} == north* ]]
    [[ ${lines[2]} == east* ]]
    served 1 'forecast?shared'
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
    served 1 'lookup?kept'
    served 2 'statuses?kept'
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
    feeds https://api.openaq.org/v3/locations/1?sent '"format": "json", "template": "{/meta/name}",
        "credential": "key", "header": "X-API-Key: "'
    run ask key="$BATS_TEST_TMPDIR/key" -- 0x500 fds \
        'run:tr "\0" " " </proc/$BROKER_PID/cmdline' 'run:cat /proc/$BROKER_PID/environ | wc -c'
    echo "$output"
    [[ ${lines[0]} != *401* ]]
    [ "${lines[2]}" = "0 1 2 3 4 5 6 7" ]
    [[ $output != *openaq-key* ]]
    served 1 '^200 api.openaq.org /v3/locations/1?sent '
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

@test "the DNS hears no name but those of feeds that are asked, whatever /etc/hosts has" {
    feeds https://upstream.test/original-tweet.json '"format": "original-tweet"'
    : >"$BATS_TEST_TMPDIR/hosts"
    local heard
    heard=$(wc -l <"$UPSTREAM/dnsmasq.log")
    # shellcheck disable=SC2016 # for sh
    run inside unshare --mount sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' \
        "$BATS_TEST_TMPDIR/hosts" tests/probes/ask.py "$BROKER" "$FEEDS" "$UPSTREAM/ca.pem" -- 0x500 3>&-
    echo "$output"
    [[ $status -eq 0 && $output != *"["* ]]
    tail -n "+$((heard + 1))" "$UPSTREAM/dnsmasq.log" | sed -n 's/.* query\[[A-Z]*\] \([^ ]*\) .*/\1/p' |
        sort -u >"$BATS_TEST_TMPDIR/heard"
    [[ $(<"$BATS_TEST_TMPDIR/heard") == upstream.test ]]
}

@test "a host name that ends with a dot" {
    feeds https://upstream.test./original-tweet.json '"format": "original-tweet"'
    run ask -- 0x500
    echo "$output"
    [ "$status" = 0 ]
    [[ $output != *"["* ]]
}

# Before it has answered, the resolver may still be closing its locks.

@test "broker and resolver run single-threaded, under seccomp and no_new_privs" {
    feeds https://upstream.test/
    run ask -- 0x500 'run:for pid in $BROKER_PID $(pgrep -P $BROKER_PID); do
        grep -E "^(Name|Seccomp|NoNewPrivs|Threads):" /proc/$pid/status; done'
    echo "$output"
    [ "$(grep -c -x $'Seccomp:\t2' <<<"$output")" = 2 ]
    [ "$(grep -c -x $'NoNewPrivs:\t1' <<<"$output")" = 2 ]
    [ "$(grep -c -x $'Threads:\t1' <<<"$output")" = 2 ]
    grep -x $'Name:\tresolver' <<<"$output"
}

@test "the resolver holds only descriptors 0 to 2 and its end of the pair" {
    feeds https://upstream.test/
    run ask -- 0x500 'run:ls /proc/$(pgrep -P $BROKER_PID)/fd | xargs'
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
    run ask -- send:0x500 "$(logged requests.log /stall)" restart take
    echo "$output"
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
    within gone "$resolver"
}

@test "a resolver waiting for the DNS dies with its broker, too" {
    feeds https://silent.odd.test/
    run ask -- send:0x500 "$(logged dnsmasq.log '.* query.* silent.odd.test from .*')" \
        'run:pgrep -P $BROKER_PID | tee /dev/stderr | xargs kill -STOP' restart take
    echo "$output"
    [[ ${lines[0]} =~ ^[0-9]+$ ]]
    within gone "${lines[0]}" # which could not end by itself
    [[ ${lines[1]} == "[feed 0: the name silent.odd.test could not be resolved"* ]]
    [ "${#lines[@]}" = 2 ]
}

@test "the broker ends with 0 when the VMM closes the link" {
    feeds https://upstream.test/
    run ask -- 0x107 close
    [ "${lines[2]}" = "the broker exited with 0" ]
}

# question PORT URL GRAMMAR [KEYS]: a feed, for feeds_of
question() {
    echo "{\"name\": \"question $1\", \"ports\": {\"$1\": {}}, \"url\": \"$2\", \"argument\": $3,
        \"bits_per_hour\": 100000, ${4:-$TEXT}}"
}

# feeds_of FEED...: writes $FEEDS with these feeds
feeds_of() {
    local IFS=,
    echo "{\"feeds\": [$*]}" >"$FEEDS"
}

WORD='{"characters": ["letters", "digits", ".", "/", " ", "é", "\"", "?", "&"], "least": 1, "most": 20}'
RAW=https://faulty.test:8443/raw

# request: the request that an answer of $RAW holds, as it was sent, without its own newlines
request() {
    python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "$1" | tr -d '\r'
}

@test "a question: its argument has its place in the path, in the query or in the body" {
    feeds_of "$(question 0x500 "$RAW/a/{argument}/b?c=d" "$WORD")" \
        "$(question 0x501 "$RAW?a={argument}&b=c" "$WORD")" \
        "$(question 0x502 "$RAW" "$WORD" "$TEXT, \"method\": \"POST\", \"headers\": {\"X-A\": \"b\"},
            \"body\": {\"a\": [\"b {argument}\"], \"c\": 0.7}")"
    run ask -- '0x500=a/b ?&é."' '0x501=a/b ?&é."' '0x502=a/b ?&é."'
    echo "$output"
    [[ $(request "${lines[0]}") == "GET /raw/a/a%2Fb%20%3F%26%C3%A9.%22/b?c=d HTTP/1.1"$'\n'* ]]
    [[ $(request "${lines[2]}") == "GET /raw?a=a%2Fb%20%3F%26%C3%A9.%22&b=c HTTP/1.1"$'\n'* ]]
    [[ $(request "${lines[4]}") == "POST /raw HTTP/1.1"$'\n'*$'\n\n{"a":["b a/b ?&é.\\""],"c":0.7}' ]]
    [[ $(request "${lines[4]}") == *$'\nX-A: b\nContent-Type: application/json\n'* ]]
}

@test "a question: nothing of a request but the place of its argument depends on it" {
    feeds_of "$(question 0x500 "$RAW?a={argument}" "$WORD")"
    run ask -- 0x500=abc 0x500=%22%26
    [[ $(request "${lines[0]}" | sed s/a=abc/a=/) == "$(request "${lines[2]}" | sed s/a=%22%26/a=/)" ]]
}

@test "a question: what is no argument of its feed is denied, with the rule, and not sent" {
    feeds_of "$(question 0x500 "https://faulty.test:8443/good?denied={argument}" "$WORD")" \
        "$(question 0x501 "https://faulty.test:8443/good?denied={argument}" \
            '{"values": ["open", "closed"]}')" \
        "$(question 0x502 "https://faulty.test:8443/{argument}/denied" "$WORD")" \
        '{"name": "fixed", "ports": {"0x503": {}}, "format": "text",
          "url": "https://faulty.test:8443/good?denied"}'
    run ask -- 0x500 0x500=a%0ab 0x500=a%00 0x500=%ff 0x500=abcdefghijklmnopqrstu 0x501=ajar \
        0x502=.. 0x502=a/.. 0x503=open 0x1ff=a asked
    echo "$output"
    allowed="1 to 20 characters of: letters, digits, '.', '/', ' ', U+00E9, '\"', '?', '&'"
    [ "${lines[0]}" = "[denied: question 0x500 takes an argument, and got none; it must be $allowed]" ]
    [ "${lines[2]}" = "[denied: character 2 of the argument (U+000A) is not allowed; it must be $allowed]" ]
    [ "${lines[4]}" = "[denied: character 2 of the argument (U+0000) is not allowed; it must be $allowed]" ]
    [ "${lines[6]}" = "[denied: the argument is not UTF-8]" ]
    [ "${lines[8]}" = "[denied: the argument has 21 characters; it must be $allowed]" ]
    [ "${lines[10]}" = "[denied: the argument must be one of: open, closed]" ]
    [ "${lines[12]}" = "[denied: an argument in a path must have no name of dots only]" ]
    [ "${lines[14]}" = "${lines[12]}" ]
    [ "${lines[16]}" = "[denied: fixed takes no argument]" ]
    [ "${lines[18]}" = "[denied: the list of feeds takes no argument]" ]
    [ "${lines[20]}" = 0 ]
    ! grep denied "$UPSTREAM/requests.log"
}

@test "a question: the list of feeds marks it" {
    feeds_of "$(question 0x500 "$RAW?{argument}=" "$WORD" | sed 's/{argument}=/a={argument}/')" \
        '{"name": "fixed", "ports": {"0x501": {}}, "format": "text", "url": "https://upstream.test/"}'
    run ask -- 0x1ff
    [ "$output" = "0x500? question_0x500
0x501 fixed" ]
}

@test "a question: each argument has its own cached answer, and the oldest make room" {
    feeds_of "$(question 0x500 "https://faulty.test:8443/good?kept={argument}" \
        '{"characters": ["digits"], "least": 1, "most": 4}')"
    run ask -- repeat:5:0x500=1 repeat:5:0x500=2 repeat:5:0x500=1 asked
    [ "${lines[-1]}" = 2 ]
    [ "$(asked 'good?kept=1')" = 1 ]
    steps=(0x500=1)
    for i in $(seq 2 257); do
        steps+=("send:0x500=$i" take)
    done
    run ask -- "${steps[@]}" 0x500=257 asked 0x500=1 asked
    [ "${lines[-4]}" = 257 ]
    [ "${lines[-1]}" = 258 ]
}

@test "a question: a server that fails is left alone, whatever the argument; an answer is kept" {
    feeds_of "$(question 0x500 "https://faulty.test:8443/{argument}?server" "$WORD")"
    run ask -- 0x500=good 0x500=429 0x500=500 0x500=404 0x500=good asked
    echo "$output"
    [ "${lines[0]}" = recovered ]
    [[ ${lines[2]} == "[question 0x500: the server was asked too often (HTTP 429); it may be asked again in 4 s]" ]]
    [ "${lines[4]}" = "${lines[2]}" ]
    [ "${lines[6]}" = "${lines[2]}" ]
    [ "${lines[8]}" = recovered ]
    [ "${lines[10]}" = 2 ]
}

@test "a question: a failure of one argument does not keep another from being asked" {
    feeds_of "$(question 0x500 "https://faulty.test:8443/{argument}?argument" "$WORD")"
    run ask -- 0x500=404 0x500=good
    [ "${lines[0]}" = "[question 0x500: the server has nothing at this address (HTTP 404)]" ]
    [ "${lines[2]}" = recovered ]
}

POST='"method": "POST", "body": {"a": "{argument}"}'

@test "POST: each is sent if nothing is fresh for no time, and an empty answer is said" {
    feeds_of "$(question 0x500 "https://faulty.test:8443/202" "$WORD" \
        "$TEXT, $POST, \"ttl_seconds\": 0")" \
        "$(question 0x501 "https://faulty.test:8443/good?post" "$WORD" \
        "$TEXT, $POST, \"ttl_seconds\": 0")" \
        "$(question 0x502 "https://faulty.test:8443/good?kept-post" "$WORD" "$TEXT, $POST")"
    run ask -- 0x500=a repeat:3:0x501=a repeat:3:0x502=a
    [ "${lines[0]}" = "[the server accepted it, and sent no answer]" ]
    [ "${lines[2]}" = recovered ]
    [ "$(asked 'good?post')" = 3 ]
    [ "$(asked 'good?kept-post')" = 1 ]
}

@test "POST: a broker that dies meanwhile does not send it again, as it does a GET" {
    feeds_of "$(question 0x500 "https://faulty.test:8443/stall?get={argument}" "$WORD" \
        "$TEXT, \"total_ms\": 20000")" \
        "$(question 0x501 "https://faulty.test:8443/stall?post" "$WORD" \
        "$TEXT, $POST, \"total_ms\": 20000")"
    run ask -- send:0x500=a "$(logged requests.log '/stall?get=a')" restart take
    echo "$output"
    [ "$output" = recovered ]
    run ask -- send:0x501=a "$(logged requests.log '/stall?post')" restart take 0x501=b
    echo "$output"
    [[ ${lines[0]} == "[question 0x501: the network broker died while it was asking; as the"* ]]
    [ "${lines[1]}" = recovered ]
    [ "$(asked 'stall?post')" = 2 ]
}

@test "POST: conditions and redirects are none of its" {
    feeds_of "$(question 0x500 "$RAW" "$WORD" "$TEXT, $POST, \"ttl_seconds\": 1")" \
        "$(question 0x501 "https://faulty.test:8443/redirect-https" "$WORD" "$TEXT, $POST")"
    run ask -- 0x500=a sleep:1.1 0x500=a 0x501=a
    [[ $(request "${lines[2]}") != *If-* ]]
    [[ ${lines[4]} == "[question 0x501: the server redirects the request, which is not followed"* ]]
}

# a feed of SIZE bytes or of SIZE lines of 8, and its max_text
large() {
    echo "{\"name\": \"large\", \"ports\": {\"$1\": {}}, \"format\": \"$2\", \"max_text\": $4,
        \"max_bytes\": 1048576, \"url\": \"https://faulty.test:8443/$3\"}"
}

@test "an answer of 1 MiB comes in pieces, as text and as bytes, while others are asked" {
    feeds_of "$(large 0x500 text lines/131072 1048576)" "$(large 0x501 bytes bytes/1048576 1048576)" \
        "$(large 0x502 text lines/131072 8191)"
    run ask -- "whole:$BATS_TEST_TMPDIR/text:0x500" "whole:$BATS_TEST_TMPDIR/bytes:0x501" 0x502
    echo "${lines[0]} ${lines[1]}"
    [ "${lines[0]}" = "text 1048576" ]
    [ "${lines[1]}" = "bytes 1048576" ]
    cmp "$BATS_TEST_TMPDIR/text" <(seq -f %07.0f 0 131071)
    cmp "$BATS_TEST_TMPDIR/bytes" <(python3 -c \
        'import sys; sys.stdout.buffer.write(bytes(range(256)) * 4096)')
    [ "$(grep -c '^0' <<<"$output")" = 200 ] # of the usual size
    run ask -- send:0x500 take "whole:$BATS_TEST_TMPDIR/bytes:0x501" more:8192:0x500
    [ "${lines[-1]}" = 0002047 ]
}

@test "bytes that are too many are refused, and a failure is still a text" {
    feeds_of "$(large 0x500 bytes bytes/1000 999)" "$(large 0x501 bytes bytes/1000 1000)" \
        "$(large 0x502 bytes 404?bytes 1000)" "$(large 0x503 bytes empty 1000)"
    run ask -- "whole:$BATS_TEST_TMPDIR/a:0x500" "whole:$BATS_TEST_TMPDIR/b:0x501" \
        "whole:$BATS_TEST_TMPDIR/c:0x502" "whole:$BATS_TEST_TMPDIR/d:0x503"
    echo "$output"
    [[ ${lines[0]} == "text "* ]]
    [ "$(cat "$BATS_TEST_TMPDIR/a")" = "[large: the answer is too large (the limit is 999 bytes)]" ]
    [ "${lines[1]}" = "bytes 1000" ]
    [ "$(cat "$BATS_TEST_TMPDIR/c")" = "[large: the server has nothing at this address (HTTP 404)]" ]
    [ "${lines[3]}" = "bytes 0" ]
}

@test "the rest of an answer is gone if its broker is, or if four others came after it" {
    feeds_of "$(large 0x500 text lines/2048 1048576)" "$(large 0x501 text lines/2049 1048576)" \
        "$(large 0x502 text lines/2050 1048576)" "$(large 0x503 text lines/2051 1048576)" \
        "$(large 0x504 text lines/2052 1048576)"
    run ask -- send:0x500 take restart more:8192
    [ "${lines[-1]}" = "[feeds: the rest of this answer is gone; ask again]" ]
    run ask -- send:0x500 take send:0x501 take send:0x502 take send:0x503 take send:0x504 take \
        more:8192
    [ "${lines[-1]}" = 0002047 ]
    run ask -- send:0x500 take send:0x501 take send:0x502 take send:0x503 take send:0x504 take \
        more:8192:0x500
    [ "${lines[-1]}" = "[feeds: the rest of this answer is gone; ask again]" ]
}

@test "large answers to many arguments do not fill the memory" {
    [ -z "${SANITIZED:-}" ] || skip "AddressSanitizer keeps memory that was freed"
    feeds_of "$(question 0x500 "https://faulty.test:8443/bytes/1000000/{argument}" "$WORD" \
        '"format": "bytes", "max_text": 1048576, "max_bytes": 1048576')"
    steps=()
    for argument in {a..z}; do
        steps+=("send:0x500=$argument" take)
    done
    run ask -- 0x107 rss "${steps[@]}" rss asked
    echo "${lines[-2]} ${lines[-1]}"
    [ "${lines[-1]}" = 26 ]
    ((lines[-2] < lines[2] + 24 * 1024))
}

# dropped STEP REASON: the step sends a frame; the broker must drop the VMM for that reason
dropped() {
    feeds https://upstream.test/
    run ask -- "$1" exit
    echo "$output"
    [[ $output == *"the VMM broke the link's protocol and is dropped: $2"* ]]
    [[ $output == *"the broker exited with 1" ]]
}

@test "link: a request that is too short" {
    dropped raw:0200000001000000 "a request of the wrong size"
}

@test "link: a request that is too long" {
    dropped "raw:020000000100000000010000$(printf %02084d 0)" "a request of the wrong size"
}

@test "link: an empty request" {
    dropped raw: "a request of the wrong size"
}

@test "link: an unknown version" {
    dropped frame:1,1,0x100,0,0 "a request of an unknown version"
}

@test "link: an argument that is longer than its field" {
    dropped frame:2,1,0x100,1025,0 "a request with an argument that is too long"
}

@test "link: bytes behind an argument" {
    dropped frame:2,1,0x100,2,0,abc "a request with bytes behind its argument"
}

@test "link: a piece beyond any answer" {
    dropped frame:2,1,0x100,0,1048576 "a request for a piece of no answer"
}

@test "link: a gap in the sequence" {
    feeds https://upstream.test/
    run ask -- 0x107 frame:2,3,0x107,0,0 exit
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
