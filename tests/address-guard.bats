# The address guard of the kernel: when it is there, when it is not and who says so, and that nothing
# is left of it. What it refuses is in unit/address_guard.c and escape.bats; that the name servers and
# public servers can be reached through it, in chain.bats.

bats_require_minimum_version 1.5.0

load lib.bash
load upstream/lib.bash

setup_file() {
    jail_stage
    MISSING=$(upstream_missing)
    export MISSING
    [ -n "$MISSING" ] || upstream_start "$BATS_FILE_TMPDIR/upstream"
}

teardown_file() {
    [ -z "${UPSTREAM:-}" ] || upstream_stop
    [ -z "${stage:-}" ] || jail_unstage
}

setup() {
    need_root "put the guard on a cgroup"
    vm_setup guard
}

teardown() {
    vm_teardown
}

need_cgroup_v2() {
    [[ $(stat -f -c %T /sys/fs/cgroup{,/unified} 2>/dev/null) == *cgroup2fs* ]] ||
        skip "the guard needs cgroup v2"
}

# programs: the kernel's BPF programs that are guards, by number
programs() {
    python3 - <<'END'
import ctypes
import os
import struct

NEXT_ID, FD_BY_ID, INFO_BY_FD = 11, 13, 15 # of bpf(2)
libc = ctypes.CDLL(None, use_errno=True)

def bpf(command, *words):
    attributes = ctypes.create_string_buffer(struct.pack(f"{len(words)}I", *words), 128)
    return libc.syscall(321, command, attributes, 128), attributes

number = 0
while True:
    result, attributes = bpf(NEXT_ID, number)
    if result < 0:
        break
    number = struct.unpack_from("II", attributes)[1]
    fd, _ = bpf(FD_BY_ID, number)
    if fd < 0: # it has just ended
        continue
    info = ctypes.create_string_buffer(256)
    address = ctypes.addressof(info)
    bpf(INFO_BY_FD, fd, 256, address & 0xffffffff, address >> 32)
    os.close(fd)
    if info.raw[64:80].startswith(b"sparkler_guard"):
        print(number)
END
}

# Those of $1 that are still there.
remaining() {
    comm -12 <(sort <<<"$1") <(programs | sort)
}

none_remains() {
    [ -z "$(remaining "$1")" ]
}

# guarded WAY: a VM's broker gets a program, which ends with the VM, by the command in $2
guarded() {
    local before new
    before=$(programs)
    vm_start "$1" --id "$VM_ID"
    new=$(comm -13 <(sort <<<"$before") <(programs | sort))
    [[ -n $new ]]
    $2
    vm_wait
    within none_remains "$new"
    check_nothing_left
}

halt() {
    press 5
}

kill_supervisor() {
    kill -9 "$supervisor"
}

@test "guard: attached while the VM runs, gone with it" {
    need_cgroup_v2
    for way in root userns; do
        guarded "$way" halt
        [[ $status -eq 0 ]]
        run ! grep 'address guard' log
    done
}

@test "guard: gone with a VM whose supervisor was killed" {
    need_cgroup_v2
    for way in root userns; do
        guarded "$way" kill_supervisor
    done
}

# explained WAY PATTERN OPTION...: what --explain says of the guard
explained() {
    local line
    run --separate-stderr jail "$1" "$JAILER" "${@:3}" --explain --exec sparkler-vmm
    line=$(grep '^address guard ' <<<"$output")
    echo "$line"
    # shellcheck disable=SC2053 # a pattern
    [[ $line == $2 ]]
}

# feed KEYS: a feeds file whose only feed, of port 0x100, is on this host
feed() {
    cat >feeds.json <<END
{"feeds": [{"name": "here", "ports": {"0x100": {}}, "format": "json", "template": "{/text}",
    "url": "https://127.0.0.1:8443/good", "ttl_seconds": 1$1}]}
END
}

@test "guard: --explain says when it is closed, and why not" {
    need_cgroup_v2
    explained root "*closed*no private address but name servers'"
    explained userns "*closed*no private address but name servers'"
    explained user "*skipped*only root can*"
    feed ', "allow_private": false'
    explained root "*closed*" --feeds feeds.json
    feed $', "allow_private"\n\t:\n\ttrue'
    explained root "*skipped*a feed may have a private address" --feeds feeds.json
}

# asks: what the monitor shows of port 0x100, in the upstream's namespaces
asks() {
    printf '2 5' | inside "$JAILER" --uid "$VM_UID" --ca "$UPSTREAM/ca.pem" --feeds feeds.json \
        --exec sparkler-vmm 2>log
}

@test "guard: a feed with allow_private reaches its server on this host, any other does not" {
    [ -z "$MISSING" ] || skip "$MISSING"
    feed ', "allow_private": true'
    run asks
    echo "$output"
    [[ $status -eq 0 && $output == *$'\n'recovered$'\n'* ]]
    feed ''
    run asks
    echo "$output"
    [[ $output == *"[here: 127.0.0.1 is not a public address]"* ]]
}

@test "guard: without cgroup v2 the log says so, and the VM runs" {
    [[ $(stat -f -c %T /sys/fs/cgroup/unified 2>/dev/null) == cgroup2fs ]] ||
        skip "this machine has no v2 beside v1 to be without"
    run --separate-stderr unshare --mount sh -c 'umount /sys/fs/cgroup/unified && exec "$@"' - \
        "$JAILER" --uid "$VM_UID" --exec sparkler-vmm <<<5
    echo "$stderr"
    [[ $status -eq 0 && $stderr == *"locks that this kernel lacks: "*"address guard (needs cgroup v2)"* ]]
}

@test "guard: on a kernel without such programs the log says so, and the VM runs" {
    need_cgroup_v2
    for error in "EINVAL needs CONFIG_CGROUP_BPF" "EPERM bpf(2) is not permitted here"; do
        run --separate-stderr strace -f -qq -o trace -e trace=bpf -e "inject=bpf:error=${error%% *}" \
            "$JAILER" --uid "$VM_UID" --exec sparkler-vmm <<<5
        echo "$stderr"
        [[ $status -eq 0 ]]
        [[ $stderr == *"locks that this kernel lacks: "*"address guard (${error#* })"* ]]
    done
}
