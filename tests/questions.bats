#!/usr/bin/env bats
# What a guest may ask of the network, and that nothing else leaves: the auditor's table.

bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_TEST_DIRNAME/.."
    export BUILD=$(realpath "${BUILD:-build}")
    export POLICY=$BUILD/sparkler-policy
}

setup() {
    cd "$BATS_TEST_DIRNAME/.."
    FEEDS=$BATS_TEST_TMPDIR/feeds.json
}

# feed KEYS: writes $FEEDS, with one feed that has these keys besides its name and format
feed() {
    printf '{"feeds": [\n{"name": "asks {a}", "format": "text",\n%s}\n]}\n' "$1" >"$FEEDS"
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
    [ "$(grep -c '^  feed  ' <<<"$output")" = 3 ]
    [ "$(wc -L <<<"$output")" -le 100 ]
    local network
    for network in 127.0.0.0/8 10.0.0.0/8 169.254.0.0/16 224.0.0.0/3 2000::/3 64:ff9b::/96; do
        [[ $output == *"$network"* ]]
    done
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

# question REQUEST-KEYS ARGUMENT: writes $FEEDS, with one question on port 0x500
question() {
    feed "\"ports\": {\"0x500\": {\"a\": \"\"}}, \"bits_per_hour\": 600, \"argument\": {$2}, $1"
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
