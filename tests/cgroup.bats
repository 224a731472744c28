# What cgroups bound, in v2 and v1: memory and processes of the VMM and of the broker apart.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    nasm -i "$root/tests/guests/" -f bin -o "$stage/touch-all.bin" "$root/tests/guests/touch-all.asm"
}

teardown_file() {
    jail_unstage
}

setup() {
    vm_setup cgroup
}

teardown() {
    vm_teardown
}

# Sets $memory_limit, the cgroup's file, and $ways to those that have cgroups.
need_cgroups() {
    need_root "make cgroups"
    ways="root userns"
    if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
        memory_limit=memory.max
    elif [ -d /sys/fs/cgroup/memory ]; then
        memory_limit=memory.limit_in_bytes
    else
        skip "no cgroups are mounted"
    fi
}

# need_cgroups_v2 WHAT: which only root can do
need_cgroups_v2() {
    need_root "$1"
    [[ -e /sys/fs/cgroup/cgroup.controllers ]] || skip "this machine has cgroups v1"
}

@test "status 3: the VMM used more memory than its cgroup allows" {
    need_cgroups
    ends_with 0 --guest "$stage/touch-all.bin" --mem 64M --exec sparkler-vmm
    [[ $output == $'touches\ntouched' ]]
    ends_with 3 --guest "$stage/touch-all.bin" --mem 64M --cgroup "$memory_limit=16M" \
        --exec sparkler-vmm
    [[ $output == touches && $stderr == *"sparkler-vmm was killed: its cgroup had no memory left"* ]]
}

# limit_of PART NAME: of the running VM, in cgroup v2 or v1
limit_of() {
    cat /sys/fs/cgroup/{.,*}/"sparkler/$VM_ID.$1/$2" 2>/dev/null
}

# limits_are VMM-MEMORY: of memory with swap and of processor time; the broker's are the defaults
limits_are() {
    local part
    for part in vmm broker; do
        if [[ $memory_limit == memory.max ]]; then
            [[ $(limit_of $part memory.swap.max) -eq 0 ]]
            [[ $(limit_of $part cpu.max) == "100000 100000" ]]
        else
            [[ $(limit_of $part memory.memsw.limit_in_bytes) -eq $(limit_of $part "$memory_limit") ]]
            [[ $(limit_of $part cpu.cfs_quota_us) -eq 100000 ]]
            [[ $(limit_of $part cpu.cfs_period_us) -eq 100000 ]]
        fi
    done
    [[ $(limit_of vmm "$memory_limit") -eq $1 ]]
}

@test "VMM and broker: swap does not extend the memory limit; one processor each" {
    need_cgroups
    [[ -e /proc/swaps ]] || skip "this kernel has no swap"
    for way in $ways; do
        vm_start "$way" --id "$VM_ID"
        limits_are $(((1 << 20) + (1 << 20) / 128 + (16 << 20)))
        press 5
        vm_wait
        vm_start "$way" --id "$VM_ID" --cgroup "$memory_limit=64M"
        limits_are $((64 << 20))
        press 5
        vm_wait
        check_nothing_left
    done
}

@test "a swap limit of the command line is obeyed" {
    need_cgroups
    local swap=memory.memsw.limit_in_bytes
    [[ $memory_limit != memory.max ]] || swap=memory.swap.max
    vm_start root --id "$VM_ID" --cgroup "$swap=128M" --cgroup "broker:$swap=128M"
    [[ $(limit_of vmm $swap) -eq $((128 << 20)) && $(limit_of broker $swap) -eq $((128 << 20)) ]]
    press 5
    vm_wait
    check_nothing_left
}

# Takes what the broker's start reads into the page cache, where it is charged to this process. In a
# small cgroup it would be dropped and read again for longer than the VMM waits.
read_the_broker() {
    ldd "$stage/sparkler-netbroker" | grep -o '/[^ ]*' |
        xargs cat "$stage/sparkler-netbroker" >/dev/null
}

# broker_limited LIMIT REASON: the feed is answered in words, the log has the reason, the VM lives on
broker_limited() {
    DEADLINE=$((3 * DEADLINE))
    read_the_broker
    for way in $ways; do
        vm_start "$way" --id "$VM_ID" --cgroup "broker:$1"
        ask_for_tweet
        press 5
        vm_wait
        cat out log
        [[ $status -eq 0 ]]
        grep -q '^\[feeds: the network broker has ended' out
        grep -q "$2" log
        check_nothing_left
    done
}

@test "a broker that reaches its memory limit does not end the VM" {
    need_cgroups
    [[ -z ${SANITIZED:-} ]] || skip "AddressSanitizer needs more than the limit, the warden's too"
    broker_limited "$memory_limit=1M" "the broker's cgroup had no memory left"
}

@test "a broker that reaches its memory limit just before the VM ends: the log says so" {
    need_cgroups
    read_the_broker
    local process
    vm_start root --id "$VM_ID" --cgroup "broker:$memory_limit=1M"
    process=$(vmm)
    kill -STOP "$supervisor"
    press 2
    within broker_is_out_of_memory
    kill -KILL "$process"
    within gone "$process"
    kill -CONT "$supervisor"
    vm_wait
    cat log
    grep "the broker's cgroup had no memory left" log
}

broker_is_out_of_memory() {
    cat /sys/fs/cgroup/{memory/,}sparkler/"$VM_ID.broker"/memory.{events,oom_control} 2>/dev/null |
        grep -q 'oom_kill [1-9]'
}

@test "a broker that cannot start, by the limit of processes, does not end the VM" {
    need_cgroups
    broker_limited pids.max=1 "cannot start the broker: Resource temporarily unavailable"
}

@test "cgroups v1: a killed VM's are removed, but for the one that keeps others of its --id away" {
    need_cgroups
    [[ $memory_limit != memory.max ]] || skip "in v2 each is one directory"
    local janitor stray
    vm_start root --id "$VM_ID"
    janitor=$(janitor)
    sleep 1000 3>&- &
    stray=$!
    echo "$stray" >"/sys/fs/cgroup/pids/sparkler/$VM_ID.vmm/tasks"
    kill -KILL "$supervisor"
    within [ ! -e "/sys/fs/cgroup/cpu/sparkler/$VM_ID.vmm" ]
    run --separate-stderr jail root "$JAILER" --id "$VM_ID" --exec sparkler-vmm <<<5
    kill "$stray"
    wait "$stray" || true
    echo "$stderr"
    within gone "$janitor"
    check_nothing_left
    [[ $status -eq 1 ]]
    [[ $stderr == "jailer: the cgroup $VM_ID.vmm already exists; is a VM of this --id running?" ]]
}

@test "cgroups v2: a half-made parent cgroup is completed" {
    need_cgroups_v2 "make cgroups"
    local parent=/sys/fs/cgroup/half-made-$$
    mkdir "$parent"
    run --separate-stderr jail root "$JAILER" --id "$VM_ID" --parent-cgroup "half-made-$$" \
        --exec sparkler-vmm <<<5
    echo "$stderr"
    check_nothing_left
    rmdir "$parent"
    [[ $status -eq 0 ]]
}

# The directories of a cgroup of this test's own, one in each hierarchy.
own_cgroup() {
    local hierarchy
    for hierarchy in /sys/fs/cgroup{,/memory,/pids,/cpu,/unified}; do
        [[ ! -e $hierarchy/cgroup.procs ]] || echo "$hierarchy/own-$$"
    done
}

@test "--parent-cgroup .: below the jailer's own cgroup; in v2 the jailer steps down, too" {
    need_cgroups
    local own below='' jailer=$JAILER JAILER=$PWD/jailer
    own=$(own_cgroup)
    [[ $memory_limit != memory.max ]] || below=/supervisor
    printf '#!/bin/bash\nfor own in %s; do echo $$ >$own/cgroup.procs; done\nexec %s "$@"\n' \
        "${own//$'\n'/ }" "$jailer" >"$JAILER"
    chmod +x "$JAILER"
    for way in $ways; do
        # shellcheck disable=SC2086 # a list
        mkdir $own
        vm_start "$way" --id "$VM_ID" --parent-cgroup .
        grep "memory:/own-$$/$VM_ID.vmm\$\|^0::/own-$$/$VM_ID.vmm\$" "/proc/$(vmm)/cgroup"
        grep "memory:/own-$$/$VM_ID.broker\$\|^0::/own-$$/$VM_ID.broker\$" "/proc/$(warden)/cgroup"
        grep "^0::/own-$$$below\$" "/proc/$supervisor/cgroup"
        grep "^0::/own-$$$below\$" "/proc/$(janitor)/cgroup"
        [[ $(cat /sys/fs/cgroup/{.,memory}/own-$$/"$VM_ID.vmm/$memory_limit" 2>/dev/null) -gt 0 ]]
        press 5
        vm_wait
        check_nothing_left
        # shellcheck disable=SC2086
        find $own -depth -type d -exec rmdir {} +
        [[ $status -eq 0 ]]
    done
}

@test "cgroups v2: --parent-cgroup . is refused where others are, who could not be limited" {
    need_cgroups_v2 "make cgroups"
    local own
    own=$(own_cgroup)
    mkdir "$own"
    sleep 1000 3>&- &
    supervisor=$!
    echo "$supervisor" >"$own/cgroup.procs"
    run bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$own" \
        "$JAILER" --id "$VM_ID" --parent-cgroup . --exec sparkler-vmm
    echo "$output"
    kill "$supervisor"
    wait "$supervisor" || true
    within find "$own" -depth -type d -exec rmdir {} +
    [[ $status -eq 1 && $output == *"other processes are in that cgroup"*"busy" ]]
    check_nothing_left
}

@test "cgroups v2: an ordinary user's VM has cgroups below a delegated one" {
    need_cgroups_v2 "delegate one"
    local here parent=/sys/fs/cgroup/delegated-$$
    here=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
    mkdir "$parent"
    echo "+memory +pids +cpu" >"$parent/cgroup.subtree_control"
    mkdir "$parent"/{shell,vms}
    chown "$VM_UID" "$parent"/{,shell/,vms/}{.,cgroup.procs,cgroup.subtree_control}
    echo "$BASHPID" >"$parent/shell/cgroup.procs"
    vm_start user --id "$VM_ID" --parent-cgroup "${parent##*/}/vms"
    [[ $(<"/proc/$(vmm)/cgroup") == *"/vms/$VM_ID.vmm" ]]
    [[ $(<"/proc/$(warden)/cgroup") == *"/vms/$VM_ID.broker" ]]
    [[ $(<"$parent/vms/$VM_ID.vmm/memory.max") == [0-9]* ]]
    press 5
    vm_wait
    check_nothing_left
    echo "$BASHPID" >"$here/cgroup.procs"
    rmdir "$parent"/{vms,shell} "$parent"
    [[ $status -eq 0 ]]
}
