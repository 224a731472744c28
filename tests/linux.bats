# Linux programs as guests: the call port, the read-only memory and the tick, with flat guests in the
# place of the kernel that answers a program; then programs, unchanged, from the command line to
# their exit status.

bats_require_minimum_version 1.5.0

load guests/lib

setup_file() {
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
        [[ $version -eq 4 && $generation -eq 0 && $khz -gt 100000 ]]
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
    for string in /bin/true one "two words" COLOUR=blue PATH=/bin /here; do
        grep -axF -- "$string" told
    done
    run ! grep -a -e COLOUR=red -e PATH=/usr -e TERM= told
    printf i | jail "${ways%% *}" "$calls/jailer" --program /bin/true | cmp - <(head -c 16 /bin/true)
}

@test "memory: what is read-only ends the VM that writes there" {
    local key
    for key in T:4000000000 C:4000001000 I:4000200000; do
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
    [[ $stderr == *"the VM was ended after 1 s (--timeout)"* ]]
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
    [[ $stderr == *"sparkler: /bin/none: not found (error 2)" ]]
    run -127 --separate-stderr jail "${ways%% *}" "$JAILER" --program "$(command -v bash)"
    [[ $stderr == *"sparkler: /input/bash: needs a loader or interpreter that the root (--root) does not have"* ]]
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

@test "a program has HOME by /etc/passwd, and PATH, and TERM only at a terminal" {
    printf '%s\n' broken root:x:0:0:Root:/root:/bin/sh user:x:1000:1000::/home/user:/bin/sh >passwd
    local user home
    for user in 0:/root 1000:/home/user 1001:/; do
        linux --program "$stage/busybox" --file /etc/passwd=passwd --user "${user%:*}" -- env
        home=${user#*:}
        [[ $status -eq 0 && $(sort <<<"$output") == "HOME=$home"$'\n'PATH=*/bin ]]
    done
    linux --program "$stage/busybox" --file /etc/passwd=passwd --env HOME=/x -- env
    [[ $status -eq 0 && $output == HOME=/x$'\n'PATH=* ]]
}

@test "a program's directory is made where it is missing" {
    linux --program "$stage/busybox" --cwd /made/for/it -- sh -c 'pwd; ls -ld ..'
    [[ $status -eq 0 && $output == /made/for/it$'\n'drwxr-xr-x*..* ]]
    linux --program "$stage/busybox" --cwd /input/busybox/no -- pwd
    [[ $status -eq 125 ]]
    [[ $stderr == *"/input/busybox/no cannot be set up: a part of its path is not a directory"* ]]
}

@test "--mount, --file and --tmpfs: what stands where" {
    mkdir -p tree/sub
    echo from the image >tree/sub/text
    chmod 755 tree tree/sub
    "$root/guest/linux/make-image" "$stage/mount.erofs" tree
    echo from the host >given
    echo 'echo executed' >script
    chmod 755 script
    linux --program "$stage/busybox" --mount /data/here="$stage/mount.erofs" --file /etc/given=given \
        --tmpfs /run=size=64K --file /run/secret=given --file /usr/bin/script=script -- sh -c '
        cd /
        cat data/here/sub/text etc/given run/secret
        /usr/bin/script
        echo x >data/here/x
        echo changed >etc/given && cat etc/given
        head -c 1048576 /dev/zero >run/x
        grep -e /data -e /run /proc/mounts
        df -k /data/here /run | tail -n 2
        rm -r data/here; ls data/here'
    echo "$output"
    [[ $output == "from the image"$'\n'"from the host"$'\n'"from the host"$'\n'executed$'\n'changed$'\n'"\
erofs /data/here erofs ro,relatime 0 0"$'\n'"tmpfs /run tmpfs rw,relatime 0 0"$'\n'erofs*" 0 100% /data/here"$'\n'tmpfs*" 64 "*" 0 100% /run"$'\n'sub ]]
    [[ $stderr == *"/x: Read-only file system"*"text': Read-only file system"* ]]
}

@test "--file: an empty one" {
    : >nothing
    linux --program "$stage/busybox" --file nothing --file /etc/nothing=nothing -- sh -c '
        wc -c /input/nothing /etc/nothing && cat /input/nothing
        echo more >>/etc/nothing && cat /etc/nothing /input/nothing'
    [[ $status -eq 0 && $stderr == "" ]]
    [[ $output == *" 0 /input/nothing"*" 0 /etc/nothing"*" 0 total"$'\n'more ]]
}

@test "--file: as many as there can be, each on its own 2 MiB" {
    local i files=()
    for i in {2..47}; do
        echo "$i" >"$stage/file$i"
        files+=(--file "$stage/file$i")
    done
    linux --program "$stage/busybox" "${files[@]}" -- sh -c 'cat /input/file*'
    [[ $status -eq 0 && $(sort -n <<<"$output") == $(seq 2 47) ]]
    linux --program "$stage/busybox" "${files[@]}" --file /etc/passwd --file /etc/group -- true
    [[ $status -eq 125 && $stderr == *"/input/group is one too many: "* ]]
}

@test "--mount and --file: what cannot be put there" {
    local end
    printf 'no image' >text
    mkdir tree
    "$root/guest/linux/make-image" "$stage/empty.erofs" tree
    for end in "--mount /a=text:it is not an EROFS image" "--mount /input/busybox/x=$stage/empty.erofs:a part" \
        "--file /proc/version=text:nothing can be put there" "--file /proc=text:it is a directory" \
        "--tmpfs /proc/x:nothing can be put there" "--tmpfs /a=size=x:its options" "--tmpfs /a=4K:its options" \
        "--tmpfs /a=size=4k,:its options" "--tmpfs /a=mode=8:its options" "--tmpfs /a=mode=17777:its options" \
        "--tmpfs /a=uid=4294967295:its options" "--tmpfs /a=size=99999999999999g:its options" \
        "--tmpfs /a=rot:its options"; do
        # shellcheck disable=SC2086 # an option and its value
        linux --program "$stage/busybox" ${end%%:*} -- true
        [[ $status -eq 125 && $stderr == *" cannot be set up: ${end#*:}"* ]]
    done
}

@test "--tmpfs: size, mode, owner, read-only, or what the image has there" {
    mkdir -p tree/etc
    echo text >tree/etc/file
    chmod 700 tree/etc
    "$root/guest/linux/make-image" "$stage/tmpfs.erofs" tree
    linux --root "$stage/tmpfs.erofs" --file /busybox="$stage/busybox" --tmpfs /plain --tmpfs /ro=ro,mode=0755 \
        --tmpfs /own=uid=12,gid=34,mode=2750 --tmpfs /size=size=64k --tmpfs /part=size=50% \
        --tmpfs /etc=tmpcopyup,size=1m --tmpfs /none=tmpcopyup -- /busybox sh -c '
        cd /
        /busybox stat -c "%n %a %u %g" plain ro own etc none
        echo x >ro/x
        /busybox head -c 100000 /dev/zero >size/x
        /busybox stat -c %s size/x
        set -- $(/busybox df -k part plain | /busybox awk "NR > 1 { print \$2 }")
        [ "$1" -eq "$2" ] && echo half
        echo more >>etc/file; /busybox cat etc/file
        /busybox df -k etc | /busybox awk "NR > 1 { print \$2 }"'
    echo "$output"
    echo "$stderr"
    diff - <(echo "$output") <<'END'
plain 1777 0 0
ro 755 0 0
own 2750 12 34
etc 700 0 0
none 1777 0 0
65536
half
text
more
1024
END
    [[ $stderr == *"ro/x: Read-only file system"* ]]
}

@test "--read-only: nothing is written but to a tmpfs" {
    linux --program "$stage/busybox" --read-only --tmpfs /tmp --cwd /made -- sh -c '
        echo x >x; mkdir /y; chmod 777 /; touch /; echo kept >/tmp/x; cat /tmp/x; grep " / " /proc/mounts'
    [[ $output == $'kept\noverlay / overlay ro,relatime 0 0' ]]
    [[ $(grep -c "Read-only file system" <<<"$stderr") -eq 4 ]]
}

@test "--hostname: what the VM is called" {
    linux --program "$stage/busybox" --hostname box.test -- sh -c \
        'hostname; uname -n; cat /proc/sys/kernel/hostname; hostname other; uname -n'
    [[ $status -eq 0 && $output == $'box.test\nbox.test\nbox.test\nother' ]]
    linux --program "$stage/busybox" --user 1 -- sh -c 'hostname other; uname -n'
    [[ $output == sparkler && $stderr == *"not permitted"* ]]
}

@test "--user: who the program is" {
    linux --program "$stage/busybox" --user 1000:1001:5,6 -- sh -c \
        'id; grep -e ^Uid -e ^Gid -e ^Groups -e ^CapEff /proc/self/status'
    [[ $status -eq 0 && $output == "uid=1000 gid=1001 groups=5,6
Uid:	1000	1000	1000	1000
Gid:	1001	1001	1001	1001
Groups:	5 6 
CapEff:	0000000000000000" ]]
    linux --program "$stage/busybox" --user 1000 -- id
    [[ $status -eq 0 && $output == "uid=1000 gid=1000" ]]
}

@test "--rlimit: limits that the program sees" {
    linux --program "$stage/busybox" --rlimit nofile=20:30 --rlimit core=unlimited -- sh -c \
        'ulimit -n; ulimit -Hn; ulimit -c; ulimit -s'
    [[ $status -eq 0 && $output == $'20\n30\nunlimited\n8192' ]]
    linux --program "$stage/busybox" --rlimit nproc=7:8 -- grep processes /proc/self/limits
    [[ $status -eq 0 && $output =~ ^"Max processes "\ +"7 "\ +"8 "\ +processes ]]
    linux --program "$stage/busybox" --rlimit fsize=4K -- dd if=/dev/zero of=/tmp/x bs=5k count=2
    [[ $status -eq $((128 + $(kill -l XFSZ))) ]]
    linux --program "$stage/busybox" --rlimit cpu=1 -- sh -c 'while :; do :; done'
    [[ $status -eq $((128 + $(kill -l KILL))) ]]
}

@test "a program without a slash is looked for in PATH: the first that can be executed" {
    mkdir -p tree/{a,b,c}
    touch tree/a/name
    cp "$stage/hello-musl" tree/b/name
    mkdir tree/c/other
    chmod -R a+rX tree
    "$root/guest/linux/make-image" "$stage/path.erofs" tree
    linux --root "$stage/path.erofs" --env PATH=/a:/none:/b -- name
    [[ $status -eq 7 && $output == hello ]]
    linux --root "$stage/path.erofs" --env PATH=/a -- name
    [[ $status -eq 126 && $stderr == *"name: may not be executed"* ]]
    linux --root "$stage/path.erofs" --env PATH=/c -- other
    [[ $status -eq 126 ]]
    run -127 --separate-stderr jail "${ways%% *}" "$JAILER" --root "$stage/path.erofs" --env PATH=/a \
        -- none
    [[ $stderr == *"none: not found"* ]]
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

@test "a broker that never answers does not hang a program that computes meanwhile" {
    cat >silent.c <<'EOF'
#include <poll.h>
int main(void) { poll(0, 0, -1); }
EOF
    cat >asking.c <<'EOF'
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static volatile int counter;

static void *count(void *unused)
{
    for (;;)
        counter++;
    return unused;
}

/* until the other thread has had a turn, by a tick */
static void wait_for_turn(void)
{
    const int before = counter;

    while (counter == before)
        ;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, count, NULL);
    wait_for_turn();
    perror(open("/feeds/tweet", O_RDONLY) < 0 ? "no feed" : "a feed");
    wait_for_turn();
    return 3;
}
EOF
    musl-gcc -static -o "$stage/silent" silent.c
    musl-gcc -static -o "$stage/asking" asking.c -lpthread
    linux --broker "$stage/silent" --program "$stage/asking"
    [[ $status -eq 3 && $stderr == *"the network broker did not answer in 30 s"*"no feed: "* ]]
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
    "$make_image" again.erofs tree
    cmp again.erofs "$stage/tree.erofs"
    run -1 "$make_image" none.erofs none
    [[ $output == "make-image: none is not a directory" && ! -e none.erofs ]]
    mkdir in-its-place
    run ! "$make_image" in-its-place tree
    rmdir in-its-place # nothing was put there
    run -1 "$make_image" none.erofs
    [[ $output == "usage: make-image "* ]]
}

@test "a root of Debian packages: Python reads a feed" {
    [[ ! -d /run/rig ]] || skip "the rig has no network to fetch packages by"
    run -1 "$root/guest/linux/make-image" none.erofs --packages python3-minimal none-such
    [[ ${lines[0]} == "make-image: Unable to locate package none-such" ]]
    [[ ${lines[1]} == "make-image: no image of the packages python3-minimal none-such was made" ]]
    [[ ${#lines[@]} -eq 2 && ! -e none.erofs ]]
    "$root/guest/linux/make-image" "$stage/python.erofs" --packages python3-minimal
    linux --offline-samples --root "$stage/python.erofs" -- /usr/bin/python3 -c \
        'print(open("/feeds/weather/London").read())'
    [[ $status -eq 0 && $output == "[sample, "*"Weather: "* ]]
    echo '{"feeds": [{"name": "door", "ports": {"0x500": {}}, "format": "text", "bits_per_hour": 9,
        "url": "https://door.test/?set={argument}", "argument": {"values": ["open", "closed"]}}]}' \
        >questions.json
    linux --feeds questions.json --root "$stage/python.erofs" -- /usr/bin/python3 -c '
with open("/feeds/door", "r+") as door:
    door.write("ajar")
    print(door.read())
    door.write("a" * 1025)
    print(door.read())
with open("/feeds/door", "rb+", 0) as door:
    door.write(b"\x00")
    print(door.read(8), door.seek(0), len(door.read()))'
    [[ $status -eq 0 && ${lines[0]} == "[denied: the argument must be one of: open, closed]" ]]
    [[ ${lines[1]} == "[denied: the argument is too long]" ]]
    [[ ${lines[2]} == "b'[denied:' 0 51" ]]
    linux --root "$stage/python.erofs" -- /usr/bin/python3 -c \
        'import os, pwd; print(os.popen("echo a shell").read() + pwd.getpwuid(0).pw_name)'
    [[ $status -eq 0 && $output == $'a shell\nroot' ]]
    linux --root "$stage/python.erofs" --env PYTHONDONTWRITEBYTECODE=1 -- /usr/bin/python3 -c \
        'import os, encodings; print("compiled:", os.path.exists(encodings.__cached__))'
    [[ $status -eq 0 && $output == "compiled: True" ]]
    linux --root "$stage/python.erofs" -- /usr/bin/python3 -c 'import sys; sys.exit("an error")'
    [[ $status -eq 1 && $stderr == "an error" ]]
}

@test "a root of Debian packages: a shell's pipelines, and a program that is built there" {
    [[ ! -d /run/rig ]] || skip "the rig has no network to fetch packages by"
    "$root/guest/linux/make-image" "$stage/build.erofs" --packages busybox mawk tcc libc6-dev perl-base
    linux --root "$stage/build.erofs" -- /bin/busybox sh -c '
        busybox mkdir /tmp/bin && busybox --install -s /tmp/bin && PATH=/tmp/bin:$PATH && cd /tmp
        seq 1000 | sed "s/.$/-&/" | grep -v 5 | sort -t- -k2 -rn | awk -F- "{ n += \$2 } END { print n }"
        tar cf - -C / etc | gzip | gunzip | tar tf - | grep -c "etc/passwd$"
        echo "int printf(const char *, ...);" >a.c
        echo "int main(void) { return printf(\"built here\n\") - 4; }" >>a.c
        tcc -o a a.c && ./a; echo "status $?"
        perl -e "print join(q( ), map { \$_ ** 2 } grep { \$_ % 2 } 1 .. 9), qq(\n)"
        perl -e "print join(q(.), unpack(q(C4), gethostbyname(q(localhost)))), qq(\n)"
        /usr/bin/awk "BEGIN { print 6 * 7 }"'
    [[ $status -eq 0 ]]
    [[ $output == $'3240\n1\nbuilt here\nstatus 7\n1 9 25 49 81\n127.0.0.1\n42' ]]
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
