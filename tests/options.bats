# Wrong usage and a host that lacks something: one line that says what to do, status 1, and nothing
# left behind. And what --help and --explain show.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
}

teardown_file() {
    jail_unstage
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    VM_ID=options-$BATS_TEST_NUMBER-$$
}

teardown() {
    vm_teardown
}

# refused PATTERN... -- OPTION...: the line must have these parts
refused() {
    local patterns=()
    while [ "$1" != -- ]; do
        patterns+=("$1")
        shift
    done
    shift
    run --separate-stderr timeout --foreground --kill-after 2 $((2 * DEADLINE)) "$JAILER" "$@" </dev/null
    echo "status $status, output $output"
    echo "$stderr"
    [[ $status -eq ${failed:-1} ]]
    [[ $output == "" ]]
    [[ ${#stderr_lines[@]} -eq 1 && $stderr == "jailer: "* ]]
    for pattern in "${patterns[@]}"; do
        [[ $stderr == *"$pattern"* ]]
    done
    check_nothing_left
}

@test "nothing at all: the monitor" {
    need_kvm
    run --separate-stderr "$JAILER" <<<5
    [[ $status -eq 0 && $output == *"Sparkler monitor"*"The guest halts."* ]]
    check_nothing_left
}

@test "an unknown option" {
    refused "--colour" "no such option" "jailer --help" -- --colour --exec sparkler-vmm
}

@test "an option without a value, or with one that it does not take" {
    refused "--guest" "a value is missing" "jailer --help" -- --exec sparkler-vmm --guest
    refused "--explain=3: takes no value" "jailer --help" -- --explain=3
}

@test "an option whose value is empty, as of a variable that is not set" {
    for option in exec broker feeds parent-cgroup id mem timeout credential; do
        refused "--$option: the value is empty" -- "--$option" "" --explain
        refused "--$option: the value is empty" -- "--$option=" --explain
    done
}

@test "a superfluous argument" {
    refused "monitor.bin" "not expected" "'--'" -- --exec sparkler-vmm monitor.bin
}

@test "a program that does not exist" {
    need_kvm
    refused "sparkler-vm" "(--exec)" "No such file" -- --exec sparkler-vm
}

@test "a guest that does not exist" {
    need_kvm
    refused "the guest image ./none.bin" "(--guest)" "No such file" -- \
        --guest ./none.bin --exec sparkler-vmm
}

@test "not a flat image: a script, an ELF program, a directory" {
    need_kvm
    printf '#!/bin/sh\n' >script.py
    local said="a guest is a flat image of 16-bit code"
    refused "the guest image script.py is a script (--guest)" "$said" -- --guest script.py
    refused "the guest image $PROBE is an ELF program" "$said" -- --guest "$PROBE"
    refused "the guest image . is a directory" "$said" -- --guest .
}

@test "a guest that may not be read" {
    need_kvm
    [ "$(id -u)" != 0 ] || skip "root may read everything"
    touch secret.bin
    chmod 0 secret.bin
    refused "the guest image secret.bin" "(--guest)" "Permission denied" -- \
        --guest secret.bin --exec sparkler-vmm
}

@test "a guest memory that is too small, too large, unaligned, not a number" {
    for size in 1 4G 65537 -1M 1X 99999999999999999999; do
        refused "--mem $size" "4K" "64K" "3G" -- --mem "$size" --exec sparkler-vmm
    done
}

@test "a time limit that is not a number of seconds" {
    for time in 0 -1 1m 1.5 99999999999; do
        refused "--timeout $time" "whole number" -- --timeout "$time" --exec sparkler-vmm
    done
}

@test "an id with invalid characters" {
    for id in a/b ../x "a b" "$(printf 'x%.0s' {1..65})"; do
        refused "--id $id" "64 letters" -- --id "$id" --exec sparkler-vmm
    done
}

@test "a parent cgroup with '..', or too long" {
    for path in .. ../../etc sparkler/../.. /..; do
        refused "--parent-cgroup $path" "'..' is not accepted" "below /sys/fs/cgroup" -- \
            --parent-cgroup "$path"
    done
    refused "--parent-cgroup" "at most 400 bytes" -- --parent-cgroup "$(printf 'x%.0s' {1..401})"
}

# with_account UID: makes $JAILER one on a host where that uid is an account's
with_account() {
    local passwd=$PWD/passwd
    { cat /etc/passwd && echo "somebody:x:$1:$1::/:/bin/sh"; } >"$passwd"
    JAILER=$stage/with-account
    printf '%s\n' '#!/bin/sh' "exec unshare --mount sh -c 'mount --bind $passwd /etc/passwd
        exec $stage/jailer \"\$@\"' - \"\$@\"" >"$JAILER"
    chmod 755 "$JAILER"
}

@test "as root: a uid of an account, or one below it, which makes it the broker's" {
    need_kvm
    need_root "choose a uid"
    with_account "$VM_UID"
    for userns in "" --userns; do
        # shellcheck disable=SC2086 # an option or none
        refused "--uid $VM_UID" "uid $VM_UID is the account somebody" "leave it out" -- \
            $userns --uid "$VM_UID"
        refused "--uid $((VM_UID - 1))" "uid $VM_UID is the account somebody" -- \
            --uid $((VM_UID - 1))
    done
    run --separate-stderr "$JAILER" --uid $((VM_UID + 1)) <<<5
    [[ $status -eq 0 ]]
}

@test "as root: an id that picks a running VM's uids" {
    need_kvm
    need_root "give uids to VMs"
    rm -f keys
    mkfifo keys
    exec 7<>keys
    "$JAILER" --id vm8408 <&7 7>&- >out 2>log 3>&- &
    supervisor=$!
    exec 7>&-
    within grep -q 'Your choice' out
    for id in vm10342 vm8408; do
        refused "uid 1892115712, picked by --id $id, is a running VM's" "give another --id" -- --id $id
    done
    press 5
    vm_wait
    [[ $status -eq 0 ]]
    run --separate-stderr "$JAILER" --id vm10342 <<<5
    [[ $status -eq 0 ]]
}

@test "as an ordinary user: the id of their own running VM" {
    need_kvm
    vm_start user --id "$VM_ID"
    run --separate-stderr jail user "$JAILER" --id "$VM_ID" <<<5
    [[ $status -eq 1 && ${#stderr_lines[@]} -eq 1 ]]
    [[ $stderr == "jailer: the socket @sparkler:$VM_UID:$VM_ID is bound already; is a VM of this --id"* ]]
    run --separate-stderr jail user "$JAILER" --id "$VM_ID-other" <<<5
    [[ $status -eq 0 ]]
    press 5
    vm_wait
    [[ $status -eq 0 ]]
    run --separate-stderr jail user "$JAILER" --id "$VM_ID" <<<5
    [[ $status -eq 0 ]]
    check_nothing_left
}

@test "a service manager that is not there" {
    NOTIFY_SOCKET=$PWD/none refused "the service manager at $PWD/none" "unset that" "No such file" -- \
        --exec sparkler-vmm
    local name
    for name in vsock:2:1 "/$(printf 'x%.0s' {1..107})"; do
        NOTIFY_SOCKET=$name refused "\$NOTIFY_SOCKET=$name: expected a path, or @NAME" -- \
            --exec sparkler-vmm
    done
}

@test "root as the uid or the gid" {
    refused "--uid 0" "from 1" -- --uid 0 --exec sparkler-vmm
    refused "--gid 0" "from 1" -- --gid 0 --exec sparkler-vmm
}

@test "an unknown console mode" {
    refused "--console loud" "auto, safe or raw" -- --console loud --exec sparkler-vmm
}

@test "a setting without a value" {
    refused "--credential key: expected NAME=FILE" -- --credential key --exec sparkler-vmm
    refused "--credential key=... is given twice" -- --credential key=a --credential key=b
    refused "--resource-limit nofile=" "NAME=VALUE" -- --resource-limit nofile= --exec sparkler-vmm
    local many
    mapfile -t many < <(printf -- '--credential\nkey%d=file\n' {1..17})
    refused "--credential" "more than 16 times" -- "${many[@]}" --exec sparkler-vmm
    refused "--cgroup memory.max: expected [broker:]FILE=VALUE" -- \
        --cgroup memory.max --exec sparkler-vmm
}

@test "--cgroup: a file that is no limit, such as one that would move another process" {
    for file in cgroup.procs broker:cgroup.kill tasks notify_on_release ../memory.max \
        broker:../../memory.max; do
        refused "--cgroup $file: expected a controller's file" -- --cgroup $file=0
    done
}

@test "an ordinary user's limits of a cgroup are refused where the VM has none" {
    need_kvm
    JAILER=$stage/user
    printf '%s\n' '#!/bin/bash' "$(declare -f run_as_user)" \
        "run_as_user $stage/jailer \"\$@\"" >"$JAILER"
    chmod 755 "$JAILER"
    refused "--cgroup pids.max=5: this VM has no cgroup: " -- --cgroup pids.max=5 --exec sparkler-vmm
    [ ! -d /sys/fs/cgroup/memory ] ||
        refused "--parent-cgroup mine: this VM has no cgroup: only root may use cgroup v1" -- \
            --parent-cgroup mine --exec sparkler-vmm
}

@test "a credential that does not exist" {
    need_kvm
    refused "the credential ./none" "(--credential)" "No such file" -- \
        --credential key=./none --exec sparkler-vmm
}

@test "trusted authorities that do not exist" {
    need_kvm
    refused "./none.crt" "(--ca)" "No such file" -- --ca ./none.crt --exec sparkler-vmm
}

@test "a network namespace that does not exist" {
    need_kvm
    refused "the network namespace ./none" "(--netns)" -- --netns ./none --exec sparkler-vmm
}

@test "a network namespace that is something else, as a FIFO that nobody writes" {
    need_kvm
    mkfifo pipe
    for other in pipe . /proc/self/ns/mnt; do
        refused "$other is not a network namespace (--netns)" "ip netns add" -- \
            --netns $other --exec sparkler-vmm
    done
}

@test "a pid file that cannot be created, or is a link" {
    refused "the pid file ./none/pid" "(--pid-file)" "No such file" -- \
        --pid-file ./none/pid --exec sparkler-vmm
    ln -s /etc/hostname link
    refused "the pid file link is a symbolic link" "(--pid-file)" -- \
        --pid-file link --exec sparkler-vmm
}

need_limits() {
    [ -z "${SANITIZED:-}" ] || skip "AddressSanitizer lives under no limit of its address space"
}

@test "an unknown resource limit" {
    need_kvm
    need_limits
    run --separate-stderr "$JAILER" --id "$VM_ID" --resource-limit files=1 --exec sparkler-vmm
    echo "$status $stderr"
    [[ $status -eq 1 && $stderr == "jailer: --resource-limit files"*"nofile"* && $stderr != *$'\n'* ]]
    run --separate-stderr "$JAILER" --id "$VM_ID" --resource-limit nofile=x --exec sparkler-vmm
    [[ $status -eq 1 && $stderr == *"--resource-limit nofile=x: expected a whole number"* ]]
    refused "--resource-limit as=-1: expected a whole number" -- --resource-limit as=-1 --exec sparkler-vmm
    check_nothing_left
}

@test "a resource limit under which the VMM cannot start is suspected" {
    need_kvm
    need_limits
    run --separate-stderr "$JAILER" --id "$VM_ID" --resource-limit as=3 --exec sparkler-vmm
    echo "$status $stderr"
    [[ $status -eq 139 ]]
    [[ $stderr == *"sparkler-vmm was killed by signal 11 "*"; a --resource-limit may be too low for it"* ]]
    check_nothing_left
}

@test "an unknown cgroup limit" {
    need_kvm
    need_root "make cgroups"
    run --separate-stderr "$JAILER" --id "$VM_ID" --cgroup memory.maximum=1 --exec sparkler-vmm
    echo "$status $stderr"
    [[ $status -eq 1 && $stderr == *"memory.maximum=1"* ]]
    check_nothing_left
}

@test "a feeds file that does not exist" {
    need_kvm
    refused "the feeds file ./none.json" "(--feeds)" "No such file" -- \
        --feeds ./none.json --exec sparkler-vmm
}

# wrong_feeds LINE KEY: what is on stdin is refused, with the line and the key
wrong_feeds() {
    cat >feeds.json
    run --separate-stderr "$JAILER" --id "$VM_ID" --feeds feeds.json --exec sparkler-vmm
    echo "$status $stderr"
    [[ $status -eq 1 && $output == "" ]]
    [[ $stderr == *"line $1"* && $stderr == *"$2"* ]]
    [[ ${stderr_lines[-1]} == *"feeds.json cannot be used"* ]]
    check_nothing_left
}

@test "an invalid feeds file: line and key are named" {
    need_kvm
    wrong_feeds 2 "" <<<$'{"feeds": [\n{"name": }]}'
    wrong_feeds 3 url <<END
{"feeds": [
{"name": "tweet", "ports": {"0x100": {}},
 "url": "http://upstream.test/", "format": "json", "template": "{/text}"}
]}
END
}

# useless OPTION...: what is on stdin, as the file `given`, is refused before anything starts
useless() {
    cat >given
    run --separate-stderr "$JAILER" --id "$VM_ID" "$@" --exec sparkler-vmm
    echo "$status $stderr"
    [[ $status -eq 1 && $output == "" ]]
    [[ ${stderr_lines[-1]} == *"cannot be used; nothing was started" ]]
    check_nothing_left
}

@test "authorities and a credential that are of no use are refused at the start" {
    need_kvm
    useless --ca given <<<"no certificate"
    [[ ${stderr_lines[-1]} == *", or a file of --ca or --credential, cannot be used; "* ]]
    [[ $stderr == *"no certificate in PEM form; give jailer another by --ca"* ]]
    useless --credential key=given <<<""
    [[ $stderr == *"credential 'key' is empty"* ]]
}

@test "an empty guest image, and one larger than its memory" {
    need_kvm
    for size in 0 61441; do
        truncate -s "$size" image.bin
        run --separate-stderr "$JAILER" --id "$VM_ID" --mem 64K --guest image.bin \
            --exec sparkler-vmm
        echo "$status $stderr"
        [[ $status -eq 1 && $stderr == *"$size"* ]]
        check_nothing_left
    done
}

@test "locked memory beyond the limit: both are named" {
    need_kvm
    run --separate-stderr bash -c 'ulimit -l 1024 && run_as_user "$@"' - "$JAILER" --id "$VM_ID" \
        --lock-memory --mem 1028K --exec sparkler-vmm
    echo "$status $stderr"
    [[ $status -eq 1 && $output == "" ]]
    [[ $stderr == "jailer: --lock-memory: 1028 KiB is more than this user's limit of locked \
memory, 1024 KiB; "*"limits.conf"*"--mem" ]]
    check_nothing_left
}

@test "a limit of locked memory that the user sets lower" {
    need_kvm
    need_limits
    run --separate-stderr "$JAILER" --id "$VM_ID" --lock-memory --resource-limit memlock=4096 \
        --exec sparkler-vmm
    echo "$status $stderr"
    [[ $status -eq 1 ]]
    [[ $stderr == *"sparkler-vmm: cannot lock the guest's memory of 1048576 bytes: "* ]]
    check_nothing_left
}

# the lowest limit of open files under which the program gets to its main()
least_files() {
    if [ -z "${SANITIZED:-}" ]; then echo 3; else echo 10; fi
}

# under_limit LIMIT: a limit of open files as ulimit takes it; nobody may raise a hard one
under_limit() {
    printf '%s\n' '#!/bin/bash' '((UID)) || drop="setpriv --bounding-set -sys_resource"' \
        "exec \$drop bash -c 'ulimit $1 && exec \"\$@\"' - $stage/jailer \"\$@\"" >"$JAILER"
    chmod 755 "$JAILER"
}

@test "limits of open files: a VM runs, or one line says how many it needs, and nothing is left" {
    need_kvm
    JAILER=$stage/limited
    local limit expected
    for ((limit = $(least_files); limit <= 140; limit++)); do
        under_limit "-n $limit"
        expected="jailer: cannot start a jail: it needs 128 open files, and this user's limit is $limit; "
        for way in $ways; do
            run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" --exec sparkler-vmm <<<5
            echo "$limit, $way: $status $stderr"
            if ((limit < 128)); then
                [[ $status -eq 1 && $stderr == "$expected"*"limits.conf"* && $stderr != *$'\n'* ]]
            else
                [[ $status -eq 0 && $output == *"The guest halts."* ]]
            fi
        done
    done
    check_nothing_left
}

@test "a soft limit of open files that is too low is raised" {
    need_kvm
    JAILER=$stage/limited
    printf '\xf4' >halt.bin
    for limit in $(least_files) 40 127; do
        under_limit "-Sn $limit"
        ends_with 0 --guest halt.bin --exec sparkler-vmm
    done
}

# with_dev SCRIPT COMMAND...: with a /dev of its own, where there is what the script makes
with_dev() {
    unshare --mount bash -c 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3
        eval "$1"
        shift
        exec "$@"' - "$@"
}

@test "/dev/kvm absent" {
    need_root "hide /dev/kvm"
    JAILER=$stage/without-kvm
    printf '%s\n' '#!/bin/bash' "$(declare -f with_dev)" \
        "with_dev : $stage/jailer \"\$@\"" >"$JAILER"
    chmod 755 "$JAILER"
    refused "/dev/kvm" "No such file" "kvm_intel" -- --exec sparkler-vmm
}

@test "/dev/kvm forbidden" {
    need_root "make a /dev/kvm of its own"
    JAILER=$stage/forbidden-kvm
    printf '%s\n' '#!/bin/bash' "$(declare -f with_dev)" \
        "with_dev 'mknod -m 600 /dev/kvm c 10 232' setpriv --reuid $VM_UID --regid $VM_UID \
--clear-groups $stage/jailer \"\$@\"" >"$JAILER"
    chmod 755 "$JAILER"
    refused "/dev/kvm" "permission denied" "usermod -aG kvm" -- --exec sparkler-vmm
}

@test "/dev/kvm is another device" {
    need_root "make a /dev/kvm of its own"
    JAILER=$stage/other-kvm
    printf '%s\n' '#!/bin/bash' "$(declare -f with_dev)" \
        "with_dev 'mknod -m 666 /dev/kvm c 1 3' $stage/jailer \"\$@\"" >"$JAILER"
    chmod 755 "$JAILER"
    refused "/dev/kvm is not KVM; expected the character device 10:232" -- --exec sparkler-vmm
}

@test "user namespaces forbidden: the sysctl is named" {
    need_kvm
    need_root "forbid them, in a user namespace of its own"
    # the count of a user namespace bounds those inside it, and is its own
    unshare --mount --user bash -c '
        until grep -q . /proc/self/uid_map && grep -q . /proc/self/gid_map; do sleep 0.02; done
        mount --bind "$1" /dev/kvm
        sh -c "echo 0 >/proc/sys/user/max_user_namespaces" # has capabilities, being executed as root
        exec setpriv --reuid "$2" --regid "$2" --clear-groups "$3" --exec sparkler-vmm' \
        - "$stage/kvm" "$VM_UID" "$JAILER" >out 2>&1 3>&- </dev/null &
    jailer=$!
    within in_another_user_namespace
    echo "0 0 4294967295" >"/proc/$jailer/gid_map"
    echo "0 0 4294967295" >"/proc/$jailer/uid_map"
    status=0
    wait "$jailer" || status=$?
    cat out
    [[ $status -eq 1 && $(wc -l <out) -eq 1 ]]
    grep -q "cannot make a user namespace: .*sysctl user.max_user_namespaces=.*or run as root" out
    check_nothing_left
}

@test "root without CAP_SYS_ADMIN, as in a container: it is named" {
    need_kvm
    need_root "drop capabilities"
    printf '%s\n' '#!/bin/bash' \
        "exec setpriv --bounding-set=-sys_admin --inh-caps=-all $JAILER \"\$@\"" >"$stage/contained"
    chmod 755 "$stage/contained"
    JAILER=$stage/contained
    refused "cannot start a process in new namespaces" "needs CAP_SYS_ADMIN: " -- --exec sparkler-vmm
}

in_another_user_namespace() {
    [[ $(readlink "/proc/$jailer/ns/user") != "$(readlink /proc/self/ns/user)" ]]
}

# refused_linux: as refused, with the status of a Linux program that could not run
refused_linux() {
    failed=125 refused "$@"
}

@test "a Linux program: options that do not go together" {
    refused_linux "--guest is a flat image" "--program" "--root" -- --guest x.bin --program x
    refused_linux "--guest is a flat image" "one or the other" -- --root x --guest x.bin -- /bin/x
    refused_linux "--root x.erofs: which program" "behind '--'" -- --root x.erofs
    for option in "--mount /a=x" "--file x" "--tmpfs /a" --read-only "--env A=B" "--user 1" \
        "--hostname a" "--rlimit nofile=9" "--cwd /" --trace; do
        # shellcheck disable=SC2086 # an option and its value
        refused "${option%% *}" "are for a Linux program" -- $option
    done
}

@test "a Linux program: a malformed environment, a relative directory" {
    for variable in A =B =; do
        refused_linux "--env $variable: expected NAME=VALUE" -- --program x --env "$variable"
    done
    refused_linux "--cwd here: expected an absolute path" -- --cwd here --program x
    many=()
    for ((i = 0; i <= 1024; i++)); do
        many+=(--env "N$i=")
    done
    refused_linux "--env is given more than 1024 times" -- "${many[@]}" --program x
}

@test "a Linux program: memory that is too small, too large, unaligned" {
    for size in 64K 4095K 256G 4194305; do
        refused_linux "--mem $size" "a multiple of 4K from 4M to 255G" -- --mem $size --program x
    done
}

@test "a Linux program: images that do not exist, are not files, empty, too large, too many" {
    need_kvm
    refused_linux "cannot open ./none (--program): No such file" -- --program ./none
    refused_linux "cannot open ./none (--root): No such file" -- --root ./none -- /bin/x
    refused_linux "cannot open ./none (--file): No such file" -- --program "$PROBE" --file ./none
    mkdir directory
    mkfifo pipe
    for other in directory pipe /dev/null; do
        refused_linux "$other is not a regular file (--root)" -- --root $other -- /bin/x
    done
    : >empty
    refused_linux "empty is empty (--program)" -- --program empty
    truncate -s 300G huge
    refused_linux "huge has 322122547200 bytes, and only " "(--file)" -- --program "$PROBE" --file huge
    many=()
    for ((i = 0; i < 48; i++)); do
        echo "$i" >"file$i"
        many+=(--file "file$i")
    done
    refused_linux "/input/file47 is one too many" "at most 48" -- --program "$PROBE" "${many[@]}"
    refused_linux "/input/file1 is taken already, by another option (--file)" -- --program "$PROBE" --file file1 \
        --file ./directory/../file1
    refused_linux "/a is taken already" "(--tmpfs)" -- --program "$PROBE" --file /a=file1 --tmpfs /a
}

@test "a Linux program: malformed mounts, ids, names and limits" {
    for value in x x=y /=y /a= =y; do
        refused_linux "--mount $value: expected PATH=IMAGE" -- --program x --mount $value
    done
    refused_linux "--file /a=: expected FILE or PATH=FILE" -- --program x --file /a=
    for value in x / x=ro; do
        refused_linux "--tmpfs $value: expected PATH or PATH=OPTIONS" -- --program x --tmpfs $value
    done
    for value in x -1 1: 1:x :1 1:2: "1:2:3," "1:2:3,x" 4294967295 99999999999999999999 "1 " 1,2 \
        "1:2:$(seq -s , 33)"; do
        refused_linux "--user $value: expected UID" -- --program x --user "$value"
    done
    value=$(printf 'x%.0s' {1..65})
    refused_linux "--hostname '$value': expected 1 to 64" -- --program x --hostname "$value"
    refused_linux "--rlimit files=1: no such limit" "nofile" -- --program x --rlimit files=1
    for value in cpu cpu= cpu=x cpu=1: cpu=:1 cpu=1:2:3 cpu=-1; do
        refused_linux "--rlimit $value: expected NAME=SOFT[:HARD]" -- --program x --rlimit $value
    done
    refused_linux "--rlimit cpu=2:1: the soft limit is above the hard one" -- --program x --rlimit cpu=2:1
}

@test "a Linux program: arguments that are too long" {
    need_kvm
    refused_linux "more than 131072 bytes" -- --program "$PROBE" -- \
        "$(printf '%70000s' x)" "$(printf '%70000s' x)"
}

@test "--help has every option, in two parts that fit on screens of 80 by 24 with the next prompt" {
    local all=
    for part in --help --help=linux; do
        run --keep-empty-lines "$JAILER" $part
        [[ $status -eq 0 ]]
        echo "$output"
        [[ $(wc -l <<<"$output") -le 24 ]] # and the line behind the last
        [[ $(awk 'length > 80' <<<"$output") == "" ]]
        all+=$output
    done
    refused "--help=x: expected --help or --help=linux" -- --help=x
    options=$(sed -n 's/^    {"\([a-z-]*\)", .*_argument,.*/\1/p' "$root/jailer/options.c")
    [[ -n $options ]]
    for option in $options; do
        echo "--$option"
        [[ $all == *"--$option"* ]]
    done
}

@test "-h is --help" {
    run "$JAILER" -h
    [[ $status -eq 0 && $output == "$("$JAILER" --help)" ]]
}

@test "--version" {
    run "$JAILER" --version
    [[ $status -eq 0 && $output =~ ^sparkler\ [0-9.]+$ ]]
}

@test "--explain: every lock on one screen, and nothing is run" {
    for way in $ways; do
        run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" --explain --exec sparkler-vmm
        echo "$output"
        [[ $status -eq 0 && $stderr == "" ]]
        [[ ${#lines[@]} -le 50 ]]
        [[ $(awk 'length > 100' <<<"$output") == "" ]]
        for lock in "mount namespace" "pid namespace" cgroup root rlimits "capability bounds" ids \
            no_new_privs landlock descriptors seccomp; do
            grep -q "^$lock " <<<"$output"
        done
        check_nothing_left
    done
}

# with_landlock ABI OPTION...: the jailer on a kernel whose Landlock is that old
with_landlock() {
    run --separate-stderr strace -o trace -e trace=landlock_create_ruleset \
        -e "inject=landlock_create_ruleset:retval=$1:when=1..2" "$JAILER" "${@:2}" <<<5
    [[ $status -eq 0 ]]
}

@test "--explain on a full disk fails" {
    run -1 bash -c '"$@" >/dev/full' - "$JAILER" --explain
    [[ $output == "jailer: cannot write to standard output: No space left on device" ]]
}

@test "what this kernel's Landlock lacks is on the log and in --explain" {
    need_kvm
    [ -z "${SANITIZED:-}" ] || skip "Landlock is left open for AddressSanitizer"
    command -v strace >/dev/null || skip "strace is missing: apt-get install strace"
    local abi4="landlock (needs Linux 6.7 for TCP ports, 6.12 for signals and abstract sockets)"
    local abi6="landlock (needs Linux 6.12 for signals and abstract sockets)"
    with_landlock 3 --id "$VM_ID"
    [[ $stderr == *"locks that this kernel lacks: "*"$abi4"* ]]
    with_landlock 5 --id "$VM_ID"
    [[ $stderr == *"locks that this kernel lacks: "*"$abi6"* ]]
    with_landlock 6 --id "$VM_ID"
    [[ $stderr != *landlock* ]]
    check_nothing_left
    run strace -o trace -e inject=landlock_create_ruleset:retval=5 "$JAILER" --explain
    grep -A1 '^landlock ' <<<"$output" | grep -q 'needs Linux 6.12 for signals'
}

@test "the log has no alarm that nobody can act on; --explain has it" {
    need_kvm
    run --separate-stderr "$JAILER" --id "$VM_ID" <<<5
    [[ $status -eq 0 && $stderr != *speculation* ]]
    run "$JAILER" --explain
    grep -E '^speculation +(closed|skipped) .*(no store bypass|see lscpu)' <<<"$output"
}

@test "--explain says what is skipped, and why" {
    need_root "be asked for both"
    run "$JAILER" --explain --exec sparkler-vmm
    [[ $output == *"user namespace"*"root changes ids instead"* ]]
    run "$JAILER" --userns --explain --exec sparkler-vmm
    [[ $output != *"root changes ids instead"* ]]
    run jail user "$JAILER" --explain --exec sparkler-vmm
    [[ $output =~ (^|$'\n')"cgroup "\ +skipped\ +skipped ]]
    # an ordinary user without cgroups has no janitor
    [[ $output =~ (^|$'\n')no_new_privs\ +closed\ +closed\ +closed\ +execve ]]
}

@test "--explain says what the locks leave, with these options" {
    need_root "be asked for both"
    local user=$'\n'"  all          your uid $VM_UID, gid $VM_UID and groups"
    run jail user "$JAILER" --explain
    echo "$output"
    [[ $output == *"$user"* && $output == *"you may ptrace them"* ]]
    [[ $output =~ $'\n'"ids "\ +closed\ +closed\ +closed\ +"no capability"$'\n' ]]
    run jail root "$JAILER" --explain
    echo "$output"
    [[ $output != *" your uid "* && $output != *"you may ptrace"* && $output != *"your terminal"* ]]
    [[ $output == *"  broker       uid $((VM_UID + 1)), gid $VM_UID"* ]]
    [[ $output == *"own uid and gid, no group, no capability"* ]]
    run jail root "$JAILER" --netns /run/netns/other --explain
    [[ $output == *"  broker       the network of /run/netns/other, "* ]]
}

@test "--explain says who has the terminal" {
    need_root "have a janitor"
    [[ $("$JAILER" --explain) =~ $'\n'"cgroup "\ +closed ]] || skip "without cgroups there is no janitor"
    run script -qec "$JAILER --explain" typescript </dev/null
    echo "$output"
    [[ $output == *"  supervisor   signals to the others, your terminal"* ]]
    [[ $output == *"  janitor      your terminal, as its log"* ]]
    run script -qec "$JAILER --daemonize --explain" typescript </dev/null
    [[ $output != *"your terminal"* ]]
    run "$JAILER" --explain
    [[ $output != *"your terminal"* ]]
}
