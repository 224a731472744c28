#!/usr/bin/env bats
# Everything that an upstream can do wrong, one test each. A single broker goes through all of it:
# it is asked for every feed of upstream/faults.list in three rounds, with time for its back-off
# between them. The servers misbehave in the first and the third round. Another one goes through it
# once with questions, by POST.

load upstream/lib

BROKER=${BUILD:-build}/sparkler-netbroker

QUESTION='"method": "POST", "body": {"q": "{argument}"}, "bits_per_hour": 100,
    "argument": {"characters": ["lowercase"], "least": 1, "most": 9}'

# Prints the feeds file of faults.list, or of the same as questions, with another query in each url.
# Writes the feeds' names, in the order of their ports, to $UPSTREAM/names.
fault_feeds() {
    local port=$((0x500)) comma="" name url more
    echo '{"feeds": ['
    : >"$UPSTREAM/names"
    while read -r name url more; do
        [ -n "$name" ] && [ "$name" != "#" ] || continue
        [[ $more == *format* ]] ||
            more+="${more:+, }\"format\": \"json\", \"template\": \"{/text}\""
        [[ $more == *allow_private* ]] || more+=', "allow_private": true'
        [[ $more == *total_ms* ]] || more+=', "total_ms": 1200'
        if [ "${1:-}" = questions ]; then
            [[ $more != *lookup_url* ]] || more='"format": "text"'
            url+="?question" more+=", $QUESTION"
        fi
        printf '%s{"name": "%s", "ports": {"0x%x": {}}, "url": "%s", "connect_ms": 700,
            "ttl_seconds": 1, %s}\n' "$comma" "$name" "$port" "$url" "$more"
        echo "$name" >>"$UPSTREAM/names"
        port=$((port + 1)) comma=,
    done <"$BATS_TEST_DIRNAME/upstream/faults.list"
    echo ']}'
}

setup_file() {
    cd "$BATS_TEST_DIRNAME/.."
    export MISSING=$(upstream_missing)
    [ -z "$MISSING" ] || return 0
    upstream_start "$BATS_FILE_TMPDIR/upstream"
    fault_feeds questions >"$UPSTREAM/questions.json"
    fault_feeds >"$UPSTREAM/feeds.json"
    mkdir "$UPSTREAM"/{first,second,third,question}

    local steps=() port name round
    for round in first second third; do
        port=$((0x500))
        while read -r name; do
            steps+=("save:$UPSTREAM/$round/$name:$((port++))")
        done <"$UPSTREAM/names"
        steps+=(fds rss)
        [ $round = third ] || steps+=(sleep:4.2)
    done
    inside tests/probes/ask.py "$BROKER" "$UPSTREAM/feeds.json" "$UPSTREAM/ca.pem" \
        other-ca="$UPSTREAM/other-ca.pem" -- "${steps[@]}" close \
        >"$UPSTREAM/life" 2>&1 3>&- || true

    # the next fault of TLS comes after a good turn, which this takes
    for port in {8444..8451}; do
        inside bash -c ": >/dev/tcp/$PUBLIC/$port"
    done
    steps=() port=$((0x500))
    while read -r name; do
        steps+=("whole:$UPSTREAM/question/$name:$((port++))=abc")
    done <"$UPSTREAM/names"
    inside tests/probes/ask.py "$BROKER" "$UPSTREAM/questions.json" "$UPSTREAM/ca.pem" \
        other-ca="$UPSTREAM/other-ca.pem" -- "${steps[@]}" fds close \
        >"$UPSTREAM/questions" 2>&1 3>&- || true
}

teardown_file() {
    [ -n "$MISSING" ] || upstream_stop
}

setup() {
    [ -z "$MISSING" ] || skip "$MISSING"
}

# answered ROUND NAME PATTERN: the feed's text in that round matches
answered() {
    local text
    text=$(cat "$UPSTREAM/$1/$2") || { cat "$UPSTREAM/life"; return 1; }
    # shellcheck disable=SC2053
    [[ $text == $3 ]] || { echo "$1 answer: $text"; echo "expected: $3"; return 1; }
}

# fault NAME REASON: the guest got the reason, then the good answer, then both
fault() {
    answered first "$1" "\[$1: $2\]"
    answered question "$1" "\[$1: $2\]"
    answered second "$1" recovered
    answered third "$1" "\[* old: $2\]"$'\n'recovered
}

# accepted NAME REASON: the same, but a question was accepted
accepted() {
    answered first "$1" "\[$1: $2\]"
    answered question "$1" "\[the server accepted it, and sent no answer\]"
    answered second "$1" recovered
    answered third "$1" "\[* old: $2\]"$'\n'recovered
}

# lasting NAME REASON: the guest got the reason each time, because this fault lasts
lasting() {
    answered first "$1" "\[$1: $2\]"
    answered question "$1" "\[$1: $2\]"
    answered second "$1" "\[$1: $2\]"
}

# clean NAME TEXT: the guest got this much of the body, then the good answer, then this again
clean() {
    answered first "$1" "$2"
    answered question "$1" "$2"
    answered second "$1" recovered
    answered third "$1" "$2"
}

@test "the broker survives all of it and exits when the link is closed" {
    tail -1 "$UPSTREAM/life" | grep -x "the broker exited with 0"
}

@test "its memory does not grow with the faults, and no descriptor leaks" {
    [ -z "${SANITIZED:-}" ] || skip "AddressSanitizer keeps memory that was freed"
    run cat "$UPSTREAM/life"
    echo "$output"
    [ "${lines[0]}" = "0 1 2 3 4 5 6 7" ]
    [ "${lines[4]}" = "0 1 2 3 4 5 6 7" ]
    [ "${lines[5]}" -le $((lines[3] + 512)) ]
}

@test "a question is sent once, whatever becomes of it" {
    run tail -1 "$UPSTREAM/questions"
    echo "$output"
    [ "$output" = "the broker exited with 0" ]
    [ "$(grep -c '?question$' "$UPSTREAM/requests.log")" -gt 50 ]
    run uniq -d <(grep '?question$' "$UPSTREAM/requests.log" | grep -v /good | sort)
    echo "$output"
    [ -z "$output" ]
}

@test "no target of a redirect was requested" {
    grep -q /redirect-http "$UPSTREAM/requests.log"
    run grep /stolen "$UPSTREAM/requests.log"
    [ "$status" = 1 ]
}

@test "connection refused" {
    lasting refused "no connection to the server (Connection refused)"
}

@test "reset as soon as accepted" {
    # libcurl notices when it first checks the connection, or in the handshake
    fault reset-at-accept \
        "@(no connection to the server*|the server and this program cannot agree on *)"
}

@test "a TLS handshake that stalls" {
    fault stalled-tls "no secure connection (TLS) to the server in 0.7 s"
}

@test "reset in the TLS handshake" {
    fault reset-in-handshake "the server and this program cannot agree on a secure connection (TLS)"
}

@test "expired certificate" {
    fault expired "the server's certificate is not trusted (certificate has expired)"
}

@test "certificate of an unknown authority" {
    fault self-signed "the server's certificate is not trusted (*)"
}

@test "certificate for another name" {
    fault wrong-name "the server's certificate is for another name"
}

@test "TLS 1.0" {
    fault tls-1.0 "the server and this program cannot agree on a secure connection (TLS)"
}

@test "HTTP without TLS" {
    fault no-tls "no secure connection (TLS) to the server in 0.7 s"
}

@test "a key that is not the pinned one" {
    lasting wrong-key "the server's key is not the one pinned by the feed"
}

@test "a feed with its own authority trusts no other" {
    lasting other-authority "the server's certificate is not trusted (*)"
}

@test "connection closed without an answer" {
    fault close "the server closed the connection without an answer"
}

@test "reset before the answer" {
    fault reset "the connection broke, or the answer breaks the rules of HTTP"
}

@test "reset in the headers" {
    fault reset-in-headers "*"
}

@test "reset in the body" {
    fault reset-in-body "*"
}

@test "no answer" {
    fault stall "the server did not answer in 1 s"
}

@test "slow headers" {
    fault slow-headers "the server did not answer in 1 s"
}

@test "one byte a second" {
    fault byte-a-second "the server was too slow: its answer was not complete in 1 s"
}

@test "endless body" {
    fault endless "the answer is too large (the limit is 65536 bytes)"
}

@test "endless chunks" {
    fault endless-chunks "the answer is too large (the limit is 65536 bytes)"
}

@test "endless headers" {
    fault endless-headers "the answer's headers are too large (the limit is 16384 bytes)"
}

@test "endless header line" {
    fault endless-header "the answer has a header line that is too long"
}

@test "endless interim responses" {
    fault endless-100 "the answer's headers are too large (the limit is 16384 bytes)"
}

@test "malformed chunk" {
    fault bad-chunk "the connection broke, or the answer breaks the rules of HTTP"
}

@test "Content-Length too large" {
    fault length-too-large "the server closed the connection in the middle of its answer"
}

@test "Content-Length too small" {
    fault length-too-small "the answer is cut short"
}

@test "Content-Length of 93 GiB" {
    fault length-huge "the answer is too large (the limit is 65536 bytes)"
}

@test "negative Content-Length" {
    fault length-negative "the server does not speak HTTP/1.1"
}

@test "gzip bomb" {
    fault gzip "the answer is encoded (Content-Encoding), which was not asked for"
}

@test "gzip in a feed of plain text" {
    local refusal="the answer is encoded (Content-Encoding), which was not asked for"
    answered first gzip-text "\[gzip-text: $refusal\]"
    answered second gzip-text '{"text": "recovered"}'
    answered third gzip-text "\[* old: $refusal\]"$'\n''{"text": "recovered"}'
}

@test "Content-Encoding: identity" {
    clean identity "as it is"
}

@test "gzip bomb without Content-Encoding" {
    fault gzip-unsaid "the answer is not UTF-8"
}

@test "gzip bomb as transfer encoding" {
    fault gzip-transfer "the answer is too large (the limit is 65536 bytes)"
}

@test "HTTP 0.9" {
    fault http09 "the server does not speak HTTP/1.1"
}

MOVED="the server redirects the request, which is not followed (HTTP 301)"

@test "redirect to http" {
    fault redirect-http "$MOVED"
}

@test "redirect to file" {
    fault redirect-file "$MOVED"
}

@test "redirect to 169.254.169.254" {
    fault redirect-metadata "$MOVED"
}

@test "redirect to https" {
    fault redirect-https "$MOVED"
}

@test "HTTP 204" {
    accepted 204 "the server's answer is empty (HTTP 204)"
}

@test "HTTP 304 to an unconditional request" {
    fault 304 "the server says that nothing changed, but was not asked that (HTTP 304)"
}

@test "HTTP 401" {
    fault 401 "the server refuses the request or its credential (HTTP 401)"
}

@test "HTTP 404" {
    fault 404 "the server has nothing at this address (HTTP 404)"
}

@test "HTTP 429 with Retry-After" {
    fault 429 "the server was asked too often (HTTP 429); it may be asked again in 4 s"
}

@test "HTTP 500" {
    fault 500 "the server reports an error of its own (HTTP 500)"
}

@test "HTTP 503" {
    fault 503 "the server reports an error of its own (HTTP 503)"
}

@test "HTTP 503 with Retry-After in the past" {
    fault 503-date "the server reports an error of its own (HTTP 503)"
}

@test "empty body" {
    accepted empty "the answer is cut short"
}

@test "HTML instead of JSON" {
    fault no-json "the answer is not JSON*"
}

@test "truncated JSON" {
    fault half-json "the answer is cut short"
}

@test "text after the JSON" {
    fault json-and-more "the answer holds more than JSON"
}

@test "deep JSON" {
    fault deep "the answer is not JSON: nesting too deep"
}

@test "JSON with too many values" {
    fault many-values "the answer holds more than 32768 values"
}

@test "a number beyond a double" {
    fault huge-number "the value at \"/text\" is not finite"
}

@test "NaN" {
    fault nan "the value at \"/text\" is not finite"
}

@test "a wrong type" {
    fault wrong-type "the value at \"/text\" is not a single value"
}

@test "a missing key" {
    fault missing-key "the answer holds nothing at \"/text\""
}

@test "NUL in JSON" {
    fault nul "the answer is not JSON*"
}

@test "NUL and more after the JSON" {
    fault nul-behind "the answer holds more than JSON"
}

@test "NUL, escaped" {
    clean nul-escaped "ab"
}

@test "overlong UTF-8" {
    fault overlong "the answer is not UTF-8"
}

@test "a surrogate in UTF-8" {
    fault surrogate "the answer is not UTF-8"
}

@test "escape sequence, raw" {
    clean escape-raw "a\[31mb"
}

@test "escape sequence, escaped" {
    clean escape-escaped "a\[31mb2J"
}

@test "escape sequence, C1" {
    clean escape-c1 "a31mb"
}

@test "escape sequence as an entity" {
    answered first escape-entity "a\[31mb2J"
    answered second escape-entity recovered
    answered third escape-entity "a\[31mb2J"
}

@test "bidirectional controls" {
    clean bidi "abc"
}

@test "an integer beyond 64 bits" {
    clean huge-integer "[0-9]*"
}

@test "a very long line" {
    clean long-line "aaaa*"
}

@test "very many lines" {
    clean many-lines "a*"
}

@test "DNS: no such name" {
    lasting no-such-name "the name nobody.test has no address"
}

@test "DNS: no answer" {
    lasting no-dns-answer "the name silent.odd.test could not be resolved (no answer from the DNS)"
}

@test "DNS: SERVFAIL" {
    lasting dns-failure "the name refused.odd.test could not be resolved (no answer from the DNS)"
}

@test "DNS: garbage" {
    lasting dns-garbage "the name garbage.odd.test could not be resolved (no answer from the DNS)"
}

@test "DNS: a CNAME loop" {
    lasting cname-loop "the name loop.odd.test has no address"
}

PRIVATE="which is not a public address"

@test "DNS: a private address" {
    lasting private-10 "private.test resolves to 10.0.0.1, $PRIVATE"
}

@test "DNS: the loopback address" {
    lasting private-loopback "loopback.test resolves to 127.0.0.1, $PRIVATE"
}

@test "DNS: the metadata service" {
    lasting private-metadata "metadata.test resolves to 169.254.169.254, $PRIVATE"
}

@test "DNS: a mapped IPv4 address" {
    lasting private-mapped "mapped.test resolves to ::ffff:127.0.0.1, $PRIVATE"
}

@test "DNS: a unique local address" {
    lasting private-unique-local "unique.test resolves to fd00::1, $PRIVATE"
}

@test "a private address in the url" {
    lasting private-numeric "127.0.0.1 is not a public address"
}

@test "DNS: an answer that needs TCP, all of it private" {
    lasting many-addresses "many.odd.test resolves to 127.9.0.*, $PRIVATE"
}

@test "DNS: of public and private addresses, only the public one is used" {
    answered first mixed recovered
}

@test "a feed may allow a private address" {
    answered first private-allowed recovered
}

@test "a numeric host needs no DNS" {
    answered first public-numeric recovered
}

@test "IPv6" {
    answered first ipv6 recovered
}

@test "a long line is cut, and so are many lines" {
    [ "$(wc -L <"$UPSTREAM/first/long-line")" -le 1024 ]
    [ "$(wc -l <"$UPSTREAM/first/many-lines")" -le 512 ]
}
