# tests/rig/run: a command in an emulated machine with AMD-V behaves as if it ran here, finds there
# what the other tests need, and leaves nothing behind.

bats_require_minimum_version 1.5.0

setup_file() {
    export rig="$BATS_TEST_DIRNAME/rig" project=${BATS_TEST_DIRNAME%/tests}
    # which tests are skipped for: bats takes a skip in setup_file for a failure
    export unavailable=
    if [[ -d /run/rig ]]; then
        unavailable="the rig is not run in itself"
        return
    fi
    "$rig/prepare" 2>"$BATS_FILE_TMPDIR/prepare" || {
        unavailable=$(tail -n 1 "$BATS_FILE_TMPDIR/prepare")
        return 0
    }
    # One machine answers for all the tests that only look.
    "$rig/run" --timeout 300 sh >"$BATS_FILE_TMPDIR/facts" 2>&1 <<'END'
grep -m1 -o -w svm /proc/cpuinfo
echo "processors $(nproc)"
python3 - <<'PYTHON'
import ctypes, fcntl, os
kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
vm = fcntl.ioctl(kvm, 0xAE01, 0)
fcntl.ioctl(vm, 0xAE41, 0)
print("KVM API", fcntl.ioctl(kvm, 0xAE00), "made a VM and a processor")
print("Landlock ABI", ctypes.CDLL(None).syscall(444, None, 0, 1))
PYTHON
echo "cgroup $(stat -f -c %T /sys/fs/cgroup): $(cat /sys/fs/cgroup/cgroup.subtree_control)"
runuser -u nobody -- test -w /dev/kvm && echo "nobody may use /dev/kvm"
runuser -u nobody -- unshare --user --map-root-user --net true && echo "nobody may make namespaces"
echo "network: $(ls /sys/class/net)"
python3 - <<'PYTHON'
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
print("loopback answers")
PYTHON
END
}

setup() {
    [[ -z $unavailable ]] || skip "$unavailable"
    cd "$BATS_TEST_TMPDIR"
    export TMPDIR="$BATS_TEST_TMPDIR/tmp"
    mkdir "$TMPDIR"
}

# tmux COMMAND...: of a server of this test's own
tmux() {
    command tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"
}

teardown() {
    tmux kill-server 2>/dev/null || true
}

# wait_for TEXT: until tmux shows it; leaves the screen in a file of that name
wait_for() {
    local try
    for ((try = 0; try < 1200; try++)); do
        tmux capture-pane -p >screen
        ! grep -q "$1" screen || return 0
        sleep 0.1
    done
    cat screen
    return 1
}

# deprive [ARGUMENT...]: leaves in $deprived what runs a command as an ordinary user who sees no
# /dev/kvm, no /dev/net/tun, no cgroup and no network; ARGUMENTs are bwrap's
deprive() {
    command -v bwrap >/dev/null || skip "bwrap is missing: apt-get install bubblewrap"
    deprived=()
    [[ $(id -u) -ne 0 ]] || deprived=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    deprived+=(bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc --tmpfs /sys --tmpfs /tmp
        --ro-bind "$project" "$project" --setenv TMPDIR /tmp "$@")
    "${deprived[@]}" true || skip "bwrap cannot make namespaces here"
    run "${deprived[@]}" sh -c 'ls -d /dev/kvm /dev/net /sys/fs 2>/dev/null'
    [[ -z $output ]]
}

# fact TEXT: the machine that only looked said so, in a line of its own
fact() {
    grep -x "$1" "$BATS_FILE_TMPDIR/facts" || {
        cat "$BATS_FILE_TMPDIR/facts"
        false
    }
}

@test "the machine has AMD-V, two processors, and a KVM that makes virtual machines" {
    fact svm
    fact "processors 2"
    fact "KVM API 12 made a VM and a processor"
}

@test "the machine has cgroup v2 with its controllers, and Landlock" {
    fact "cgroup cgroup2fs: .*cpu.*memory.*pids.*"
    fact "Landlock ABI [1-9][0-9]*"
}

@test "an ordinary user in the machine may use KVM and make namespaces" {
    fact "nobody may use /dev/kvm"
    fact "nobody may make namespaces"
}

@test "the machine's network is its loopback" {
    fact "network: lo"
    fact "loopback answers"
}

@test "directory, environment, arguments and exit status are the command's own" {
    export COLOUR="deep  blue"
    run --separate-stderr "$rig/run" --timeout 300 sh -c \
        'pwd; echo "$COLOUR"; printf "<%s>" "$@"; exit 7' sh "a b" "" '$c' '*'
    [[ $status -eq 7 ]]
    [[ $output == "$PWD"$'\n'"deep  blue"$'\n''<a b><><$c><*>' ]]
    [[ -z $stderr ]]
}

@test "a mebibyte of any bytes goes in and comes out, apart on output and error" {
    head -c 1048576 /dev/urandom >sent
    "$rig/run" --timeout 300 tee /dev/stderr <sent >output 2>error
    cmp sent output
    cmp sent error
}

@test "what the command leaves running is ended with it, what it writes stays in the machine" {
    run "$rig/run" --timeout 300 sh -c 'echo text >written; sleep 100000 & cat written'
    echo "$output"
    [[ $status -eq 0 ]]
    [[ $output == text ]]
    [[ ! -e written ]]
}

@test "nothing is left when it is ended by a time limit, a signal or its reader" {
    run "$rig/run" --timeout 1 sleep 100000
    [[ $status -eq 124 ]]
    [[ $output == "rig: the time was up after 1 s" ]]

    "$rig/run" sleep 100000 3>&- &
    while [[ -z $(ls "$TMPDIR"/rig.*/console 2>/dev/null) ]]; do sleep 0.1; done
    kill -TERM $!
    run wait $!

    run -141 bash -o pipefail -c '"$rig/run" --timeout 300 yes | head -n 1'
    [[ $output == y ]]

    [[ -z $(ls -A "$TMPDIR") ]]
    for process in /proc/[0-9]*; do
        [[ $(readlink "$process/cwd") != "$TMPDIR"/rig.* ]]
    done
}

@test "a terminal is a terminal inside, of the same size, and Ctrl-C reaches the command" {
    command -v tmux >/dev/null || skip "tmux is missing: apt-get install tmux"
    local command='trap "echo stopped; exit 9" INT; stty size; tty; while :; do sleep 1; done'
    tmux new-session -d -x 91 -y 23 \
        "'$rig/run' --timeout 300 bash -c '$command' >&0; echo status \$? >&0; cat"
    wait_for hvc0
    tmux send-keys C-c
    wait_for "status 9"
    grep -x "23 91" screen
    grep -x /dev/hvc0 screen
    grep -x '.*stopped' screen
}

@test "it runs without privilege, /dev/kvm, /dev/net/tun, cgroups and network" {
    deprive --chdir /
    run "${deprived[@]}" "$rig/run" --timeout 300 sh -c 'id -u; ls /dev/kvm; pwd'
    [[ $status -eq 0 ]]
    [[ $output == $'0\n/dev/kvm\n/' ]]
}

@test "make run without /dev/kvm shows the monitor's menu on the terminal, which is the rig's" {
    command -v tmux >/dev/null || skip "tmux is missing: apt-get install tmux"
    deprive --chdir "$project"
    tmux new-session -d -x 100 -y 40 \
        "$(printf '%q ' "${deprived[@]}" make run BUILD="${BUILD:-build}"); echo status \$? >&0; cat"
    wait_for "Your choice:"
    grep "This machine cannot run VMs: there is no /dev/kvm; load the module kvm_intel" screen
    grep "Second best: emulation" screen
    tmux send-keys 1
    wait_for "Vendor: *AuthenticAMD"
    tmux send-keys ' ' 5
    wait_for "status 0"
}

@test "a part that is missing is named, with its package" {
    cp -rs /usr/bin bin
    rm bin/qemu-system-x86_64 bin/busybox
    PATH="$PWD/bin" run "$rig/run" true
    [[ $status -eq 125 ]]
    [[ $output == "rig: a part is missing: apt-get install qemu-system-x86 busybox-static" ]]
}

@test "a QEMU that is too old is refused" {
    mkdir bin
    printf '%s\n' '#!/bin/sh' 'echo "QEMU emulator version 6.2.0 (Debian)"' >bin/qemu-system-x86_64
    chmod +x bin/qemu-system-x86_64
    RIG_CACHE="$PWD/cache" PATH="$PWD/bin:$PATH" run "$rig/run" true
    [[ $status -eq 125 ]]
    [[ $output == "rig: QEMU 6.2.0 is too old to emulate AMD-V well: install 7.2 or newer" ]]
}

@test "too little disk space is said before anything is made" {
    command -v bwrap >/dev/null || skip "bwrap is missing: apt-get install bubblewrap"
    bwrap --dev-bind / / true || skip "bwrap cannot make namespaces here"
    run bwrap --dev-bind / / --size 1048576 --tmpfs "$TMPDIR" \
        env RIG_CACHE="$TMPDIR/cache" "$rig/run" true
    [[ $status -eq 125 ]]
    [[ $output == "rig: $TMPDIR/cache has 1 MiB free and the machine takes 600 MiB to make: "* ]]
}

@test "a kernel without the modules, or no kernel at all, is refused, and nothing of it is kept" {
    mkdir -p package/DEBIAN package/boot package/lib/modules/6.1.0-none
    head -c 8192 /dev/zero >package/boot/vmlinuz-6.1.0-none
    printf '%s\n' "Package: linux-image-none" "Version: 1" "Architecture: amd64" \
        "Maintainer: nobody <nobody@localhost>" "Description: a kernel without modules" \
        >package/DEBIAN/control
    dpkg-deb --root-owner-group -b package none.deb
    export RIG_CACHE="$PWD/cache"
    RIG_KERNEL="$PWD/none.deb" run "$rig/run" true
    [[ $status -eq 125 ]]
    [[ ${lines[-1]} == "rig: the kernel in $PWD/none.deb has no module virtio_pci: use Debian's "* ]]
    RIG_KERNEL="$PWD/package/DEBIAN/control" run "$rig/run" true
    [[ $status -eq 125 ]]
    [[ ${lines[-1]} == "rig: cannot unpack $PWD/package/DEBIAN/control: "* ]]
    [[ $(ls -A cache) == lock ]]
}

@test "wrong usage is refused" {
    run "$rig/run"
    [[ $status -eq 125 && ${lines[0]} == "usage: "* ]]
    run "$rig/run" --timeout soon true
    [[ $status -eq 125 && $output == *"takes a number of seconds, not 'soon'" ]]
}
