# jailer --record: a line for each question, whole whatever happens; and no question without it.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
    jail_stage
    local name
    for name in three=3 hundred=100 many=30000 always=0; do
        nasm -i "$root/tests/guests/" -DCOUNT="${name#*=}" -f bin -o "$stage/${name%=*}.bin" \
            "$root/tests/guests/ask-many.asm"
    done
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o "$stage/hostile-ledger" \
        "$root/tests/probes/hostile-ledger.c"
    # it fails before anything leaves the machine, which the ledger cannot know
    echo '{"feeds": [{"name": "x", "ports": {"0x100": {}}, "format": "text",
        "url": "https://127.0.0.1/"}]}' >"$stage/local.json"
}

teardown_file() {
    jail_unstage
}

setup() {
    vm_setup record
    mkdir -m 777 "$stage/here-$BATS_TEST_NUMBER"
    record=$stage/here-$BATS_TEST_NUMBER/record
}

teardown() {
    vm_teardown
    [[ -z ${holder:-} ]] || kill "$holder" 2>/dev/null || true
}

# asks WAY GUEST OPTION...: runs a guest that asks, with that record
asks() {
    jail "$1" "$JAILER" --id "$VM_ID" --feeds "$stage/local.json" --record "$record" \
        --guest "$stage/$2.bin" "${@:3}" --exec sparkler-vmm </dev/null
}

# outcomes: of the record, which has whole lines only
outcomes() {
    "$root/tests/probes/whole-lines.py" "$record"
}

@test "record: two lines for a question that is sent, one for any other" {
    local way before time
    for way in $ways; do
        rm -f "$record"
        before=$(date +%s)
        asks "$way" three >out
        [[ $(grep -c '^\[x: 127.0.0.1 is not a public address\]$' out) -eq 3 ]]
        cat "$record"
        [[ $(outcomes) == "asked=1 failed=3" ]]
        [[ $(jq -r '[.vm, .port, .feed, .argument, .question, .outcome, .reason, .bytes,
            .requests_left] | join(" ")' "$record" | tr '\n' ';') == \
"$VM_ID 0x100 x  1 asked  0 27;$(for n in 1 2 3; do
    printf '%s' "$VM_ID 0x100 x  $n failed 127.0.0.1 is not a public address 38 27;"; done)" ]]
        time=$(jq -r .time "$record" | head -1)
        [[ $time =~ ^[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z$ ]]
        (($(date -d "$time" +%s) >= before && $(date -d "$time" +%s) <= $(date +%s)))
        [[ $(stat -c %a "$record") == 600 ]]
        check_nothing_left
    done
}

@test "record: a file is added to, and a torn line in it is ended" {
    printf '%s\n%s' '{"old": 1}' '{"torn": "by ' >"$record"
    chmod 666 "$record"
    asks "${ways%% *}" three >out
    [[ $(head -2 "$record") == '{"old": 1}'$'\n''{"torn": "by ' ]]
    sed -i 1,2d "$record"
    [[ $(grep -c . "$record") -eq 4 ]]
}

# refused_record SAID
refused_record() {
    run --separate-stderr asks "${ways%% *}" three
    echo "$status $stderr"
    [[ $status -eq 1 && $output == "" && $stderr == "jailer: "*"(--record)"* && $stderr == *"$1"* ]]
}

@test "record: a link, a FIFO, a device and a file of others are refused" {
    local directory=${record%/*}
    mkfifo "$record"
    refused_record "is not a regular file"
    rm "$record"
    : >"$directory/other"
    ln -s other "$record"
    refused_record "is a symbolic link"
    ln -f "$directory/other" "$record"
    refused_record "2 hard links"
    rm "$record"
    mkdir "$record"
    refused_record "Is a directory"
    record=/dev/null
    refused_record "is not a regular file"
    record=$directory/none/record
    refused_record "No such file"
    [[ $(id -u) -eq 0 ]] || return 0
    record=$directory/other
    chown 12345 "$record"
    refused_record "belongs to uid 12345"
    [[ ! -s $record ]]
}

@test "no record, no question: a full disk, until there is room again" {
    need_root "mount a small file system"
    unshare --mount sleep infinity 3>&- &
    holder=$!
    until [[ $(readlink /proc/$holder/ns/mnt) != "$(readlink /proc/self/ns/mnt)" ]]; do sleep 0.02; done
    local disk=${record%/*}
    nsenter --target "$holder" --mount mount -t tmpfs -o size=32k,mode=777 tmpfs "$disk"
    mkfifo keys
    exec 7<>keys
    nsenter --target "$holder" --mount --wd="$PWD" -- "$JAILER" --id "$VM_ID" --uid "$VM_UID" \
        --feeds "$stage/local.json" --record "$record" --exec sparkler-vmm <&7 7>&- >out 2>log 3>&- &
    supervisor=$!
    exec 7>&-
    within grep -q 'Your choice' out
    ask_for_tweet
    nsenter --target "$holder" --mount dd if=/dev/zero of="$disk/fill" bs=4k 2>/dev/null || true
    for _ in {1..30}; do # what is left of the record's last page takes some
        ask_for_tweet
    done
    nsenter --target "$holder" --mount rm "$disk/fill"
    ask_for_tweet
    press 5
    vm_wait
    cat log
    [[ $(grep -c '^jailer: cannot write to the record: No space left on device (--record); questions are denied' log) -eq 1 ]]
    nsenter --target "$holder" --mount cat "$record" >copy
    record=copy
    cat copy
    written=$(jq -c 'select(.outcome != "asked")' copy | wc -l)
    denied=$(grep -c '^\[denied: the record of questions cannot be written\]$' out)
    [[ $written -gt 1 && $denied -gt 10 && $((written + denied)) -eq 32 ]]
    [[ $(outcomes) == "asked="*" failed=$written" ]]
    [[ $(grep -v '^$' out | grep -A1 '^Your choice' | grep -c 'not a public') -eq $written ]]
}

@test "no record, no question: the user's limit of a file's size" {
    # the record is nearly as large; the copies of --feeds and --ca have to fit as well
    local old=$((512 << 10))
    yes '' | head -c "$old" >"$record"
    limited() {
        ulimit -f $((old / 1024 + 2))
        asks "${ways%% *}" hundred
    }
    run --separate-stderr limited
    echo "$status $stderr"
    [[ $status -eq 0 && $(grep -c 'record: File too large' <<<"$stderr") -eq 1 ]]
    grep -q '^\[denied: the record of questions cannot be written\]$' <<<"$output"
    [[ $(stat -c %s "$record") -le $((old + 2048)) ]]
    tail -c +$((old + 1)) "$record" >new
    record=new
    [[ $(outcomes) == "asked=1 failed=$(grep -c 'not a public' <<<"$output")" ]]
}

@test "no record, no question: a record that another process keeps locked" {
    : >"$record"
    vm_start "${ways%% *}" --id "$VM_ID" --feeds "$stage/local.json" --record "$record"
    python3 -c 'import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(3600)' "$record" >locked 3>&- &
    holder=$!
    within grep -q locked locked
    ask_for_tweet
    grep '^\[denied: the record of questions cannot be written\]$' out
    grep 'record: another process keeps it locked' log
    [[ ! -s $record ]]
    kill "$holder"
    wait "$holder" || true
    holder=
    ask_for_tweet
    grep '^\[x: 127.0.0.1 is not a public address\]$' out
    press 5
    vm_wait
    [[ $status -eq 0 && $(outcomes) == "asked=1 failed=1" ]]
}

@test "record: a guest that asks all the time makes it grow by 4 MiB, and is told so" {
    run --separate-stderr asks "${ways%% *}" many
    echo "$status $stderr"
    [[ $status -eq 0 ]]
    grep -q '^\[denied: the record of questions may not grow any more; again in ' <<<"$output"
    [[ $(grep -c 'grown as much as one VM may make it grow in an hour' <<<"$stderr") -eq 1 ]]
    outcomes
    stat -c %s "$record"
    [[ $(stat -c %s "$record") -le $((4 << 20)) && $(stat -c %s "$record") -gt $((4000 << 10)) ]]
    # each answer is on record, and nothing else
    local answers
    answers=$(grep -c 'not a public' <<<"$output")
    [[ $(jq -c 'select(.outcome != "asked")' "$record" | wc -l) -eq $answers ]]
}

# hostile MODE SAID [VERDICT]: a broker that does so is not listened to any more, if SAID is not empty,
# and gets this verdict on what it asks next; the VM goes on
hostile() {
    echo "$1" >mode
    chmod 644 mode
    rm -f "$record"
    run --separate-stderr jail "${ways%% *}" "$JAILER" --id "$VM_ID" --record "$record" \
        --broker "$stage/hostile-ledger" --credential mode="$PWD/mode" \
        --guest "$stage/three.bin" --exec sparkler-vmm </dev/null
    echo "$1: $status $output $stderr"
    [[ $status -eq 0 && $output == "verdict ${3:-0}"* ]]
    [[ -z $2 ]] || [[ $(grep -c "the ledger's protocol, and may not ask any more: $2" <<<"$stderr") -eq 1 ]]
    [[ $(grep -c '^jailer: ' <<<"$stderr") -eq $((1 + (${#2} > 0))) ]]
    outcomes
}

@test "ledger: a malformed entry ends it, says so once, and nothing else" {
    hostile version "an entry of an unknown version"
    hostile event "an entry of an unknown kind"
    hostile port "an entry for a port that is not a feed's"
    hostile unit "an entry with an unknown unit"
    hostile free "an entry with an impossible cost"
    hostile dear "an entry with an impossible cost"
    hostile feed "an entry with a string that is too long"
    hostile argument "an entry with a string that is too long"
    hostile reason "an entry with a string that is too long"
    hostile short "an entry of the wrong size"
    hostile long "an entry of the wrong size"
    hostile empty "an entry of the wrong size"
    hostile unread "it asks but never reads the replies"
}

@test "ledger: no broker can change the budget that a port's first entry has fixed" {
    hostile raised "an entry that changes a port's budget"
    hostile cheap "an entry that changes a port's budget"
}

@test "ledger: no string of a broker's makes a line or a key, or is longer than its line" {
    hostile forge "" 1
    [[ $(jq -c 'keys_unsorted' "$record" | sort | uniq -c | wc -l) -eq 2 ]]
    [[ $(jq -r '.outcome, .cut' "$record" | xargs) == "failed null failed true"* ]]
    python3 - "$record" <<'PYTHON'
import json, sys
first = json.loads(open(sys.argv[1], encoding="ascii").readline())
forged = b'x","outcome":"answered"}\n{"time":"\\\r\0\x1b[2J\xff\x80'
for key in "feed", "argument", "reason":
    assert first[key].encode("utf-8", "surrogateescape") == forged, first[key]
PYTHON
}

@test "ledger: a flood of right entries takes no more of the supervisor than one" {
    echo flood >mode
    chmod 644 mode
    vm_launch "${ways%% *}" --id "$VM_ID" --record "$record" \
        --broker "$stage/hostile-ledger" --credential mode="$PWD/mode" --exec sparkler-vmm
    within grep -q 'Your choice' out
    press 2
    within grep -q verdict out
    [[ $(awk '/^VmHWM/ { print $2 }' "/proc/$supervisor/status") -le 2048 ]]
    press ' 5'
    vm_wait
    cat log
    [[ $status -eq 0 && $(grep -c '^jailer: ' log) -eq 2 ]] # it may not grow; how the VM ended
    [[ $(stat -c %s "$record") -le $((4 << 20)) ]]
    [[ $(jq -c 'select(.outcome == "asked")' "$record" | wc -l) -eq 5 ]]
    outcomes
}

@test "record: VMs that share it and are killed at any moment leave whole lines only" {
    local pids pid round way=${ways%% *} victim
    : >"$record"
    for round in 1 2 3 4 5 6; do
        pids=()
        for vm in 1 2 3 4; do
            become "$way" "$JAILER" --id "$VM_ID-$round-$vm" --feeds "$stage/local.json" \
                --record "$record" --guest "$stage/always.bin" --exec sparkler-vmm \
                </dev/null >"out-$vm" 2>"log-$vm" 3>&- &
            pids+=($!)
        done
        for vm in 1 2 3 4; do
            within grep -q 'not a public' "out-$vm"
        done
        sleep "0.$((RANDOM % 4))"
        for pid in "${pids[@]}"; do
            supervisor=$pid
            case $((RANDOM % 4)) in
            0) victim=$(vmm) ;;
            1) victim=$(warden) ;;
            2) victim=$(broker) ;;
            3) victim=$pid ;;
            esac
            kill -9 "${victim:-$pid}" 2>/dev/null || true
            ((RANDOM % 2)) || sleep "0.0$((RANDOM % 9))"
            kill -9 "$pid" 2>/dev/null || true
            wait "$pid" 2>/dev/null || true
        done
        supervisor=
        outcomes
    done
    [[ $(jq -r .vm "$record" | sort -u | wc -l) -eq 24 ]]
    check_nothing_left
}
