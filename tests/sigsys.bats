# When a forbidden system call kills a process, the log says which call and where its rule would be.

bats_require_minimum_version 1.5.0

setup_file() {
    export root="$BATS_TEST_DIRNAME/.."
    export build="$root/${BUILD:-build}"
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o "$BATS_FILE_TMPDIR/stray" "$root/tests/probes/stray.c"
}

setup() {
    [[ -r /dev/kvm && -w /dev/kvm ]] || skip "/dev/kvm cannot be opened here"
    [[ $(id -u) -eq 0 ]] || skip "only root's VMs read the kernel's log"
    kernel_tells || skip "this kernel does not log what seccomp kills"
    cd "$BATS_TEST_TMPDIR"
}

# kernel_tells: whether the kernel logs what seccomp kills; not with an audit daemon, or without audit
kernel_tells() {
    grep -qw kill_process /proc/sys/kernel/seccomp/actions_logged 2>/dev/null &&
        ! pgrep -x auditd >/dev/null && [[ -r /dev/kmsg ]]
}

# last_record: the kernel's last record of the probe
last_record() {
    dmesg | grep 'type=1326 .* comm="stray"' | tail -n 1
}

# stray HOW [OPTION...]: runs the probe in sparkler-vmm's place, and sets $status and $stderr; tries
# again if the kernel dropped the record, as it does beyond ten in five seconds
stray() {
    local before
    for _ in {1..6}; do
        before=$(last_record)
        run --separate-stderr timeout --kill-after 5 $((20 * ${SLOWNESS:-1})) "$build/jailer" "${@:2}" \
            --exec "$BATS_FILE_TMPDIR/stray" -- "$1"
        echo "status $status"
        echo "$stderr"
        [[ $(last_record) == "$before" ]] || break
        sleep 5
    done
}

# line POLICY CALL: prints the line number of the call's rule
line() {
    grep -n "^$2:" "$root/policy/$1.policy" | cut -d: -f1
}

@test "a call without a rule" {
    for userns in "" --userns; do
        stray getppid $userns
        [[ $status -eq 159 ]]
        [[ $stderr == *"sparkler-vmm was killed by SIGSYS: getppid (110): policy/vmm.policy has no \
rule for it, policy/vmm-boot.policy has no rule for it; see policy/README.md"* ]]
    done
}

@test "a call with arguments that no rule allows" {
    stray ioctl
    [[ $status -eq 159 ]]
    [[ $stderr == *"sparkler-vmm was killed by SIGSYS: ioctl (16): policy/vmm.policy:$(line vmm \
ioctl) allows other arguments only, policy/vmm-boot.policy:$(line vmm-boot ioctl) allows"* ]]
}

@test "a call of a process in the broker's place" {
    mkfifo keys
    "$build/jailer" --id "sigsys-$$" --broker "$BATS_FILE_TMPDIR/stray" --exec sparkler-vmm \
        <keys >screen 2>log 3>&- &
    exec 8>keys
    printf 2 >&8 # the tweet: the broker starts
    for ((try = 0; try < 200 * ${SLOWNESS:-1}; try++)); do
        ! grep -q "killed by SIGSYS" log || break
        sleep 0.05
    done
    kill $!
    wait $! || true
    cat log
    grep "sparkler-netbroker was killed by SIGSYS: " log
}

@test "a call of a process in the broker's place, just before the VM ends" {
    local before
    before=$(last_record)
    mkfifo keys
    "$build/jailer" --id "sigsys-$$" --broker "$BATS_FILE_TMPDIR/stray" --exec sparkler-vmm \
        <keys >screen 2>log 3>&- &
    exec 8>keys
    until grep -q "Your choice" screen; do sleep 0.05; done
    kill -STOP $!
    printf 2 >&8
    for ((try = 0; try < 200 * ${SLOWNESS:-1}; try++)); do
        [[ $(last_record) == "$before" ]] || break
        sleep 0.05
    done
    pkill -KILL -P $! -x sparkler-vmm
    while pgrep -P $! -x -r D,R,S sparkler-vmm; do sleep 0.05; done
    kill -CONT $!
    wait $! || true
    cat log
    grep "sparkler-netbroker was killed by SIGSYS: " log
}

@test "the log does not report processes of other VMs" {
    stray getppid --id "sigsys-other-$$"
    mkfifo keys
    "$build/jailer" --id "sigsys-$$" --exec sparkler-vmm <keys >screen 2>log 3>&- &
    exec 8>keys
    until grep -q "Your choice" screen; do sleep 0.05; done
    stray getppid --id "sigsys-other-$$"
    [[ $stderr == *"killed by SIGSYS"* ]]
    printf 5 >&8
    wait $!
    run ! grep SIGSYS log
}
