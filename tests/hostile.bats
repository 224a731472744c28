# Guests that take all they can get: time, output, memory, exits. They get no more than their
# limits, do not disturb others, and end when told to.

bats_require_minimum_version 1.5.0

load guests/lib.bash

setup_file() {
    guests_build
    local size
    for size in 0x10000 0x100000 0x1000000 0xc0000000; do
        nasm -i "$root/tests/guests/" -D SIZE=$size -f bin -o "$guests/edge-$size.bin" \
            "$root/tests/guests/edge.asm"
    done
    nasm -i "$root/tests/guests/" -D SIZE=0x4000000 -D STEP=4096 -f bin -o "$guests/touch-64M.bin" \
        "$root/tests/guests/edge.asm"
    # no request leaves this machine
    cat >"$guests/feeds.json" <<'END_OF_FEEDS'
{"feeds": [{
    "name": "refused", "format": "text", "url": "https://127.0.0.1:1/", "allow_private": true,
    "ports": {"0x100": {}, "0x101": {}, "0x102": {}, "0x103": {}, "0x104": {}, "0x105": {},
        "0x106": {}, "0x201": {}, "0x202": {}, "0x203": {}, "0x204": {}, "0x205": {}, "0x206": {}}
}]}
END_OF_FEEDS
}

setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR"
    supervisor=
}

teardown() {
    [[ -z $supervisor ]] || ! kill -KILL "$supervisor" 2>kill.log
}

# launch GUEST [OPTION...]: starts it in the background, with endless zeros as keys, its output to
# the file $console or `out`, its log to `log`; sets $supervisor
launch() {
    local guest=$1
    shift
    "$build/jailer" --feeds "$guests/feeds.json" "$@" --guest "$guests/$guest.bin" \
        --exec sparkler-vmm </dev/zero >"${console:-out}" 2>log 3>&- &
    supervisor=$!
}

# ended STATUS: waits for the launched VM, which must end with this status
ended() {
    local status=0
    within gone "$supervisor"
    wait "$supervisor" || status=$?
    supervisor=
    cat log
    [[ $status -eq $1 ]]
}

# says PATTERN: the guest has printed it
says() {
    grep -q "$1" out
}

# Guests that never end, and what they print meanwhile.
endless() {
    printf '%s\n' "spin spinning" "talk Can" "ask-always [.]" "read-always reading"
}

@test "time: --timeout ends a guest that spins, prints, asks or reads for ever, with 3" {
    while read -r guest _; do
        launch "$guest" --timeout 2
        ended 3
        grep -q 'the VM was ended after 2 s ' log
    done < <(endless)
}

@test "time: SIGTERM ends the same guests, with 143" {
    while read -r guest word; do
        rm -f out
        launch "$guest"
        within says "$word"
        kill -TERM "$supervisor"
        ended 143
    done < <(endless)
}

@test "time: an interrupt table outside memory ends the VM with 2, or --timeout does with 3" {
    launch no-handlers --timeout 2
    within gone "$supervisor"
    wait "$supervisor" && status=0 || status=$?
    supervisor=
    [[ $status -eq 2 || $status -eq 3 ]]
}

@test "output: a full pipe blocks its guest, which then takes no processor time" {
    mkfifo pipe
    exec 4<>pipe
    console=pipe launch talk
    within blocked
    local before
    before=$(processor_time)

    # another guest is not blocked
    vm hello
    [[ $status -eq 0 ]]
    blocked
    [[ $(processor_time) -eq $before ]]

    # and no output of the first is lost
    head -c 300000 <&4 >said
    [[ $(sort -u <(head -n -1 said)) == "Can anybody hear me?" ]]
    within blocked
    kill -TERM "$supervisor"
    ended 143
    exec 4<&-
}

# The VMM sleeps because the pipe is full.
blocked() {
    [[ $(ps -o stat= -p "$(vmm)") == S* ]] && python3 -c '
import select, os, sys
writer = os.open("pipe", os.O_WRONLY | os.O_NONBLOCK)
sys.exit(1 if select.select([], [writer], [], 0)[1] else 0)'
}

# processor_time: of the VMM, in clock ticks (proc_pid_stat(5))
processor_time() {
    awk '{ print $14 + $15 }' "/proc/$(vmm)/stat"
}

@test "output: --timeout ends a guest that a full pipe blocks, with 3" {
    mkfifo pipe
    exec 4<>pipe
    console=pipe launch talk --timeout 2
    ended 3
    exec 4<&-
}

@test "output: a slow reader gets all of it" {
    "$build/jailer" --guest "$guests/every-port.bin" --exec sparkler-vmm 2>log | python3 -c '
import sys, time
while byte := sys.stdin.buffer.raw.read(1):
    time.sleep(0.05)
    sys.stdout.buffer.write(byte)' >out
    [[ $(<out) == "done" ]]
}

@test "output: the VM ends with 4 when its reader closes the pipe" {
    mkfifo pipe
    exec 4<>pipe
    console=pipe launch talk
    within blocked
    # the test holds the last read end of the pipe
    exec 4<&-
    ended 4
    grep -q "the console's output is closed: Broken pipe" log
}

@test "output: the last words of a talkative guest appear while it spins, and before it waits" {
    launch talk-spin
    within says spinning
    within state R
    kill -TERM "$supervisor"
    ended 143

    nasm -i "$root/tests/guests/" -D KEY -f bin -o "$guests/talk-key.bin" \
        "$root/tests/guests/talk-spin.asm"
    mkfifo keys
    exec 4<>keys
    "$build/jailer" --guest "$guests/talk-key.bin" --exec sparkler-vmm <keys 4>&- >out 2>log 3>&- &
    supervisor=$!
    within says spinning
    printf k >&4
    ended 0
    [[ $(tail -n 1 out) == "spinningk no more" && $(grep -c 'Can anybody hear me?' out) -eq 150 ]]
    exec 4<&-
}

@test "output: a full device ends the VM with 4" {
    console=/dev/full launch talk
    ended 4
    grep -q "the console's output is closed: No space left on device" log
}

@test "memory: --mem takes multiples of 4K from 64K to 3G, nothing else" {
    for size in 64K 68K 1M 1028K 3G 3145724K; do
        vm halt --mem $size
        [[ $status -eq 0 ]]
    done
    for size in 0 1 60K 65535 65537 66K 3145732K 3221225473 4G -1 1T 0x100000 1m " 1M"; do
        run "$build/jailer" --mem "$size" --guest "$guests/halt.bin" --exec sparkler-vmm
        echo "$output"
        [[ $status -eq 1 ]]
        [[ $output == "jailer: --mem $size: expected a multiple of 4K from 64K to 3G" ]]
    done
}

@test "memory: it has exactly the size asked for" {
    while read -r option size; do
        vm "edge-$size" --mem "$option"
        [[ $status -eq 2 ]]
        [[ $output == K ]]
        [[ $stderr == *"a read at $size (size 1), outside memory, which ends at $size "* ]]
    done <<'END_OF_SIZES'
64K 0x10000
1M 0x100000
16M 0x1000000
3G 0xc0000000
END_OF_SIZES
}

@test "memory: pages that a guest does not touch cost nothing" {
    need_root "see the VMM's memory"
    [ -z "${SANITIZED:-}" ] || skip "AddressSanitizer's own memory looks like a guest's"
    launch spin --mem 3G
    within says spinning
    [[ $(guest_memory Size) -eq $((3 << 20)) ]]
    [[ $(guest_memory Rss) -le 64 ]]
    kill -TERM "$supervisor"
    ended 143

    # and those that it touches do
    rm out
    mkfifo keys
    "$build/jailer" --mem 3G --guest "$guests/touch.bin" --exec sparkler-vmm \
        <>keys >out 2>log 3>&- &
    supervisor=$!
    within says touched
    [[ $(guest_memory Rss) -ge 512 && $(guest_memory Rss) -le $((512 + 64)) ]]
    printf x 1<>keys
    ended 0
}

@test "memory: a guest can use all of its 3G" {
    [[ $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) -ge 4000000 ]] ||
        skip "less than 4 GB of memory are free"
    # an image that fills it; KVM needs a page of tables for each 2 MiB on top
    cp "$guests/edge-0xc0000000.bin" "$guests/all.bin"
    truncate -s $(((3 << 30) - 4096)) "$guests/all.bin"
    vm all --mem 3G
    [[ $status -eq 2 ]]
    [[ $output == K ]]
}

@test "memory: exceeding the cgroup's limit ends the VM with 3" {
    need_root "make cgroups"
    local limits=(--cgroup memory.max=32M --cgroup memory.swap.max=0)
    [[ ! -d /sys/fs/cgroup/memory ]] ||
        limits=(--cgroup memory.limit_in_bytes=32M --cgroup memory.swappiness=0)
    vm touch-64M --mem 64M "${limits[@]}"
    [[ $status -eq 3 ]]
    [[ $stderr == *"sparkler-vmm was killed: its cgroup had no memory left"* ]]
    vm touch-64M --mem 64M
    [[ $status -eq 2 && $output == K ]]
}

@test "memory: not in core dumps, not merged, shared with nobody, not executable" {
    need_root "see the VMM's memory"
    launch spin
    within says spinning
    local flags
    flags=" $(guest_memory VmFlags) "
    echo "$flags"
    [[ $flags == *" dd "* ]]
    [[ $flags != *" mg "* && $flags != *" sh "* && $flags != *" ex "* ]]
    kill -TERM "$supervisor"
    ended 143
}

@test "exits: the guest does not notice that the VMM is stopped and continued (EINTR)" {
    need_root "stop the VMM"
    launch spin
    within says spinning
    for _ in {1..10}; do
        kill -STOP "$(vmm)"
        within state T
        kill -CONT "$(vmm)"
        within state R
    done
    kill -TERM "$supervisor"
    ended 143
}

# state LETTER: the VMM is in this state (ps(1))
state() {
    [[ $(ps -o stat= -p "$(vmm)") == "$1"* ]]
}

@test "exits: a guest handles its own traps and faults" {
    vm own-faults
    [[ $status -eq 0 ]]
    [[ $output == "03 01 06 13 13 13 " ]]
}

@test "exits: the guest runs on after lowering its task priority (KVM_EXIT_SET_TPR)" {
    vm task-priority
    [[ $status -eq 0 ]]
    [[ $output == "3" ]]
}

@test "KVM: --explain shows which KVM locks this kernel and processor have" {
    "$build/jailer" --explain --exec sparkler-vmm | tee explained
    grep -q '^processor  *closed ' explained
    while read -r lock offered; do
        grep -q "^$lock  *$([[ $offered == yes ]] && echo closed || echo skipped) " explained
    done < <(python3 - <<'END_OF_PYTHON'
import fcntl, os
CHECK_EXTENSION, QUIRKS = 0xAE03, 0b1111101
kvm = os.open("/dev/kvm", os.O_RDWR)
for lock, cap, bits in ("bus.locks", 193, 2), ("event.windows", 219, 1), ("quirks", 213, QUIRKS):
    offered = max(0, fcntl.ioctl(kvm, CHECK_EXTENSION, cap)) & bits == bits
    print(lock, "yes" if offered else "no")
END_OF_PYTHON
    )
}
