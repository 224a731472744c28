# A VM as a service: sparkler@.service and sparkler.slice as `make install` puts them, in a systemd that
# is this file's own.

bats_require_minimum_version 1.5.0

load lib.bash
load systemd.bash

setup_file() {
    local guest prefix=$BATS_FILE_TMPDIR/usr/local
    systemd_start "$BATS_FILE_TMPDIR"
    [ -z "$systemd_missing" ] || return 0
    env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -s -C "$root" BUILD="${BUILD:-build}" \
        DESTDIR="$BATS_FILE_TMPDIR" PREFIX=/usr/local install
    mkdir "$prefix/guests"
    for guest in poke-spin hello read-outside touch-all; do
        nasm -i "$root/tests/guests/" -f bin -o "$prefix/guests/$guest" "$root/tests/guests/$guest.asm"
    done
    musl-gcc -static -O2 -o "$prefix/guests/signalled" "$root/tests/probes/signalled.c"
    cp "$(command -v busybox)" "$prefix/guests/busybox"
    inside mount --bind "$prefix" /usr/local
    inside mkdir -p /etc/sparkler/vm
    inside systemctl daemon-reload
}

teardown_file() {
    systemd_stop
}

setup() {
    need_kvm
    [ -z "$systemd_missing" ] || skip "$systemd_missing"
    cd "$BATS_TEST_TMPDIR" || return
    a=a$BATS_TEST_NUMBER b=b$BATS_TEST_NUMBER
}

# configure NAME OPTIONS: those of that VM; guests are in /usr/local/guests
configure() {
    inside tee "/etc/sparkler/vm/$1.conf" >/dev/null <<<"OPTIONS=\"$2\""
}

# do_unit VERB NAME...: systemctl, of these VMs
do_unit() {
    local names=("${@:2}")
    inside systemctl "$1" "${names[@]/#/sparkler@}"
}

# show NAME PROPERTY
show() {
    inside systemctl show --value --property "$2" "sparkler@$1"
}

# is NAME STATE [RESULT STATUS]: systemd forgets these two of a unit that has ended well
is() {
    [[ $(show "$1" ActiveState) == "$2" ]] || return
    [[ $# -eq 2 ]] || [[ $(show "$1" Result) == "$3" && $(show "$1" ExecMainStatus) -eq $4 ]]
}

# journal NAME [MATCH...]: what its processes wrote, to the last line
journal() {
    inside journalctl --sync
    inside journalctl --output cat --identifier "sparkler-$1" "${@:2}"
}

# said NAME TEXT
said() {
    journal "$1" | grep -e "$2"
}

# group NAME: the directory of the unit's cgroup, for its limits of memory
group() {
    local hierarchy=/sys/fs/cgroup
    [[ -e $hierarchy/cgroup.procs ]] || hierarchy+=/memory
    echo "$hierarchy/$systemd_group/sparkler.slice/sparkler@$1.service"
}

# processes NAME: their pids, here, and what they are; KVM has threads there, too
processes() {
    local pid
    find "$(group "$1")" -name cgroup.procs -exec cat {} + | while read -r pid; do
        echo "$pid $(cat "/proc/$pid/comm" 2>/dev/null)"
    done | grep -v ' kvm-'
}

# runs NAME PROGRAM...: its processes are of these names, in the order of the alphabet
runs() {
    [[ $(processes "$1" | sed 's/^[0-9]* //' | sort | xargs) == "${*:2}" ]]
}

# all_gone: the processes of ./before
all_gone() {
    local pid
    while read -r pid _; do
        gone "$pid" || return 1
    done <before
}

# fails NAME STATUS: a VM that is tried again, and again
fails() {
    [[ $(show "$1" Result) == exit-code && $(show "$1" ExecMainStatus) -eq $2 ]]
}

# Whatever a VM has left. PrivateTmp= has its directories until the unit is gone.
left_of() {
    find /sys/fs/cgroup -path "*/$systemd_group/*" \( -name "sparkler@$1.service" -o -name "$1.*" \)
    inside pgrep -f -- "--id $1"
    inside find /tmp /var/tmp -maxdepth 1 -name "*sparkler@$1.*"
}

nothing_left_of() {
    [[ -z $(left_of "$1") ]]
}

# check_nothing_left_of NAME: systemd removes directories after it has said that a unit is stopped
check_nothing_left_of() {
    within nothing_left_of "$1" || {
        left_of "$1"
        return 1
    }
}

@test "a flat guest and a Linux program, at once: up, below sparkler.slice with limits, stopped with it" {
    local limit=memory.limit_in_bytes name
    [[ $(group "$a") == */memory/* ]] || limit=memory.max
    configure "$a" "--guest /usr/local/guests/poke-spin"
    configure "$b" "--program /usr/local/guests/signalled -- default"
    do_unit start "$a" "$b"
    is "$a" active
    is "$b" active
    within said "$b" ready
    for name in "$a" "$b"; do
        [[ $(<"$(group "$name")/$name.vmm/$limit") -gt 0 ]]
        [[ $(<"$(group "$name")/$name.broker/$limit") -eq $((96 << 20)) ]]
        processes "$name" >>before
    done
    runs "$a" janitor sparkler-vmm supervisor warden
    runs "$b" janitor sparkler-linux supervisor warden
    inside systemctl set-property --runtime sparkler.slice MemoryMax=3G
    [[ $(<"$(dirname "$(group "$a")")/$limit") -eq $((3 << 30)) ]]

    inside systemctl stop sparkler.slice
    for name in "$a" "$b"; do
        is "$name" inactive
        check_nothing_left_of "$name"
    done
    said "$a" 'with status 143: Terminated'
    all_gone
}

@test "a VM is active when its guest runs, not before" {
    inside mkfifo "/etc/sparkler/$a"
    configure "$a" "--guest /usr/local/guests/poke-spin --hold /etc/sparkler/$a"
    inside systemctl start --no-block "sparkler@$a"
    within runs "$a" janitor sparkler-vmm supervisor warden
    is "$a" activating
    inside tee "/etc/sparkler/$a" <<<go
    within is "$a" active
    do_unit stop "$a"
    check_nothing_left_of "$a"
}

@test "a guest that ends well at once has been up" {
    configure "$a" "--guest /usr/local/guests/hello"
    do_unit start "$a"
    within is "$a" inactive
    said "$a" 'with status 0$'
    [[ $(journal "$a" | grep -cx hello) -eq 1 ]]
    check_nothing_left_of "$a"
}

@test "a VM that fails is tried again; its status is shown" {
    configure "$a" "--guest /usr/local/guests/read-outside"
    do_unit start "$a" || true # it has failed, unless that took long
    within fails "$a" 2
    said "$a" 'the guest failed: a read at 0x101224'
    within tried_again "$a"
    do_unit stop "$a"
    check_nothing_left_of "$a"
}

tried_again() {
    [[ $(show "$1" NRestarts) -ge 1 ]]
}

@test "what would fail again is not tried again: a program or a configuration that is not there" {
    configure "$a" "--program /usr/local/guests/none"
    configure "$b" "--program /usr/local/guests/busybox -- none"
    run ! do_unit start "$a"
    do_unit start "$b" || true
    run ! do_unit start none
    [[ $output == "Assertion failed on job for sparkler@none.service." ]]
    is "$a" failed exit-code 125
    within is "$b" failed exit-code 127
    is none inactive
    said "$a" "cannot open /usr/local/guests/none"
}

@test "a main process that is killed takes all else with it, and the VM is started again" {
    configure "$a" "--program /usr/local/guests/signalled -- default"
    do_unit start "$a"
    processes "$a" >before
    inside kill -KILL "$(show "$a" MainPID)"
    within tried_again "$a"
    within is "$a" active
    all_gone
    runs "$a" janitor sparkler-linux supervisor warden
    [[ $(find "$(group "$a")" -mindepth 1 -type d -name "$a.*" | wc -l) -eq 2 ]]
    do_unit stop "$a"
    check_nothing_left_of "$a"
}

@test "a VM whose memory runs out fails by its own status, before systemd ends it" {
    local limit=memory.limit_in_bytes
    [[ $(group "$a") == */memory/* ]] || limit=memory.max
    configure "$a" "--guest /usr/local/guests/touch-all --mem 64M --cgroup $limit=16M"
    do_unit start "$a" || true
    within fails "$a" 3
    do_unit stop "$a"
    said "$a" "its cgroup had no memory left"
    check_nothing_left_of "$a"
}

@test "the journal tells a guest's lines from the supervisor's; no guest chooses a priority" {
    local main
    echo "echo '<0>jailer: over'; read x </dev/zero" >"$BATS_FILE_TMPDIR/usr/local/guests/forge"
    configure "$a" "--program /usr/local/guests/busybox --file /usr/local/guests/forge -- sh /input/forge"
    configure "$b" "--guest /usr/local/guests/poke-spin"
    do_unit start "$a" "$b"
    within said "$a" 'over'
    main=$(show "$a" MainPID)
    journal "$a" --output json | jq -es --arg main "$main" 'map(select(.MESSAGE == "<0>jailer: over")) |
        length == 1 and .[0].PRIORITY == "6" and .[0]._PID != $main'
    main=$(show "$b" MainPID)
    do_unit stop "$a" "$b"
    journal "$b" _PID="$main" | grep "^jailer: VM $b ended after .* s with status 143: Terminated"
}

@test "the unit takes no lock from the jails, nor a feed, and its filters are no difference to an audit" {
    configure "$a" "--program /usr/local/guests/busybox --offline-samples \
        --record /var/log/sparkler/$a -- sh -c 'cat /feeds/tweet; read x </dev/zero'"
    do_unit start "$a"
    within said "$a" '^\[sample, not live'
    journal "$a" | grep "locks that this kernel lacks" >lacks || true
    "$build/jailer" --id "$a" --guest "$BATS_FILE_TMPDIR/usr/local/guests/hello" --exec sparkler-vmm 2>log
    diff lacks <(grep "locks that this kernel lacks" log)
    inside jq -es 'length == 2' "/var/log/sparkler/$a"
    run -0 inside /usr/local/bin/sparkler-policy audit "$(show "$a" MainPID)"
    [[ $output == *" filters of whoever started the VM"*"agrees with the files" ]]
    do_unit stop "$a"
    check_nothing_left_of "$a"
}

@test "systemd-analyze: nothing to complain of, and no more exposed than it must be" {
    local bound=36 # of systemd 252; later ones may count more
    [[ $(systemd-analyze --version) == "systemd 252 "* ]] || bound=40
    configure "$a" ""
    run -0 inside systemd-analyze verify --man=no "sparkler@$a.service" sparkler.slice
    [[ -z $output ]]
    inside systemd-analyze security --no-pager --threshold=$bound "sparkler@$a.service"
}
