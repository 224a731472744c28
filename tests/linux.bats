# Linux programs as guests: the call port, the read-only memory and the tick, with flat guests in the
# place of the kernel that answers a program; then programs, unchanged, from the command line to
# their exit status.

bats_require_minimum_version 1.5.0

load guests/lib

setup_file() {
    need_kvm
    jail_stage
    guests_build
    export calls=$stage/calls
    mkdir "$calls"
    cp "$stage"/{jailer,sparkler-vmm,sparkler-netbroker,feeds.json} "$calls"
    cat >"$BATS_FILE_TMPDIR/hello.c" <<'END'
#include <stdio.h>
int main(void) { puts("hello"); fputs("goodbye\n", stderr); return 7; }
END
    musl-gcc -static -o "$stage/hello-musl" "$BATS_FILE_TMPDIR/hello.c"
    cc -static -o "$stage/hello-glibc" "$BATS_FILE_TMPDIR/hello.c"
    cp /bin/busybox "$stage/busybox"
}

teardown_file() {
    jail_unstage
}

setup() {
    vm_setup linux
}

teardown() {
    vm_teardown
}

# kernel GUEST [OPTION...]: a VM in which the guest is the kernel; leaves $status, the program's
# output in $output and its errors and the log in $stderr
kernel() {
    become_kernel "$1"
    run --separate-stderr jail "${ways%% *}" "$calls/jailer" --id "$VM_ID" --mem 4M \
        --program /bin/true "${@:2}"
    without_notice
    echo "status $status: $output"
    echo "$stderr"
}

# what an older kernel lacks is none of the program's errors
without_notice() {
    stderr=$(sed '/^jailer: locks that this kernel lacks: /d' <<<"$stderr")
    mapfile -t stderr_lines <<<"$stderr"
}

become_kernel() {
    cp "$guests/$1.bin" "$calls/linux.bin"
}

# linux OPTION...: a VM with a Linux program
linux() {
    run --separate-stderr jail "${ways%% *}" "$JAILER" --id "$VM_ID" "$@"
    without_notice
    echo "status $status: $output"
    echo "$stderr"
}

@test "call port: calls of every kind, with addresses at every edge" {
    printf 0123456789 >input
    kernel calls <input
    [[ $status -eq 0 && ${stderr_lines[0]} == text ]]
    [[ ${stderr_lines[1]} == "sparkler-vmm: guest: text" ]]
    [[ ${stderr_lines[2]} == "sparkler-vmm: guest: a?b?[2J??c" ]]
    [[ ${#stderr_lines[3]} -lt 512 && ${#stderr_lines[@]} -eq 5 ]]
    check_nothing_left
}

@test "call port: waits, and the tick" {
    mkfifo empty
    kernel ticks <>empty
    [[ $status -eq 0 ]]
}

@test "call port: the input comes in parts, and ends" {
    kernel echo-calls < <(echo one && sleep 0.1 && echo two)
    [[ $status -eq 7 && $output == $'one\ntwo' ]]
}

@test "call port: an output without a reader is EPIPE, a full one EINTR at the next tick" {
    mkfifo output
    exec 7<>output
    become_kernel fill-output
    run -4 jail "${ways%% *}" "$calls/jailer" --program /bin/true >&7
    become_kernel echo-calls
    { yes 2>/dev/null | jail "${ways%% *}" "$calls/jailer" --program /bin/true || echo $? >status; } |
        head -1
    [[ $(<status) -eq 32 ]]
}

@test "memory: the time page has the time, the rate of the TSC and another seed for each VM" {
    local before version generation khz nanoseconds seed
    before=$(date +%s)
    become_kernel slots
    for vm in 1 2; do
        printf t | jail "${ways%% *}" "$calls/jailer" --program /bin/true >time-page
        [[ $(stat -c %s time-page) -eq 88 ]]
        read -r version generation < <(od -A n -t u4 -N 8 time-page)
        read -r khz nanoseconds < <(od -A n -t u8 -j 8 -N 16 time-page)
        [[ $version -eq 1 && $generation -eq 0 && $khz -gt 100000 ]]
        ((nanoseconds / 1000000000 >= before && nanoseconds / 1000000000 <= $(date +%s)))
        tail -c 64 time-page >seed.$vm
    done
    run ! cmp seed.1 seed.2
    [[ $(od -A n -v -t x1 -w1 seed.1 | sort -u | wc -l) -gt 32 ]]
}

@test "memory: the configuration has arguments and environment, the first image is the program" {
    become_kernel slots
    printf c | jail "${ways%% *}" "$calls/jailer" --program /bin/true --env COLOUR=red \
        --env COLOUR=blue --env PATH=/bin --cwd /here -- one "two words" | tr '\0' '\n' >told
    for string in /bin/true one "two words" COLOUR=blue PATH=/bin HOME=/ TERM=dumb /here; do
        grep -axF -- "$string" told
    done
    run ! grep -a -e COLOUR=red -e PATH=/usr told
    printf i | jail "${ways%% *}" "$calls/jailer" --program /bin/true | cmp - <(head -c 16 /bin/true)
}

@test "memory: what is read-only ends the VM that writes there" {
    local key
    for key in T:4000000000 C:4000200000 I:4040000000; do
        kernel slots < <(printf '%s' "${key%:*}")
        [[ $status -eq 125 ]]
        [[ $stderr == *"the guest failed: a write at 0x${key#*:} (size 1), where memory is read-only"* ]]
    done
    [[ $(head -c 4 /bin/true) == $'\177ELF' ]]
}

@test "memory: it goes on above 4 GiB, and ends where it ends" {
    kernel slots --mem 4G < <(printf h)
    [[ $status -eq 0 && $output == high ]]
    kernel slots --mem 3G < <(printf h)
    [[ $status -eq 125 && $stderr == *"a write at 0x100000000 (size 4), outside memory, \
which ends at 0xc0000000"* ]]
}

@test "memory: a file that shrinks under the VM ends it, and the log says so" {
    head -c 2M /dev/zero >"$stage/shrinks"
    become_kernel slots
    mkfifo keys
    exec 7<>keys
    become "${ways%% *}" "$calls/jailer" --id "$VM_ID" --program "$stage/shrinks" \
        <&7 7>&- >out 2>log 3>&- &
    supervisor=$!
    printf i >&7
    within test -s out
    truncate -s 4096 "$stage/shrinks"
    printf f >&7
    exec 7>&-
    vm_wait
    cat log
    [[ $status -eq 125 ]]
    grep "the guest failed: .*was a file .*truncated?" log
}

# advised FILE: smaps(5) has a mapping of the file for which huge pages were asked
advised() {
    awk -v file="$1" '$1 ~ /^[0-9a-f]+-/ { here = $6 == file }
        $1 == "VmFlags:" && here && / hg / { found = 1 }
        END { exit !found }' "/proc/$(vmm)/smaps"
}

@test "memory: it and images may be in huge pages, and what no program touches costs nothing" {
    need_root "see the VMM's memory"
    [[ -e /sys/kernel/mm/transparent_hugepage ]] || skip "this kernel has no huge pages"
    vm_launch root --id "$VM_ID" --program "$stage/busybox" -- cat
    press one
    within test -s out
    [[ " $(guest_memory VmFlags) " == *" hg "* ]]
    advised "$stage/busybox"
    (($(guest_memory Rss) <= 8192))
    kill "$supervisor"
    vm_wait
}

# switches: how often the VMM has stopped running, of its own accord or not
switches() {
    awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$(vmm)/status"
}

@test "call port: a program that waits for its input costs no processor time" {
    become_kernel echo-calls
    JAILER=$calls/jailer vm_launch "${ways%% *}" --id "$VM_ID" --program /bin/true
    press one
    within test -s out
    within in_ppoll
    before=$(switches)
    sleep 1
    [[ $(switches) -eq $before ]]
    kill -KILL "$supervisor"
    check_nothing_left
}

# ppoll(2) is number 271
in_ppoll() {
    [[ $(cat "/proc/$(vmm)/syscall") == "271 "* ]]
}

@test "statuses: the program's own, in every way, with nothing left" {
    local program own
    for program in hello-musl hello-glibc; do
        ends_with 7 --program "$stage/$program"
        without_notice
        [[ $output == hello && $stderr == goodbye ]]
    done
    for own in 0 1 2 3 4 124 255; do
        linux --program "$stage/busybox" -- sh -c "exit $own"
        [[ $status -eq $own ]]
    done
}

@test "statuses: 128 and the signal that ended the program" {
    printf 'int main(void) { return *(volatile int *)16; }' >fault.c
    musl-gcc -static -o "$stage/fault" fault.c
    ends_with 139 --program "$stage/fault"
    [[ $stderr == *0x10* ]]
}

@test "statuses: 124 at the time limit" {
    ends_with 124 --timeout 1 --program "$stage/busybox" -- sleep 1000
    [[ $stderr == *"the VM was ended after 1 seconds (--timeout)"* ]]
}

@test "statuses: 125 when there is no VM, or it fails" {
    ends_with 125 --program "$stage/none"
    [[ $stderr == *"cannot open $stage/none (--program): No such file"* ]]
    ends_with 125 --program "$stage/hello-musl" --netns "$stage/none"
    ends_with 125 --program "$stage/hello-musl" --timeout never
    ends_with 125 --daemonize --program "$stage/none"
    become_kernel triple-fault
    JAILER=$calls/jailer ends_with 125 --program "$stage/hello-musl"
    [[ $stderr == *"the guest failed: "* ]]
    head -c 5M /dev/zero >"$calls/linux.bin"
    JAILER=$calls/jailer ends_with 125 --mem 4M --program "$stage/hello-musl"
    [[ $stderr == *"raise --mem"* ]]
}

@test "statuses: 126 for what is no program, 127 for what is not there" {
    echo "no program" >"$stage/text"
    ends_with 126 --program "$stage/text"
    mkdir tree
    mkfs.erofs --quiet "$stage/empty.erofs" tree
    run -127 --separate-stderr jail "${ways%% *}" "$JAILER" --root "$stage/empty.erofs" -- /bin/none
    [[ $stderr == *"/bin/none"* ]]
}

@test "statuses: 137 when the VM's memory is gone" {
    need_root "limit memory by a cgroup of its own"
    printf '%s\n' '#include <stdlib.h>' '#include <string.h>' \
        'int main(void) { memset(malloc(64 << 20), 1, 64 << 20); return 0; }' >memory.c
    musl-gcc -static -O0 -o "$stage/memory" memory.c
    local limit=memory.max
    [[ -e /sys/fs/cgroup/cgroup.controllers ]] || limit=memory.limit_in_bytes
    ways=${ways% user} ends_with 137 --cgroup $limit=32M --program "$stage/memory"
    [[ $stderr == *"sparkler-vmm was killed: its cgroup had no memory left"* ]]
    ends_with 0 --program "$stage/memory"
}

@test "statuses: 128 and the signal that ended the jailer" {
    vm_launch "${ways%% *}" --id "$VM_ID" --program "$stage/busybox" -- cat
    press one
    within test -s out
    kill -INT "$supervisor"
    vm_wait
    [[ $status -eq 130 ]]
    check_nothing_left
}

@test "a program has its arguments, environment, directory and files" {
    echo "what is given" >"$stage/given.txt"
    linux --program "$stage/busybox" -- echo one "two words" ""
    [[ $status -eq 0 && $output == "one two words " ]]
    linux --program "$stage/busybox" --env COLOUR=blue --env EMPTY= -- env
    [[ $status -eq 0 && $'\n'$output$'\n' == *$'\nCOLOUR=blue\n'* &&
        $'\n'$output$'\n' == *$'\nEMPTY=\n'* && $output != *SHELL=* ]]
    linux --program "$stage/busybox" --cwd /input --file "$stage/given.txt" -- pwd
    [[ $status -eq 0 && $output == /input ]]
    linux --program "$stage/busybox" --file "$stage/given.txt" --file "$stage/feeds.json" -- \
        cat /input/given.txt
    [[ $status -eq 0 && $output == "what is given" ]]
    echo typed | {
        linux --program "$stage/busybox" -- cat
        [[ $status -eq 0 && $output == typed ]]
    }
}

@test "a program has the memory that --mem gives it" {
    linux --program "$stage/busybox" -- grep MemTotal /proc/meminfo
    local preset=${output//[!0-9]/}
    ((preset > 480 * 1024 && preset <= 512 * 1024))
    linux --mem 4M --program "$stage/hello-musl"
    [[ $status -eq 7 ]]
    linux --mem 5G --program "$stage/busybox" -- grep MemTotal /proc/meminfo
    ((${output//[!0-9]/} > 4 * 1024 * 1024))
}

@test "--trace prints the program's system calls" {
    linux --trace --program "$stage/hello-musl"
    [[ $status -eq 7 && $output == hello ]]
    [[ $stderr == *"writev(1, 0x"*", 2) = 6"*goodbye*"writev(2, 0x"*", 2) = 8"*"exit_group(7) = ?" ]]
}

@test "a program reads feeds as files" {
    linux --offline-samples --program "$stage/busybox" -- cat /feeds/weather/London
    [[ $status -eq 0 && $output == "[sample, "*"Weather: "* ]]
    linux --offline-samples --program "$stage/busybox" -- ls /feeds
    [[ $status -eq 0 && $output == $'air-quality\ntweet\nweather' ]]
}

@test "a root of a directory, whose times it keeps; what cannot become one is said" {
    local make_image=$root/guest/linux/make-image
    mkdir -p tree/bin
    cp /bin/busybox tree/bin
    touch --date=2020-02-02 tree/bin/busybox
    "$make_image" "$stage/tree.erofs" tree
    linux --root "$stage/tree.erofs" -- busybox ls /
    [[ $status -eq 0 && $output == *bin*feeds* ]]
    linux --root "$stage/tree.erofs" -- busybox stat -c %Y /bin/busybox
    [[ $status -eq 0 && $output == "$(date --date=2020-02-02 +%s)" ]]
    linux --root "$stage/tree.erofs" -- busybox df /
    [[ $status -eq 0 && $output == *$'\n'overlay*" /" ]]
    run -1 "$make_image" none.erofs none
    [[ $output == "make-image: none is not a directory" && ! -e none.erofs ]]
    run -1 "$make_image" none.erofs
    [[ $output == "usage: make-image "* ]]
}

@test "a root of Debian packages: Python reads a feed" {
    [[ ! -d /run/rig ]] || skip "the rig has no network to fetch packages by"
    "$root/guest/linux/make-image" "$stage/python.erofs" --packages python3-minimal
    linux --offline-samples --root "$stage/python.erofs" -- /usr/bin/python3 -c \
        'print(open("/feeds/weather/London").read())'
    [[ $status -eq 0 && $output == "[sample, "*"Weather: "* ]]
    linux --root "$stage/python.erofs" -- /usr/bin/python3 -c \
        'import os, pwd; print(os.popen("echo a shell").read() + pwd.getpwuid(0).pw_name)'
    [[ $status -eq 0 && $output == $'a shell\nroot' ]]
    linux --root "$stage/python.erofs" -- /usr/bin/python3 -c 'import sys; sys.exit("an error")'
    [[ $status -eq 1 && $stderr == "an error" ]]
}

@test "a root of Debian packages: a shell's pipelines, and a program that is built there" {
    [[ ! -d /run/rig ]] || skip "the rig has no network to fetch packages by"
    "$root/guest/linux/make-image" "$stage/build.erofs" --packages busybox tcc libc6-dev perl-base
    linux --root "$stage/build.erofs" -- /bin/busybox sh -c '
        busybox mkdir /tmp/bin && busybox --install -s /tmp/bin && PATH=/tmp/bin:$PATH && cd /tmp
        seq 1000 | sed "s/.$/-&/" | grep -v 5 | sort -t- -k2 -rn | awk -F- "{ n += \$2 } END { print n }"
        tar cf - -C / etc | gzip | gunzip | tar tf - | grep -c "etc/passwd$"
        echo "int printf(const char *, ...);" >a.c
        echo "int main(void) { return printf(\"built here\n\") - 4; }" >>a.c
        tcc -o a a.c && ./a; echo "status $?"
        perl -e "print join(q( ), map { \$_ ** 2 } grep { \$_ % 2 } 1 .. 9), qq(\n)"'
    [[ $status -eq 0 && $output == $'3240\n1\nbuilt here\nstatus 7\n1 9 25 49 81' ]]
}

@test "what is written on a terminal comes in order, made harmless; its errors are errors" {
    local program="$JAILER --program $stage/busybox -- sh -c 'echo one; echo two >&2;
        printf \"\\033]2;three\n\"; printf \"\\033c\" >&2'"
    run -0 script --quiet --return --command "$program" /dev/null
    [[ ${output//$'\r'/} == *$'one\ntwo\n^[]2;three\n^[c'* ]]
    run -0 script --quiet --return --command "$program >out" /dev/null
    [[ ${output//$'\r'/} == *$'two\n^[c'* && $(<out) == $'one\n\e]2;three' ]]
}

@test "a VM with a Linux program agrees with its policies" {
    need_root "read a process's filters"
    vm_launch root --id "$VM_ID" --program "$stage/busybox" -- cat
    press one
    within test -s out
    run "$build/sparkler-policy" audit --all "$VM_ID"
    echo "$output"
    [[ $status -eq 0 && $output == *"sparkler-linux (process "*"vmm-linux.policy: "*"agrees with the files"* ]]
    kill "$supervisor"
    vm_wait
}

@test "--explain: a Linux program may lock across cache lines" {
    linux --explain --program "$stage/hello-musl"
    [[ $status -eq 0 ]]
    grep '^bus locks  *skipped .*a Linux program may make them, as on the host' <<<"$output"
    linux --help --program "$stage/hello-musl"
    [[ $status -eq 0 ]]
}
