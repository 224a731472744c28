# What tests that start VMs share: programs where every user can reach them, the ways to run the
# jailer, a VM's processes by name, and what it must not leave behind.
#
# Source it, then `jail_stage` in setup_file, `jail_unstage` in teardown_file.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/${BUILD:-build}

# Seconds that a test waits for what should take a moment; it fails afterwards. A machine that is
# known to be slow, as the rig is, says how many times as long by SLOWNESS.
DEADLINE=$((20 * ${SLOWNESS:-1}))

# copy_sources DIRECTORY: without what was built, and as if written now
copy_sources() {
    mkdir -p "$1"
    tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$1" -xf - --touch
}

# Copies the programs to a new directory, $stage, and picks a uid that only this file's VMs have; an
# ordinary user has only their own. Of installed programs, which every user can run, it has links.
jail_stage() {
    # a sanitized or counted build only its own target can make; the rig's is complete, and so are links
    [[ -n ${OPEN_FILTER:-} || -d /run/rig || -L $build/jailer ]] ||
        make --no-print-directory -s -C "$root" BUILD="${BUILD:-build}" probes >&2
    export stage JAILER PROBE VM_UID ways
    stage=$(mktemp -d "${TMPDIR:-/tmp}/sparkler-test.XXXXXX")
    chmod 755 "$stage"
    cp -d "$build"/{jailer,sparkler-oci,sparkler-vmm,sparkler-netbroker,monitor.bin,linux.bin,feeds.json} \
        "$build"/probes/{attempt,attempt-broker,jailer-no-filter} "$stage"
    JAILER=$stage/jailer PROBE=$stage/attempt
    if [ "$(id -u)" = 0 ]; then
        VM_UID=$((0x60000000 + 2 * $$)) ways="root userns user"
        # shellcheck disable=SC2046 # major and minor number
        [ ! -c /dev/kvm ] || mknod -m 666 "$stage/kvm" c $(stat -c '0x%t 0x%T' /dev/kvm)
    else
        VM_UID=$(id -u) ways=user
    fi
}

jail_unstage() {
    rm -rf "$stage"
}

# vm_setup NAME: in `setup`, for tests that start VMs, whose --id starts with NAME; vm_teardown in
# `teardown`
vm_setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR" || return
    VM_ID=$1-$BATS_TEST_NUMBER-$$
}

vm_teardown() {
    [ -z "${supervisor:-}" ] || kill "$supervisor" 2>/dev/null || true
    # those of which a test that failed did not know yet
    [ -z "${VM_ID:-}" ] || pkill -f -- "--id $VM_ID" || true
}

need_kvm() {
    [[ -r /dev/kvm && -w /dev/kvm ]] || skip "$(id -un) may not use /dev/kvm here"
}

need_root() {
    [ "$(id -u)" = 0 ] || skip "only root can $1"
}

# run_as_user COMMAND...: as an ordinary user who may open /dev/kvm; this process becomes it
run_as_user() {
    [ "$(id -u)" = 0 ] || exec "$@"
    exec unshare --mount sh -c '
        kvm=$1 id=$2
        shift 2
        mount --bind "$kvm" /dev/kvm &&
            exec setpriv --reuid "$id" --regid "$id" --clear-groups "$@"' \
        - "$stage/kvm" "$VM_UID" "$@"
}

# become WAY JAILER OPTION...: the calling process becomes the jailer, run in that way
become() {
    local way=$1 jailer=$2
    shift 2
    case $way in
    root) exec "$jailer" --uid "$VM_UID" "$@" ;;
    userns) exec "$jailer" --userns --uid "$VM_UID" "$@" ;;
    user) run_as_user "$jailer" "$@" ;;
    esac
}
export -f become run_as_user

# jail WAY JAILER OPTION...: the same in a child, which is killed if it hangs
jail() {
    timeout --foreground --kill-after 2 $((3 * DEADLINE)) bash -c 'become "$@"' - "$@"
}

# within COMMAND...: repeats the command until it succeeds; fails after DEADLINE seconds
within() {
    local end=$((SECONDS + DEADLINE))
    until "$@"; do
        if ((SECONDS >= end)); then
            echo "timed out after $DEADLINE s: $*"
            return 1
        fi
        sleep 0.02
    done
}

# vm_start WAY OPTION...: a VM in the background with ./keys as its input, ./out and ./log; leaves
# $supervisor, and waits until its menu is there
vm_start() {
    vm_launch "$@" --exec sparkler-vmm
    within grep -q 'Your choice' out
}

# vm_launch WAY OPTION... --exec PROGRAM: the same with any program, and does not wait for it
vm_launch() {
    rm -f keys out # an earlier VM's
    mkfifo keys
    exec 7<>keys
    become "$1" "$JAILER" "${@:2}" <&7 7>&- >out 2>log 3>&- &
    supervisor=$!
    exec 7>&-
}

# is_jailer: $supervisor is one. bash and setpriv come first under its pid, and bash may lose a signal
# while it executes
is_jailer() {
    [[ $(<"/proc/$supervisor/comm") =~ ^(jailer|supervisor)$ ]]
}

# press KEYS: types them; opened for reading too, so that the open never waits for a reader
press() {
    printf '%s' "$1" 1<>keys
}

# Waits for the end of the VM; leaves its exit $status.
vm_wait() {
    within gone "$supervisor"
    status=0
    wait "$supervisor" || status=$?
}

# gone PID: it has ended, though its parent may not have reaped it yet
gone() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    [[ ${stat##*) } == Z* ]]
}

# child PID NAME...: that process's child of one of these names (comm). Without pgrep, which takes a
# quarter of a second in the rig.
child() {
    local pid name children
    { read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null || true # no newline at its end
    for pid in $children; do
        { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
        [[ " ${*:2} " != *" $name "* ]] || { echo "$pid"; return; }
    done
    return 1
}

# The processes below $supervisor. Before Linux 6.14 a program executed by its descriptor is called
# by that number, 63, until it names itself.
vmm() {
    child "$supervisor" sparkler-vmm sparkler-linux attempt 63
}

# guest_memory FIELD: of the guest's memory in the VMM (proc_pid_smaps(5)), in kB: of what is
# anonymous, and not for core dumps
guest_memory() {
    awk -v key="$1:" '$1 ~ /^[0-9a-f]+-/ { anonymous = $2 == "rw-p" && NF == 5 }
        $1 == key { value = substr($0, length($1) + 1) }
        $1 == "VmFlags:" && anonymous && / dd / { print value; exit }' \
        "/proc/$(vmm)/smaps" | sed 's/^ *//; s/ kB$//'
}

warden() {
    child "$supervisor" warden
}

janitor() {
    child "$supervisor" janitor
}

broker() {
    child "$(warden)" sparkler-netbro 63
}

resolver() {
    child "$(broker)" resolver
}

# ask_for_tweet: has the monitor ask the broker, and waits for the answer
ask_for_tweet() {
    local before
    before=$(grep -c 'Press any key' out || true)
    press 2
    within answered "$before"
    press ' '
}

answered() {
    (($(grep -c 'Press any key' out) > $1))
}

# Processes of this file's VMs; an ordinary user's are recognised by name.
ours() {
    ps -eo pid=,ruid=,euid=,stat=,comm=,args= | awk -v uid="$VM_UID" -v root="$(id -u)" '
        $4 ~ /^Z/ { next }
        root == 0 && ($2 == uid || $3 == uid || $2 == uid + 1 || $3 == uid + 1) && !/victim/
        root != 0 && $2 == uid && $5 ~ /^(supervisor|warden|janitor|sparkler-vmm|sparkler-linux|sparkler-netbro|63)$/'
}

# Whatever the VM has left: processes, cgroups, mounts, files.
leftovers() {
    ours
    find /sys/fs/cgroup -type d -name "$VM_ID.*" 2>/dev/null
    awk '$4 == "/" && / - (tmpfs jail|nsfs) /' /proc/self/mountinfo
    # not below directories of others that only their owners can write to
    find /tmp /var/tmp /dev/shm /run -xdev \( -uid "$VM_UID" -o -uid $((VM_UID + 1)) \) -print -o \
        -type d ! -perm -o=w ! -path /run -prune 2>/dev/null |
        if [ "$(id -u)" = 0 ]; then cat; else grep sparkler | grep -v sparkler-test; fi
}

nothing_left() {
    [ -z "$(leftovers)" ]
}

# check_nothing_left: fails, and lists what is left, unless everything goes within DEADLINE
check_nothing_left() {
    within nothing_left || {
        leftovers
        return 1
    }
}

# The running kernel's Landlock ABI; 0 without Landlock.
landlock_abi() {
    python3 -c 'import ctypes; print(max(0, ctypes.CDLL(None).syscall(444, None, 0, 1)))'
}

# linux_is_at_least MAJOR.MINOR
linux_is_at_least() {
    printf '%s\n%s\n' "$1" "$(uname -r)" | sort --check=quiet --version-sort
}

# ends_with STATUS JAILER-OPTION...: in each of $ways the jailer ends so and leaves nothing
ends_with() {
    local way expected=$1
    shift
    for way in $ways; do
        run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" "$@"
        echo "$way: $status $output $stderr"
        [[ $status -eq $expected ]]
        check_nothing_left
    done
}
