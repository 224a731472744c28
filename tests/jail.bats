# A running VM seen from outside: what each of its processes holds and is, in every way of running.
# What it can do with that is tests/escape.bats' business, its filters are policy.bats'.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    [[ -r /dev/kvm && -w /dev/kvm ]] || return 0
    cd "$BATS_FILE_TMPDIR"
    for way in $ways; do
        mkdir "$way"
        cd "$way"
        SECRET=of-the-user vm_start "$way" --id "jail-$way-$$" --offline-samples
        echo "$supervisor" >pid
        cd ..
    done
    export AUDITED=jail-root-$$
}

setup() {
    need_kvm
}

teardown_file() {
    for way in $ways; do
        [ ! -e "$BATS_FILE_TMPDIR/$way/pid" ] || kill "$(<"$BATS_FILE_TMPDIR/$way/pid")" 2>/dev/null || true
    done
    within nothing_left
    jail_unstage
}

# A test's own VM ends with it, and so does the cgroup that it has chosen.
teardown() {
    [ -z "${other:-}" ] || kill "$other"
    [[ -n ${VM_ID:-} && -n ${supervisor:-} ]] || return 0
    gone "$supervisor" || kill "$supervisor"
    within gone "$supervisor"
    rmdir /sys/fs/cgroup/{.,*}/"sparkler-$VM_ID" 2>/dev/null || true
}

# in_every_way CHECK: with each of the VMs, whose broker was asked and so has its resolver; the
# processes' numbers are in variables
in_every_way() {
    local way
    for way in $ways; do
        cd "$BATS_FILE_TMPDIR/$way"
        supervisor=$(<pid)
        ask_for_tweet
        vmm=$(vmm) warden=$(warden) broker=$(broker) resolver=$(resolver)
        "$1" "$way"
    done
}

# all: the pids of the VM's processes
all() {
    echo "$supervisor $vmm $warden $broker $resolver $(janitor)"
}

# by one awk for all of them: bats watches each command of a test, which in the rig takes 40 ms
no_privileges() {
    local files
    # shellcheck disable=SC2046 # numbers
    mapfile -t files < <(printf '/proc/%s/status\n' $(all))
    # what bounds an ordinary user's supervisor was given by who started it, and so were groups
    awk -v user="$([[ $1 != user ]] || id -u)" '
        function wrong() { print name " has " $0; failed = 1 }
        $1 == "Name:" { name = $2; processes++ }
        /^(Cap...|NoNewPrivs|Seccomp|Groups|[UG]id):/ { fields++ }
        /^Cap(Inh|Prm|Eff|Amb):/ && $2 !~ /^0+$/ { wrong() }
        /^CapBnd:/ && $2 !~ /^0+$/ && (user == "" || name != "supervisor") { wrong() }
        /^NoNewPrivs:/ && $2 != 1 || /^Seccomp:/ && $2 != 2 { wrong() }
        /^Groups:/ && NF > 1 && (user == "" || user == 0) { wrong() }
        /^[UG]id:/ && ($2 == 0 || $3 == 0 || $4 == 0 || $5 == 0) { wrong() }
        END { exit failed || processes < 5 || fields != 10 * processes }' "${files[@]}"
}

@test "every process: no capability, no group, no root, no new privileges, a filter" {
    in_every_way no_privileges
}

ids_apart() {
    [ "$1" != user ] || return 0
    [[ $(awk '$1 == "Uid:" { print $2 - uid }' uid="$VM_UID" \
        "/proc/$vmm/status" "/proc/$broker/status" "/proc/$resolver/status" | xargs) == "0 1 1" ]]
}

@test "as root: VMM and broker have their own uids" {
    need_root "give them other uids"
    in_every_way ids_apart
}

# apart PID PID NAME: both are there, and their namespaces of that name are two
apart() {
    local one=/proc/$1/ns/$3 other=/proc/$2/ns/$3
    [[ -e $one && -e $other && ! $one -ef $other ]]
}

namespaces_apart() {
    local name
    for name in mnt pid ipc uts cgroup; do
        echo "$1: $name"
        apart "$vmm" self $name
        apart "$broker" self $name
        apart "$broker" "$vmm" $name
        [[ /proc/$broker/ns/$name -ef /proc/$resolver/ns/$name ]]
    done
    apart "$vmm" self net
    if [ "$1" != root ]; then
        apart "$vmm" self user
        apart "$broker" self user
    fi
}

@test "VMM and broker: namespaces of their own" {
    need_root "see the namespaces of others"
    in_every_way namespaces_apart
}

empty_network() {
    [[ $(tail -n +3 "/proc/$vmm/net/dev" | cut -d: -f1 | xargs) == lo ]]
    [[ $(tail -n +2 "/proc/$vmm/net/route") == "" ]]
}

@test "VMM: a network without a device or a route" {
    need_root "look into the namespaces of others"
    in_every_way empty_network
}

empty_root() {
    cat "/proc/$vmm/mountinfo"
    [[ $(wc -l <"/proc/$vmm/mountinfo") -eq 1 ]]
    grep -q ' / / ro,nosuid,nodev,noexec.* - tmpfs jail ' "/proc/$vmm/mountinfo"
    [[ $(find "/proc/$vmm/root/" -mindepth 1) == "" ]]
}

@test "VMM: one mount, an empty root, read-only" {
    need_root "look into the file systems of others"
    in_every_way empty_root
}

bare_root() {
    cut -d ' ' -f 5,6 "/proc/$broker/mountinfo"
    while read -r point options; do
        [[ $options == ro,nosuid,nodev* ]]
        [[ $point =~ ^(/|/lib|/lib64|/usr/lib/x86_64-linux-gnu|/usr/lib64|/etc/[a-z/.]+)$ ]]
    done < <(cut -d ' ' -f 5,6 "/proc/$broker/mountinfo")
    [[ $(cd "/proc/$broker/root" && echo *) =~ ^etc\ lib\ lib64\ usr$ ]]
    [[ ! -e /proc/$broker/root/usr/bin && ! -e /proc/$broker/root/etc/passwd ]]
}

@test "broker: libraries and the resolver's files as its root, read-only" {
    need_root "look into the file systems of others"
    in_every_way bare_root
}

# fds PID: its open descriptors
fds() {
    ls "/proc/$1/fd" | sort -n | xargs
}

few_descriptors() {
    [[ $(fds "$vmm") == "0 1 2 5 7 8" ]]
    readlink "/proc/$vmm/fd/8" | grep -q kvm-vcpu
    echo "warden $(fds "$warden"), broker $(fds "$broker"), resolver $(fds "$resolver")"
    [[ $(fds "$warden") == "0 1 2 3 4 5 6 127" ]]
    [[ $(fds "$broker") == "0 1 2 3 4"* ]]
    [[ /proc/$broker/fd/0 -ef /dev/null && /proc/$broker/fd/1 -ef /dev/null ]]
    [[ $(find "/proc/$broker/fd" "/proc/$resolver/fd" -type l -printf '%l\n' |
        grep -vE '^(/dev/null|pipe:.*|socket:.*)$') == "" ]]
}

@test "every process: only the descriptors of policy/fds.h" {
    need_root "see the descriptors of others"
    in_every_way few_descriptors
}

# relro_offset PROGRAM: where the page with what is relocated lies in its file, as /proc says it
relro_offset() {
    printf '%08x' $(($(readelf -lW "$1" | awk '$1 == "GNU_RELRO" {print $2}') & ~4095))
}

# The program's header only asks for it; musl's start of a static program does not do it.
relocations_read_only() {
    local pid
    for pid in "$supervisor" $(warden) $(janitor); do
        grep -q " r--p $(relro_offset "$build/jailer") " "/proc/$pid/maps"
    done
    grep -q " r--p $(relro_offset "$build/sparkler-vmm") " "/proc/$(vmm)/maps"
}

@test "jailer and VMM: what was relocated is read-only" {
    need_root "see the memory of others"
    in_every_way relocations_read_only
}

bare_environment() {
    [[ $(tr '\0' '\n' <"/proc/$vmm/environ" | sort | xargs) == \
"LISTEN_FDNAMES=kvm:guest:broker:config LISTEN_FDS=4 LISTEN_PID=1" ]]
    [[ $(tr '\0' '\n' <"/proc/$broker/environ" | sort | xargs) =~ \
^"LISTEN_FDNAMES=link:feeds:ca:ledger LISTEN_FDS=4 LISTEN_PID="[0-9]+$ ]]
}

@test "VMM and broker: only the names of their descriptors in the environment" {
    need_root "see the environment of others"
    in_every_way bare_environment
}

@test "a program starts with all its descriptors, and none inherited from the shell" {
    need_root "see the descriptors of others"
    cd "$BATS_TEST_TMPDIR"
    VM_ID=start-$$
    for way in $ways; do
        exec 9</etc/passwd 19</etc/passwd
        vm_launch "$way" --id "$VM_ID" --exec "$PROBE" -- wait
        within started
        [[ $(fds "$(vmm)") == "0 1 2 3 4 5 6" ]]
        [[ $(readlink "/proc/$(vmm)/fd/3") == /dev/kvm || $way == user ]]
        [[ $(readlink "/proc/$(vmm)/fd/4") == */monitor.bin ]]
        press x
        vm_wait
        [[ $status -eq 0 ]]
    done
}

no_cgroup() {
    [[ -z $(find /sys/fs/cgroup -name "$VM_ID.*" 2>/dev/null) ]]
}

# Runs a command that inherits the descriptors from one number to another.
with_descriptors='
import os, sys
first, last = map(int, sys.argv[1:3])
for fd in range(first, last + 1):
    os.dup2(0, fd)
os.execvp(sys.argv[3], sys.argv[3:])'

@test "descriptors that the jailer inherits do no harm, whatever their numbers" {
    cd "$BATS_TEST_TMPDIR"
    VM_ID=inherits-$$
    for way in $ways; do
        for inherited in "3 61" "30 61" "50 70" "62 63" "126 127" "3 200"; do
            # shellcheck disable=SC2086 # two numbers
            run --separate-stderr timeout --foreground --kill-after 2 $((3 * DEADLINE)) \
                python3 -c "$with_descriptors" $inherited bash -c 'become "$@"' - "$way" "$JAILER" --id "$VM_ID" <<<5
            echo "$way, $inherited: $status $stderr"
            [[ $status -eq 0 && $output == *"The guest halts."* ]]
            within no_cgroup
        done
    done
}

@test "a umask of 077: the broker still finds its files" {
    cd "$BATS_TEST_TMPDIR"
    VM_ID=umask-$$
    for way in $ways; do
        umask 077
        vm_start "$way" --id "$VM_ID" --offline-samples
        umask 022
        ask_for_tweet
        press 5
        vm_wait
        cat log
        [[ $status -eq 0 ]]
        grep -q '^\[sample, not live' out
    done
}

started() {
    grep -q LISTEN_PID=1 "/proc/$(vmm)/environ" 2>/dev/null
}

limits() {
    local pid
    for pid in $vmm $broker; do
        grep -Eq '^Max core file size +0 +0 ' "/proc/$pid/limits"
        grep -Eq '^Max open files +128 +128 ' "/proc/$pid/limits"
        grep -Eq '^Max locked memory +0 +0 ' "/proc/$pid/limits"
    done
    grep -Eq '^Max address space +[0-9]+ ' "/proc/$vmm/limits"
}

@test "VMM and broker: limits" {
    in_every_way limits
}

# cgroup_file PART NAME: of the running VM, in cgroup v2 or v1
cgroup_file() {
    find /sys/fs/cgroup -path "*/$parent/$VM_ID.$1/$2"
}

@test "limits of the command line, for the VMM, the broker or both, in a given cgroup" {
    need_root "make cgroups"
    cd "$BATS_TEST_TMPDIR"
    VM_ID=limits-$$ parent=sparkler-limits-$$
    for way in root userns; do
        vm_start "$way" --id "$VM_ID" --parent-cgroup "$parent" --cgroup pids.max=5 \
            --cgroup broker:pids.max=7 --resource-limit nofile=129 --resource-limit cpu=100
        [[ $(<"$(cgroup_file vmm pids.max)") -eq 5 ]]
        [[ $(<"$(cgroup_file broker pids.max)") -eq 7 ]]
        for pid in $(vmm) $(warden); do
            grep -Eq '^Max open files +128 +128 ' "/proc/$pid/limits" # it is never raised
            grep -Eq '^Max cpu time +100 +100 ' "/proc/$pid/limits"
        done
        press 5
        vm_wait
        [[ $status -eq 0 ]]
    done
}

@test "--lock-memory: all of the guest's memory is present and locked, and nothing else is" {
    cd "$BATS_TEST_TMPDIR"
    VM_ID=locked-$$
    for way in $ways; do
        vm_start "$way" --id "$VM_ID" --lock-memory --mem 2M
        grep -Eq '^VmLck:[[:blank:]]+2048 kB' "/proc/$(vmm)/status"
        grep -Eq '^Max locked memory +2097152 +2097152 ' "/proc/$(vmm)/limits"
        [[ $(id -u) -ne 0 || $(guest_memory Rss) -eq 2048 ]]
        for pid in $(warden) "$supervisor" $(janitor || true); do
            grep -Eq '^Max locked memory +0 +0 ' "/proc/$pid/limits"
        done
        press 5
        vm_wait
        [[ $status -eq 0 ]]
        vm_start "$way" --id "$VM_ID" --mem 2M
        grep -Eq '^VmLck:[[:blank:]]+0 kB' "/proc/$(vmm)/status"
        press 5
        vm_wait
    done
}

merges() {
    grep -q "^ksm_merge_any: $2" "/proc/$1/ksm_stat"
}

@test "no process inherits memory merging (KSM)" {
    need_root "read what KSM does for others"
    grep -q ksm_merge_any /proc/self/ksm_stat || skip "this kernel does not show who is merged"
    cd "$BATS_TEST_TMPDIR"
    VM_ID=merging-$$
    JAILER=$stage/merged
    # 67 is PR_SET_MEMORY_MERGE
    printf '%s\n' '#!/usr/bin/python3' 'import ctypes, os, sys' \
        'assert ctypes.CDLL(None).prctl(67, 1, 0, 0, 0) == 0' \
        "os.execv('$stage/jailer', sys.argv)" >"$JAILER"
    chmod 755 "$JAILER"
    for way in $ways; do
        vm_start "$way" --id "$VM_ID" --offline-samples
        ask_for_tweet
        for pid in "$supervisor" $(vmm) $(warden) $(broker) $(resolver) $(janitor || true); do
            merges "$pid" no
        done
        press 5
        vm_wait
    done
}

no_terminal() {
    local pid
    for pid in $vmm $warden $broker; do
        [[ $(ps -o tty= -p "$pid" | xargs) == '?' ]]
        [[ $(ps -o sid= -p "$pid" | xargs) != "$(ps -o sid= -p "$supervisor" | xargs)" ]]
    done
}

@test "VMM and broker: a session of their own, without a terminal" {
    in_every_way no_terminal
}

not_dumpable() {
    local pid
    for pid in $(all); do
        [[ $(stat -c %u "/proc/$pid/environ") == 0 ]]
    done
}

@test "every process: no core dump and no ptrace by its own user" {
    in_every_way not_dumpable
}

# may_look UID PID: a process of that uid may look into the other (ptrace(2), PTRACE_MODE_READ)
may_look() {
    setpriv --reuid "$1" --regid "$1" --clear-groups sh -c ': <"/proc/$1/maps"' - "$2" 2>/dev/null
}

out_of_reach() {
    may_look 0 "$vmm"
    [ "$1" != user ] || return 0
    run ! may_look "$VM_UID" "$vmm"
    run ! may_look "$VM_UID" "$supervisor"
    run ! may_look "$((VM_UID + 1))" "$broker"
    run ! may_look "$((VM_UID + 1))" "$resolver"
}

@test "as root, with user namespaces too: another process of the VM's uid cannot reach into it" {
    need_root "become another user"
    in_every_way out_of_reach
}

audited() {
    [ "$1" = root ] || return 0
    run "$build/sparkler-policy" --policy-dir "$root/policy" audit --all "$AUDITED"
    echo "$output"
    [[ $status -eq 0 ]]
}

@test "as root: each process's filters are exactly its policies" {
    need_root "read filters"
    in_every_way audited
}

@test "two VMs share no namespace but the user namespace" {
    need_root "see the namespaces of others"
    supervisor=$(<"$BATS_FILE_TMPDIR/root/pid")
    first=$(vmm)
    supervisor=$(<"$BATS_FILE_TMPDIR/userns/pid")
    for name in mnt pid net ipc uts cgroup; do
        apart "$first" "$(vmm)" $name
    done
}

@test "--netns: the broker is in that network namespace, the VMM in an empty one" {
    need_root "make a network namespace"
    cd "$BATS_TEST_TMPDIR"
    VM_ID=netns-$$
    unshare --net sleep infinity 3>&- &
    other=$!
    within differs "$other"
    for way in root userns; do
        vm_start "$way" --id "$VM_ID" --netns "/proc/$other/ns/net"
        [[ $(readlink "/proc/$(warden)/ns/net") == "$(readlink "/proc/$other/ns/net")" ]]
        differs "$(vmm)"
        [[ $(readlink "/proc/$(vmm)/ns/net") != "$(readlink "/proc/$other/ns/net")" ]]
        press 5
        vm_wait
        [[ $status -eq 0 ]]
    done
}

# differs PID: it is not in the network of this test
differs() {
    [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

@test "a closed standard descriptor becomes /dev/null, and nothing else" {
    need_root "see the descriptors of others"
    cd "$BATS_TEST_TMPDIR"
    nasm -i "$root/tests/guests/" -f bin -o spin.bin "$root/tests/guests/spin.asm"
    VM_ID=closed-$$
    become root "$JAILER" --id "$VM_ID" --pid-file pid --guest "$PWD/spin.bin" \
        --exec sparkler-vmm <&- >&- 2>log 3>&- &
    supervisor=$!
    within runs_guest
    for fd in 0 1; do
        [[ $(readlink "/proc/$(vmm)/fd/$fd") == /dev/null ]]
        [[ $(readlink "/proc/$supervisor/fd/$fd") == /dev/null ]]
    done
    [[ $(<pid) == "$supervisor" ]]
    kill "$supervisor"
    vm_wait
    [[ $status -eq 143 ]]
}

runs_guest() {
    [[ $(fds "$(vmm)") == "0 1 2 5 7 8" ]]
}
