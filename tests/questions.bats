#!/usr/bin/env bats
# What a guest may ask of the network, and that nothing else leaves: the auditor's table.

bats_require_minimum_version 1.5.0

load upstream/lib

setup_file() {
    cd "$BATS_TEST_DIRNAME/.."
    export ROOT=$PWD
    export BUILD=$(realpath "${BUILD:-build}")
    export POLICY=$BUILD/sparkler-policy
    export MISSING=$(upstream_missing)
    nasm -i tests/guests/ -f bin -o "$BATS_FILE_TMPDIR/ask.bin" tests/guests/ask-question.asm
    [ -n "$MISSING" ] || upstream_start "$BATS_FILE_TMPDIR/upstream"
}

teardown_file() {
    [ -n "$MISSING" ] || upstream_stop
}

setup() {
    cd "$BATS_TEST_DIRNAME/.."
    FEEDS=$BATS_TEST_TMPDIR/feeds.json
}

# feed KEYS: writes $FEEDS, with one feed that has these keys besides its name and format
feed() {
    printf '{"feeds": [\n{"name": "asks {a}", "format": "text",\n%s}\n]}\n' "$1" >"$FEEDS"
}

# question REQUEST-KEYS ARGUMENT: writes $FEEDS, with one question on port 0x500
question() {
    feed "\"ports\": {\"0x500\": {\"a\": \"\"}}, \"bits_per_hour\": 600, \"argument\": {$2}, $1"
}

# shows TEXT: the table of $FEEDS has it, apart from line breaks
shows() {
    run -0 "$POLICY" feeds "$FEEDS"
    echo "$output"
    local table
    # shellcheck disable=SC2086 # words
    table=$(echo $output)
    [[ ${table// /} == *"${1// /}"* ]]
}

@test "the table of the default feeds names every request that the broker makes" {
    FEEDS=policy/feeds.json
    shows "GET https://mastodon.social:443/api/v1/accounts/lookup?acct=climagic once;"
    shows "GET https://mastodon.social:443/api/v1/accounts/{id}/statuses?limit=1&exclude_replies=true"
    shows "asked by ports 0x101 to 0x106"
    shows "weather for {Chennai|New Delhi|London|Chicago|San Francisco|New York}"
    shows "GET https://api.open-meteo.com:443/v1/forecast?latitude={13.08|28.61|51.51|41.88|37.77|40.71}&"
    shows "all tell at most 5225 bits an hour: by the times of 348 requests"
    [ "$(grep -c '^  feed  ' <<<"$output")" = 3 ]
    [ "$(wc -L <<<"$output")" -le 100 ]
    local network
    for network in 127.0.0.0/8 10.0.0.0/8 169.254.0.0/16 224.0.0.0/3 2000::/3 64:ff9b::/96; do
        [[ $output == *"$network"* ]]
    done
}

@test "README.md has the table of the default feeds" {
    run -0 "$POLICY" feeds policy/feeds.json
    local readme
    readme=$(<README.md)
    [[ $readme == *$'\n'"$(sed 's/^./    &/' <<<"$output")"$'\n'* ]]
}

@test "the table adds up the bits that can leave in an hour" {
    # three of 2 bits, of which a budget of 7 allows three, at any of 360,000 times
    question '"url": "https://h.test/{argument}"' '"values": ["a", "b", "c", "d"]'
    sed -i 's/"bits_per_hour": 600/"bits_per_hour": 7/' "$FEEDS"
    shows "tells at most 59 bits an hour: 6 by the arguments and 53 by the times of 3 requests"
    shows "all tell at most 59 bits an hour: 6 by the arguments and 53 by the times of 3 requests"
    # each port has a budget of its own
    feed '"ports": {"0x500": {"a": "x"}, "0x501": {"a": "y"}}, "url": "https://h.test/{a}", "requests_per_hour": 3'
    shows "tells at most 106 bits an hour: by the times of 6 requests"
    "$POLICY" feeds --json "$FEEDS" | jq -e '.requests_per_hour == 6 and .bits_by_argument == 0 and
        (.bits_by_time | floor) == 105 and .feeds[0].requests_per_hour == 6'
}

@test "the table shows hosts, ports and credentials as they are used" {
    feed '"ports": {"0x500": {"a": "one"}, "0x502": {"a": "two"}, "0x503": {"a": "four five"}},
        "url": "https://0x5DB8D822:8443/{a}/?q={a}&r={a}", "credential": "key",
        "header": "Authorization: Bearer ", "ca": "mine", "allow_private": true, "total_ms": 7500,
        "pinned_key": "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="'
    sed -i 's|four five|four-five|' "$FEEDS"
    shows "ports 0x500 and 0x502 to 0x503 or"
    # a numeric host as libcurl reads it, and each varying part of the url
    shows "GET https://93.184.216.34:8443/{one/?q=one|two/?q=two|four-five/?q=four-five}&r={one|two|four-five}"
    shows "credential Authorization: Bearer <key>"
    shows "at any address, private ones too, with a certificate by an authority of the credential mine"
    shows "for the key sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    shows "7.5 s in all;"
}

@test "what differs between the ports of a feed is in braces, whatever it holds" {
    feed '"ports": {"0x500": {"a": "x"}, "0x501": {"a": "x&y=1"}}, "url": "https://h.test/s?q={a}&z=2"'
    shows "GET https://h.test:443/s?q=x&{z|y=1&z}=2"
    feed '"ports": {"0x500": {"a": "x"}, "0x501": {"a": "y"}}, "url": "https://h{a}.test:1/"'
    shows "GET https://{hx.test:1|hy.test:1}/"
    feed '"ports": {"0x500": {"a": "x/x"}, "0x501": {"a": "x/x/x"}}, "url": "https://h.test/{a}/x"'
    shows "GET https://h.test:443/x/x/{x|x/x}"
}

@test "the table shows a question's method, headers, body, and the argument with its place" {
    question '"url": "https://h.test/{argument}.json"' \
        '"characters": ["lowercase", "+"], "least": 2, "most": 9'
    shows "request GET https://h.test:443/{argument}.json"
    shows "argument in the path, percent-encoded: 2 to 9 characters of: lowercase, '+'"
    question '"url": "https://h.test/?q={argument}&n=1"' '"values": ["red", "green"]'
    shows "argument in the query, percent-encoded: one of: red, green"
    question '"url": "https://h.test/", "method": "POST", "headers": {"Accept": "text/csv"},
        "body": {"q": ["{argument}", "\u202e\ud83d\ude00\u0007"]}' '"values": ["red", "green"]'
    shows "request POST https://h.test:443/"
    shows "header Accept: text/csv"
    # no terminal reorders what an auditor reads
    shows 'body {"q":["{argument}","\u202e\ud83d\ude00\u0007"]}'
    shows "argument in the body, as a JSON string: one of: red, green"
    "$POLICY" feeds --json "$FEEDS" | jq -e '.feeds[0].ports[0] | .request.method == "POST" and
        .request.headers == ["Accept: text/csv"] and .argument.place == "body" and
        .argument.values == ["red", "green"] and .argument.bits == 1'
}

@test "credentials, headers and arguments that differ between the ports are all shown" {
    feed '"ports": {"0x500": {"a": "one"}, "0x501": {"a": "two"}}, "url": "https://h.test/?{a}={argument}",
        "credential": "{a}", "header": "X-{a}: ", "ca": "ca-{a}", "headers": {"Accept": "text/{a}"},
        "argument": {"values": ["{a}", "three"]}, "bits_per_hour": 1'
    shows "credential {X-one: <one>|X-two: <two>}"
    shows "an authority of the credential {ca-one|ca-two}"
    shows "header Accept: text/{one|two}"
    shows "argument in the query, percent-encoded: one of: {one,|two,} three"
}

@test "the table as JSON has each port's request" {
    "$POLICY" feeds --json policy/feeds.json >"$BATS_TEST_TMPDIR/table"
    cd "$BATS_TEST_TMPDIR"
    [ "$(jq '[.feeds[].ports[]] | length' table)" = 13 ]
    [ "$(jq -r '.feeds[1].ports[2] | .name, .request.host, .request.tcp_port' table)" = \
        $'weather for London\napi.open-meteo.com\n443' ]
    jq -e '.feeds[1].ports[2].request.path | contains("latitude=51.51&longitude=-0.13&")' table
    jq -e '.feeds[0].ports[0].lookup.path == "/api/v1/accounts/lookup?acct=climagic"' table
    jq -e '.public_addresses.ipv4_except | index("169.254.0.0/16")' table
}

@test "a bad feeds file is refused with the broker's words" {
    feed '"ports": {"0x500": {"a": ""}}, "url": "https://h.test/", "ttl_seconds": -1'
    run -1 "$POLICY" feeds "$FEEDS"
    [[ $output == *", line 3, \"ttl_seconds\": expected a whole number from 0 to 604800" ]]
    run -1 "$POLICY" feeds --json "$FEEDS"
    [[ $output == *", line 3, \"ttl_seconds\": expected a whole number from 0 to 604800" ]]
    echo '{"feeds": [' >"$FEEDS"
    run -1 "$POLICY" feeds "$FEEDS"
    [[ $output == "sparkler-policy: the feeds file $FEEDS, line "*"the file is cut short" ]]
    run -1 "$POLICY" feeds "$BATS_TEST_TMPDIR/none.json"
    [[ $output == "sparkler-policy: cannot open the feeds file "*": No such file or directory" ]]
    head -c 1048577 /dev/zero >"$FEEDS"
    run -1 "$POLICY" feeds "$FEEDS"
    [[ $output == *" is larger than 1048576 bytes" ]]
}

# line OUTCOME FEED BYTES MS [MORE]: a line of a record
line() {
    printf '{"time":"2026-01-31T09:00:%02d.000Z","vm":"a","question":%d,"port":"0x500","feed":"%s",' \
        $((seconds++ % 60)) "$seconds" "$2"
    printf '"argument":"Berlin","outcome":"%s","reason":"","bytes":%d,"ms":%d%s}\n' "$1" "$3" "$4" \
        "${5:-}"
}

@test "record: counts each feed's questions, bytes and bits" {
    cd "$BATS_TEST_TMPDIR"
    local seconds=0 ms
    {
        for ms in 5 7 40 1000 9; do
            line asked place 0 0 ',"bits":12.5'
            printf '%4095s' ''
            line answered place 100 "$ms"
        done
        line cached place 100 0
        line denied place 20 0
        line stale 'a \u001b[31mred\nfeed' 30 0
        line failed 'a \u001b[31mred\nfeed' 30 10000
        line denied 'no UTF-8: \udcff' 10 0 ',"cut":true'
        for ms in 100 1000 60000; do
            line answered slow 1 "$ms"
        done
    } >record
    run -0 "$POLICY" record record
    echo "$output"
    [ "${lines[0]}" = "  feed          place" ]
    [ "${lines[1]}" = "  questions     5 answered, 1 cached, 0 stale, 1 denied, 0 failed" ]
    [ "${lines[2]}" = "  sent          5 requests, 62.500 bits" ]
    [ "${lines[3]}" = "  answers       620 bytes, 9 ms in the median, 1000 ms at most" ]
    [ "${lines[4]}" = "  feed          a [31mred feed" ]
    [ "${lines[5]}" = "  questions     0 answered, 0 cached, 1 stale, 0 denied, 1 failed" ]
    # the median is that of a bucket, up to 3 % less
    [ "${lines[15]}" = "  answers       3 bytes, 992 ms in the median, 60000 ms at most" ]
    [ "${lines[16]}" = "  record        18 lines, 0 of them malformed" ]
    [ "${lines[17]}" = "  from          2026-01-31T09:00:00.000Z to 2026-01-31T09:00:17.000Z" ]
    "$POLICY" record --json record | jq -e '.lines == 18 and .malformed == 0 and
        .feeds[0] == {"feed": "place", "asked": 5, "answered": 5, "cached": 1, "stale": 0,
            "denied": 1, "failed": 0, "bits": 62.5, "bytes": 620, "median_ms": 9, "largest_ms": 1000}'
}

@test "record: a malformed line is named and counted, and hides no other" {
    cd "$BATS_TEST_TMPDIR"
    local seconds=0
    line answered place 1 1 >good
    {
        cat good
        echo '{"time":'
        echo
        sed 's/"answered"/"forged"/' good
        sed 's/"bytes":1/"bytes":-1/' good
        sed 's/"bytes":1/"bytes":"1"/' good
        sed 's/"ms":1/"ms":1.5/' good
        sed 's/"feed":"place",//' good
        sed 's/}$/,"bits":-1}/' good
        sed 's/}$/} {}/' good
        printf '[%s]\n' "$(cat good)"
        sed "s/Berlin/$(printf '%5000s' '' | tr ' ' x)/" good
        printf 'nul\0\n'
        cat good
        head -c 40 good
    } >record
    run -1 --separate-stderr "$POLICY" record record
    echo "$output" "$stderr"
    [[ $output == *"  questions     2 answered,"*"15 lines, 13 of them malformed"* ]]
    for line in {2..13} 15; do
        [[ $stderr == *"sparkler-policy: record, line $line: it"* ]]
    done
    [ "${#stderr_lines[@]}" = 13 ]
    [[ $stderr == *"line 12: it is too long"*"line 15: it is cut short" ]]
    run -1 "$POLICY" record none
    [ "$output" = "sparkler-policy: cannot open the record none: No such file or directory" ]
    run -1 "$POLICY" record .
    [ "$output" = "sparkler-policy: cannot read the record .: Is a directory" ]
    : >record
    run -0 "$POLICY" record record
    [ "$output" = "  record        0 lines, 0 of them malformed" ]
}

# feeds_of_count N: lines with so many different names
feeds_of_count() {
    local seconds=0
    line answered 'feed @' 1 1 | awk -v count="$1" '{ line = $0 }
        END { for (i = 0; i < count; i++) { copy = line; sub("@", i, copy); print copy } }'
}

@test "record and feeds: nothing in their JSON is for a terminal to obey, hide or reorder" {
    cd "$BATS_TEST_TMPDIR"
    local strange='a\u009b31m\u202e\u007f\ud83d\ude00'
    line answered "$strange" 1 1 >record
    echo '{"feeds": [{"name": "x", "ports": {"0x500": {}}, "format": "text", "method": "POST",
        "url": "https://example.org/a", "body": {"text": "'"$strange"'"}}]}' >feeds.json
    "$POLICY" record --json record >record.json
    "$POLICY" feeds --json feeds.json >table.json
    run ! env LC_ALL=C grep '[^ -~]' record.json table.json
    [[ $(jq .feeds[0].feed record.json) == "$(jq . <<<"\"$strange\"")" ]]
    [[ $(jq '.feeds[0].ports[0].request.body | fromjson | .text' table.json) == \
        "$(jq . <<<"\"$strange\"")" ]]
    line answered $'not \xff UTF-8' 1 1 >record
    "$POLICY" record --json record >record.json
    jq -e '.feeds[0].feed == "not \ufffd UTF-8"' record.json
}

@test "record: memory is bounded, whatever is in the file" {
    [ -z "${SANITIZED:-}" ] || skip "AddressSanitizer needs more address space"
    cd "$BATS_TEST_TMPDIR"
    feeds_of_count 40000 >record
    ulimit -v 200000
    "$POLICY" record --json record | jq -e '.lines == 40000 and (.feeds | length) == 1025 and
        .feeds[1024].feed == null and ([.feeds[].answered] | add) == 40000'
    # a line without an end
    run -1 "$POLICY" record <(head -c 300M /dev/zero)
    [[ $output == *"1 lines, 1 of them malformed"* ]]
}

# The rest asks servers: upstream/recorder.py writes down each request, byte for byte.

need_servers() {
    [ -z "$MISSING" ] || skip "$MISSING"
    : >"$UPSTREAM/recorded.json"
}

need_vms() {
    [[ -r /dev/kvm && -w /dev/kvm ]] || skip "/dev/kvm cannot be opened here"
    need_servers
}

# vm OPTION...: runs a VM beside the servers
vm() {
    inside timeout --kill-after 5 $((60 * ${SLOWNESS:-1})) "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" "$@" 3>&-
}

# recorded: how many requests the servers have got
recorded() {
    wc -l <"$UPSTREAM/recorded.json"
}

@test "nothing but the argument's place ever changes in a request, and what does not fit is not sent" {
    need_servers
    run inside tests/probes/encodings.py "$BUILD/sparkler-netbroker" "$UPSTREAM/ca.pem" \
        "$UPSTREAM/recorded.json" 3>&-
    echo "$output"
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 7 ]
    [[ ${lines[0]} =~ ^"path: "[1-9][0-9]{2}" sent, "[1-9][0-9]{2}" denied"$ ]]
}

# request EXAMPLE: what the server must get when the example asks as its README says
request() {
    local agent="User-Agent: sparkler-netbroker/1.0 (feeds for one virtual machine)" body
    case $1 in
    geocoder.json)
        printf 'GET /v1/search?name=Z%%C3%%BCrich&count=1&language=en&format=json HTTP/1.1\r\n'
        printf 'Host: geocoding-api.open-meteo.com\r\n%s\r\nAccept: */*\r\n\r\n' "$agent"
        return ;;
    package-version.json)
        printf 'GET /api/src/g%%2B%%2B-defaults/ HTTP/1.1\r\n'
        printf 'Host: sources.debian.org\r\n%s\r\nAccept: */*\r\n\r\n' "$agent"
        return ;;
    translation.json)
        body='{"text":["Hello, world!"],"target_lang":"DE"}'
        printf 'POST /v2/translate HTTP/1.1\r\nHost: api-free.deepl.com\r\n%s\r\nAccept: */*\r\n' "$agent"
        printf 'Content-Type: application/json\r\nAuthorization: DeepL-Auth-Key deepl-secret\r\n' ;;
    notify.json)
        body='{"topic":"sparkler-example","title":"The guest","message":"is done"}'
        printf 'POST / HTTP/1.1\r\nHost: ntfy.sh\r\n%s\r\nAccept: */*\r\n' "$agent"
        printf 'Content-Type: application/json\r\nAuthorization: Bearer ntfy-secret\r\n' ;;
    esac
    printf 'Content-Length: %d\r\n\r\n%s' "${#body}" "$body"
}

# example FILE: runs the question of its README in both kinds of guest
example() {
    need_vms
    local file=$1 name row given=() wrote read
    cd "$BATS_TEST_TMPDIR"
    row=$(grep -m 1 "^| \`$file\`" "$ROOT/policy/examples/README.md")
    IFS='`' read -r _ _ _ wrote _ read _ <<<"$row"
    for name in $(jq -r '.feeds[].credential // empty' "$ROOT/policy/examples/$file"); do
        echo "$name-secret" >"$name"
        given+=(--credential "$name=$name")
    done
    set -- --feeds "$ROOT/policy/examples/$file" "${given[@]}"
    request "$file" >expected

    vm "$@" --guest "$BATS_FILE_TMPDIR/ask.bin" --exec sparkler-vmm < <(printf '%s\n\n' "$wrote") >output
    cat output
    [ "$(cat output)" = "$read" ]
    cmp <(jq -j . "$UPSTREAM/recorded.json") expected

    : >"$UPSTREAM/recorded.json"
    # shellcheck disable=SC2016 # for the guest's shell
    vm "$@" --program /bin/busybox --exec sparkler-vmm -- sh -c \
        'exec 3<>"$1"; printf %s "$2" >&3; cat <&3' sh "/feeds/$(jq -r '.feeds[].file' "$ROOT/policy/examples/$file")" \
        "$wrote" >output
    cat output
    [ "$(cat output)" = "$read" ]
    cmp <(jq -j . "$UPSTREAM/recorded.json") expected
}

@test "the examples' README has the numbers of the tool, and each example is in it" {
    local file numbers
    cd policy/examples
    for file in *.json; do
        "$POLICY" feeds --json "$file" >"$BATS_TEST_TMPDIR/table"
        numbers=$(jq -r '"\(.feeds[0].ports[0].argument.bits) | " +
            "\(.requests_per_hour) | \((.bits_by_argument | ceil) + (.bits_by_time | ceil))"' \
            "$BATS_TEST_TMPDIR/table")
        echo "$file: $numbers"
        grep -x " *\"bits\":${numbers%% *}" "$BATS_TEST_TMPDIR/table" # jq might round it
        grep -F "| \`$file\` |" README.md | grep -F " | $numbers | "
    done
    [ "$(grep -c '^| `' README.md)" = $((2 * $(ls *.json | wc -l))) ]
}

@test "example: a geocoder, in a query" {
    example geocoder.json
}

@test "example: the newest version of a package, in a path" {
    example package-version.json
}

@test "example: a translation, by POST with a secret" {
    example translation.json
}

@test "example: a webhook with five values" {
    example notify.json
}

# bytes_feed: a question whose answer is every byte, and what terminals obey
bytes_feed() {
    python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) + b"\x1b]0;title\x07 \x1b[31mred\x1b[0m"
        b"\x9b2J \x1bP1$r\x1b\\ \x1b[6n \x1bc end")' >"$UPSTREAM/bodies/recorder.test"
    question '"url": "https://recorder.test/{argument}", "file": "bytes"' '"values": ["x", "y"]'
    sed -i 's/"format": "text"/"format": "bytes"/' "$FEEDS"
}

@test "bytes reach a Linux program as they are, and a terminal clean" {
    need_vms
    bytes_feed
    cd "$BATS_TEST_TMPDIR"
    set -- --feeds "$FEEDS" --program /bin/busybox --exec sparkler-vmm -- \
        sh -c 'exec 3<>/feeds/bytes; echo x >&3; cat <&3'
    vm "$@" >got
    cmp got "$UPSTREAM/bodies/recorder.test"

    printf '%q ' "$BUILD/jailer" --ca "$UPSTREAM/ca.pem" "$@" >run-it
    inside script -qec "sh run-it" /dev/null </dev/null >screen 3>&-
    od -c screen
    grep -q red screen
    # colours, tabs, backspaces, bells and new lines are all that is left of what a terminal obeys
    run -1 grep -aPo '[^ -~]' <(sed -E 's/\x1b\[[0-9;]*m//g' screen | tr -d '\a\b\t\r\n')
}

@test "bytes are no text for a flat guest" {
    need_vms
    bytes_feed
    run -0 --separate-stderr vm --feeds "$FEEDS" --guest "$BATS_FILE_TMPDIR/ask.bin" --exec sparkler-vmm \
        < <(printf 'x\n\n')
    echo "$output"
    [ "$output" = "[feeds: the answer is not text but bytes, for Linux programs only]" ]
}

# covert KEYS ARGUMENT: writes $FEEDS, with two questions that are sent each time they are asked
covert() {
    feed '"ports": {"0x500": {"a": "one"}, "0x501": {"a": "two"}}, "url": "https://recorder.test/{a}",
        "file": "{a}", "ttl_seconds": 0, "method": "POST", "body": {"q": "{argument}"}, '"$1, \"argument\": {$2}"
}

# leaks NAME: how many of its requests the server has got
leaks() {
    grep -c "POST /$1 " "$UPSTREAM/recorded.json" || true
}

# leak WORDS [OPTION...]: a guest that asks both questions with each word, again and again
leak() {
    # shellcheck disable=SC2016 # for the guest's shell
    vm --feeds "$FEEDS" "${@:2}" --program /bin/busybox --exec sparkler-vmm -- sh -c \
        'for round in $(seq 40); do
             for word in $1; do echo $word >/feeds/one; echo $word >/feeds/two; done
             usleep 50000
         done' sh "$1" 2>"$BATS_TEST_TMPDIR/log"
}

@test "covert channel: no more than the budget leaves by values of a list" {
    need_vms
    covert '"bits_per_hour": 32' '"values": ["a", "b", "c", "d", "e", "f", "g", "h"]' # 3 bits each
    leak "a b c d e f g h"
    [ "$(leaks one)" = 10 ]
    [ "$(leaks two)" = 10 ]
}

@test "covert channel: no more than the budget leaves by arguments" {
    need_vms
    covert '"bits_per_hour": 50' '"characters": ["lowercase"], "least": 2, "most": 2' # 9.401 bits each
    leak "ab cd ef gh"
    [ "$(leaks one)" = 5 ]
    [ "$(leaks two)" = 5 ]
}

@test "covert channel: brokers that are killed give the guest no more" {
    need_vms
    cd "$BATS_TEST_TMPDIR"
    covert '"bits_per_hour": 32' '"values": ["a", "b", "c", "d", "e", "f", "g", "h"]'
    leak "a b c d e f g h" --pid-file pid &
    local leaking=$! supervisor broker killed=0
    until [ -s pid ]; do sleep 0.01; done
    supervisor=$(<pid)
    within shows_at_least 1 'POST /one ' "$UPSTREAM/recorded.json" # a slow broker might never come to ask
    while [ -s pid ]; do
        broker=$(pgrep -P "$(pgrep -P "$supervisor" -x warden)" || true)
        [ -z "$broker" ] || ! kill -9 $broker || killed=$((killed + 1))
        sleep 0.2
    done
    wait "$leaking"
    echo "$killed brokers were killed; $(leaks one) and $(leaks two) requests left"
    [ "$killed" -ge 3 ]
    [ "$(leaks one)" -ge 1 ]
    [ "$(leaks one)" -le 10 ]
    [ "$(leaks two)" -le 10 ]
}

# after COMMAND: the lines that README.md's section on questions shows behind a command
after() {
    sed -n '/^## Questions/,/^## How/s/^    //p' "$ROOT/README.md" |
        awk -v command="$ $1" 'index($0, command) == 1 { on = 1; next } /^\$ / { on = 0 } on'
}

@test "README.md's session: a Python guest asks two questions, and is denied the third" {
    need_vms
    [[ ! -d /run/rig ]] || skip "the rig has no network to fetch packages by"
    cd "$BATS_TEST_TMPDIR"
    "$ROOT/guest/linux/make-image" python.erofs --packages python3-minimal
    sed 's/1500/300/' "$ROOT/policy/examples/geocoder.json" >place.json
    after "cat ask.py" >ask.py
    vm --feeds place.json --record questions --root python.erofs --file ask.py \
        --exec sparkler-vmm -- /usr/bin/python3 /input/ask.py >output
    cat output
    # the server of the tests says Zurich each time
    diff <(after build/jailer | tail -2) <(tail -n +2 output)
    [[ $(head -1 output) == *", Europe/"* ]]
    cmp <(jq -r 'split(" ")[1]' "$UPSTREAM/recorded.json" | cut -d '&' -f 1) \
        <(printf '/v1/search?name=%s\n' Berlin Z%C3%BCrich)

    [ "$(jq -r '.argument + " " + .outcome' questions)" = "Berlin asked
Berlin answered
Zürich asked
Zürich answered
Reykjavik denied" ]
    "$POLICY" record questions >counts
    cat counts
    diff <(after "build/sparkler-policy record" | head -3) <(head -3 counts)
    diff <(after "build/sparkler-policy feeds" | grep -v '^  \.\.\.$') \
        <("$POLICY" feeds place.json | sed '/^$/,$d')
}
