# sparkler-oci by itself, called as engines call it: its VMs and its messages. What any runtime has to do
# is in oci-rules.bats; oci-podman.bats and oci-containerd.bats have the engines.

bats_require_minimum_version 1.5.0

load lib.bash
load systemd.bash

setup_file() {
    jail_stage
    export OCI=$stage/sparkler-oci
    mkdir -p "$stage/tree/bin"
    cp /bin/busybox "$stage/tree/bin"
    for applet in sh cat echo env sleep id hostname stty tty df tail stat wc; do
        ln -s busybox "$stage/tree/bin/$applet"
    done
    mkfs.erofs --quiet "$stage/root.erofs" "$stage/tree"
    echo '{"annotation_paths": true}' >"$stage/settings.json"
    export SPARKLER_OCI_CACHE=$stage/cache
}

teardown_file() {
    jail_unstage
}

setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR"
    id=oci-$BATS_TEST_NUMBER-$$
    mkdir -p bundle/rootfs
    bundle 'echo up; exec sleep 1000'
}

teardown() {
    oci delete --force "$id" || true
    systemd_stop
}

# bundle SCRIPT [FILTER]: a bundle whose program is a shell that runs it; jq changes config.json
bundle() {
    jq --null-input --arg script "$1" --arg root "$stage/root.erofs" --arg group "/$id" '{
        ociVersion: "1.0.2",
        root: {path: "rootfs"},
        process: {cwd: "/", args: ["/bin/sh", "-c", $script], env: ["PATH=/bin"]},
        annotations: {"sparkler.root": $root},
        linux: {namespaces: [{type: "network"}, {type: "pid"}], cgroupsPath: $group}
    } | '"${2:-.}" >bundle/config.json
}

oci() {
    "$OCI" --root "$PWD/state" --config "$stage/settings.json" --log "$PWD/oci.log" \
        --log-format json "$@"
}

# create: the container of ./bundle, with its pid in ./pid and its output in ./out
create() {
    oci create --bundle bundle --pid-file pid "$id" </dev/null >out 2>err 3>&-
}

# status: of the container
status() {
    oci state "$id" | jq --raw-output .status
}

is() {
    [[ $(status) == "$1" ]]
}

said() {
    grep -q "$1" out
}

# refused WHAT: the last command has failed with status 1 and says so, to the log too
refused() {
    echo "status $status: $output ${stderr:-}"
    [[ $status -eq 1 ]]
    tail -n 1 oci.log | jq -e --arg what "$1" '.level == "error" and (.msg | contains($what))'
}

# what a container may leave: its state, its cgroups, its processes
container_leftovers() {
    find state -mindepth 1 2>/dev/null
    find /sys/fs/cgroup -type d -name "$id*" 2>/dev/null
    ps -eo pid=,args= | grep -F "$PWD/state/" | grep -v grep
}

no_container_left() {
    [[ -z $(container_leftovers) ]]
}

check_no_container_left() {
    within no_container_left || {
        container_leftovers
        return 1
    }
}

@test "the container's process is the supervisor, whose pid is in the pid file" {
    create
    cat err
    [[ $(ps -o comm= -p "$(<pid)") == supervisor ]]
    [[ $(oci state "$id" | jq .pid) == "$(<pid)" ]]
    oci ps "$id" | grep supervisor
}

@test "who enters the container's process finds none of the host's files, and leaves none there" {
    need_root "make mount namespaces"
    create
    oci start "$id"
    within said up
    local pid
    for pid in $(oci ps "$id" | awk '$2 ~ /^(supervisor|janitor)$/ { print $1 }'); do
        [[ -z $(ls -A "/proc/$pid/root/") ]]
        run -1 touch "/proc/$pid/root/file"
        [[ $output == *"Read-only file system"* ]]
    done
    [[ $pid -gt 0 && $pid != "$(<pid)" ]] # there was a janitor, too
}

@test "of a directory that cannot be made, the message says which one above it fails" {
    touch file
    run "$OCI" --root "$PWD/file/states" create --bundle bundle "$id"
    [[ $status -eq 1 && $output == "sparkler-oci: cannot make the directory $PWD/file/states: $PWD/file/states: Not a directory" ]]
    SPARKLER_OCI_CACHE=/proc/none/cache run "$OCI" image "$stage/tree"
    [[ $status -eq 1 && $output == "sparkler-oci: cannot make the directory /proc/none/cache: /proc/none: "* ]]
}

@test "what cannot be done with a container, and why" {
    local command
    for command in start kill delete state; do
        run oci $command "$id"
        refused "container $id does not exist"
    done
    run oci state
    refused "expected a container ID"
    create
    run oci create --bundle bundle "$id"
    refused "a container with the ID $id already exists"
    run oci delete "$id"
    refused "it is created, not stopped"
    oci start "$id"
    run oci start "$id"
    refused "it is running, not created"
    run oci delete "$id"
    refused "it is running, not stopped"
    oci kill "$id" KILL
    within is stopped
    run oci start "$id"
    refused "cannot start container $id: it has ended"
    run oci kill "$id" TERM
    refused "container not running: $id is stopped"
}

@test "--help, also behind a command" {
    local command
    for command in create run start state kill delete list ps events features image cache exec; do
        run -0 oci $command --help
        [[ $output == "usage: sparkler-oci "* ]]
    done
}

@test "messages: no escape sequence reaches a terminal, and a log's entry is JSON, whatever is named" {
    bundle 'echo no' '.annotations["sparkler.\u001b[31mä\u009b"] = "1"'
    run oci create --bundle bundle "$id"
    refused "annotation sparkler.?[31mä??=1: no such name"
    run oci create --bundle $'a\xff' "$id"
    refused "cannot find the bundle a?"
    run oci create --bundle "$(printf '"%.0s' {1..4000})" "$id"
    refused "cannot find the bundle"
}

@test "messages: a standard error that is closed is no file that we open" {
    run oci state "$id" 2>&-
    [[ $(wc -l <oci.log) -eq 1 ]]
    refused "container $id does not exist"
}

@test "an ID is a plain name" {
    local bad
    for bad in .. "a b" "$(printf '%0300d' 0)"; do
        run oci create --bundle bundle "$bad"
        refused "container ID"
        run oci state "$bad"
        refused "container ID"
    done
}

@test "list: all containers, and nothing else that is in --root" {
    id=.$id
    create
    mkdir "state/no ID"
    touch state/file
    ln -s /etc state/link
    run -0 oci list --quiet
    [[ $output == "$id" ]]
    run oci state file
    refused "container file does not exist"
    rm -r state/file state/link "state/no ID"
}

@test "list: no container has ever been there, or --root is not a directory" {
    run -0 oci list --quiet
    [[ $output == "" ]]
    run oci list "$id"
    refused "list: takes no arguments"
    run -1 bash -c '"$@" >/dev/full' - "$OCI" --root "$PWD/state" list
    [[ $output == "sparkler-oci: cannot write to standard output: No space left on device" ]]
    touch state
    run oci list
    refused "cannot list the containers in $PWD/state: Not a directory (--root)"
}

@test "start: what has ended before says why" {
    create
    local vmm
    vmm=$(oci ps "$id" | awk '$2 ~ /^sparkler-(vmm|linux)$/ { print $1 }')
    kill -KILL "$vmm"
    within is stopped
    run oci start "$id"
    refused "it has ended: jailer: sparkler-vmm was killed by signal 9"
}

@test "kill: signals by name and number, as the program has them" {
    # as the shell inside has them
    bundle 'for signal in 1 2 3 10 12 28 29 37 40 64; do trap "echo got $signal" $signal; done
        trap "exit 7" TERM; echo up; while :; do sleep 0.1; done'
    oci run --bundle bundle "$id" </dev/null >out 2>err 3>&- &
    supervisor=$!
    within said up
    local signal
    for signal in HUP:1 INT:2 QUIT:3 USR1:10 SIGUSR2:12 WINCH:28 sigio:29 RTMIN+3:37 40:40 SIGRTMAX:64; do
        oci kill "$id" "${signal%:*}"
        within said "got ${signal#*:}\$"
    done
    oci kill "$id"
    vm_wait
    [[ $status -eq 7 ]]
    check_no_container_left
}

@test "kill: what is no signal, and what reaches no program" {
    create
    local bad
    for bad in NONE 0 -1 65 32 33 SIGRTMIN+40 RTMAX+1 9x ""; do
        run oci kill "$id" "$bad"
        [[ $status -eq 1 ]]
    done
    for bad in STOP CONT CHLD ALRM PIPE; do
        run oci kill "$id" "$bad"
        refused "cannot signal container $id: SIG$bad reaches no program in a VM"
    done
    oci kill "$id" WINCH # which does nothing to a program that has not asked for it
    oci kill "$id" URG
    sleep 0.2
    is created
}

@test "run: shows what the VM said of its end" {
    bundle 'echo no' ".mounts = [{destination: \"/$(printf 'd%.0s' {1..300})\", type: \"tmpfs\"}]"
    run -125 --separate-stderr oci run --bundle bundle "$id"
    [[ -z $output && $stderr == "sparkler-vmm: guest: /ddd"*" cannot be set up: "* ]]
}

@test "run: passes on a signal, and hooks block none" {
    bundle 'trap "echo got; exit 7" TERM; echo up; while :; do sleep 0.1; done' \
        '.hooks.poststart = [{path: "/bin/grep", args: ["grep", "SigBlk", "/proc/self/status"]}]'
    "$OCI" --root "$PWD/state" --config "$stage/settings.json" run --bundle bundle "$id" \
        </dev/null >out 2>err 3>&- &
    supervisor=$!
    within said up
    kill -TERM "$supervisor"
    vm_wait
    [[ $status -eq 7 ]]
    said got
    said 'SigBlk:.0000000000000000'
    check_no_container_left
}

@test "memory: the guest's is the engine's limit; the cgroups have more" {
    bundle 'while read -r name size unit; do [ "$name" != MemTotal: ] || echo "$size"; done </proc/meminfo' \
        '.linux.resources.memory.limit = 67108864'
    run -0 --separate-stderr oci run --bundle bundle "$id"
    echo "$output"
    [[ $output -le 65536 && $output -gt 49152 ]]
}

@test "the supervisor and all others are in the cgroup of the container; CPU limits are its" {
    need_root "make cgroups"
    local quota=', quota: 50000, period: 100000'
    [[ -e /sys/fs/cgroup/cpu/cpu.cfs_quota_us || ! -d /sys/fs/cgroup/cpu ]] || quota=
    bundle 'exec sleep 1000' ".linux.resources.cpu = {shares: 512$quota}"
    create
    oci start "$id"
    local pid
    for pid in $(oci ps --format json "$id" | jq '.[]'); do
        grep -q "/$id" "/proc/$pid/cgroup"
    done
    if [[ -d /sys/fs/cgroup/cpu ]]; then
        [[ $(<"/sys/fs/cgroup/cpu/$id/cpu.shares") == 512 ]]
        [[ -z $quota || $(cat "/sys/fs/cgroup/cpu/$id/"*.vmm/cpu.cfs_quota_us) == 50000 ]]
    else
        [[ $(cat "/sys/fs/cgroup/$id/"*.vmm/cpu.max) == "50000 100000" ]]
    fi
}

@test "cgroupsPath of systemd's form: systemd makes the scope, in a slice of a slice" {
    need_root "make cgroups"
    mkdir bin
    cp "$root/tests/probes/busctl" bin
    local slice=sparklertest$$ scope
    scope=$slice.slice/$slice-inner.slice/box-$id.scope
    bundle 'echo up; exec sleep 1000' ".linux.cgroupsPath = \"$slice-inner.slice:box:$id\""
    SCOPE=$scope PATH=$PWD/bin:$PATH create
    cat err busctl.log
    grep "StartTransientUnit ssa(sv)a(sa(sv)) box-$id.scope fail .* Slice s $slice-inner.slice Delegate b true .* PIDs au 1 $(<pid) 0" busctl.log
    grep -q "/$scope" "/proc/$(<pid)/cgroup"
    oci start "$id"
    within said up
    oci delete --force "$id"
    # on v2 a scope is systemd's to remove, once it is empty
    [[ ! -d /sys/fs/cgroup/cpu ||
        -z $(find /sys/fs/cgroup -name "box-$id.scope" -not -path "*/unified/*") ]]
    # of which the janitor may be the last to go
    within find /sys/fs/cgroup -depth -type d \( -name "box-$id.scope" -o -name "$slice*" \) -exec rmdir {} +
    check_no_container_left
}

@test "cgroupsPath of systemd's form, with a systemd that is there" {
    systemd_start "$stage" "$BATS_TEST_TMPDIR"
    [ -z "$systemd_missing" ] || skip "$systemd_missing"
    bundle 'echo up; exec sleep 1000' ".linux.cgroupsPath = \"machine.slice:box:$id\""
    cat >life <<END
set -ex
oci() { "$OCI" --root "$PWD/state" --config "$stage/settings.json" --systemd-cgroup "\$@"; }
oci create --bundle bundle --pid-file pid "$id" </dev/null >out
grep "/machine.slice/box-$id.scope" /proc/\$(cat pid)/cgroup
systemctl is-active "box-$id.scope"
oci start "$id"
oci events --stats "$id" | grep '"current":[4-9]'
oci delete --force "$id"
timeout $DEADLINE sh -c 'while find /sys/fs/cgroup -name "\$0" | grep .; do sleep 0.1; done' "box-$id.scope"
! systemctl is-active "box-$id.scope"
END
    inside bash life
}

@test "cgroupsPath of systemd's form: malformed, without systemd, and a systemd that refuses" {
    need_root "make cgroups"
    local bad
    for bad in a.slice:b a:b:c .slice:b:c a.slice:b: "a.slice:b:c d" a.slice:b:c/../d; do
        refuses ".linux.cgroupsPath = \"$bad\"" "expected systemd's form, SLICE:PREFIX:NAME"
    done
    mkdir bin
    printf '#!/bin/sh\nexit 1\n' >bin/busctl
    chmod +x bin/busctl
    PATH=$PWD/bin:$PATH refuses ".linux.cgroupsPath = \"a.slice:b:$id\"" \
        "systemd does not make the scope b-$id.scope: busctl failed with status 1"
    bundle 'echo no' ".linux.cgroupsPath = \"a.slice:b:$id\""
    PATH=$PWD/none run oci create --bundle bundle "$id"
    refused "there is no busctl; have the engine make cgroups itself"
    check_no_container_left
}

@test "events --stats: what the VM uses" {
    need_root "make cgroups"
    create
    oci start "$id"
    within said up
    oci events --stats "$id" | jq -e '.type == "stats" and .data.memory.usage.usage > 0 and
        .data.cpu.usage.total > 0 and .data.pids.current >= 4'
}

@test "features, and exec and the like, which say why not" {
    oci features | jq -e '.ociVersionMin == "1.0.0" and .linux.cgroup.v2'
    run oci exec "$id" sh
    refused "a VM has one program"
    for command in pause resume update checkpoint restore; do
        run oci $command "$id"
        refused "$command: a VM cannot do that"
    done
    run oci frobnicate
    refused "frobnicate: no such command"
}

# refuses FILTER WHAT: the bundle, with that change to config.json, and keeps no state; whoever calls it
# ends with check_no_container_left
refuses() {
    bundle 'echo no' "$1"
    run oci create --bundle bundle "$id"
    refused "$2"
    [[ -z $(ls state 2>/dev/null) ]]
}

@test "config.json: what a VM cannot give is refused, and named" {
    refuses '.linux.namespaces = []' "linux.namespaces: without one of type network"
    refuses '.linux.devices = [{path: "/dev/kvm", type: "c", major: 10, minor: 232}]' \
        "linux.devices[0]: a VM has no device /dev/kvm"
    refuses '.mounts = [{destination: "/proc", type: "proc"},
                        {destination: "/data", type: "bind", source: "/tmp", options: ["rbind", "rw"]}]' \
        "mounts[1]: /data is writable, and a VM cannot write to the host; mount it read-only"
    refuses '.mounts = [{destination: "/data", type: "nfs", source: "host:/"}]' \
        "mounts[0]: /data: a VM cannot mount nfs"
    refuses '.hooks.startContainer = [{path: "/bin/true"}]' "hooks.startContainer: a hook cannot run inside"
    refuses '.linux.rootfsPropagation = "shared"' "linux.rootfsPropagation: shared"
    refuses '.linux.resources.memory.limit = 1000' "linux.resources.memory.limit: a VM needs at least 4 MiB"
    refuses '.linux.resources.memory.disableOOMKiller = true' "disableOOMKiller"
    refuses '.linux.cgroupsPath = "/a/../../b"' "'..' is not accepted"
    refuses '.ociVersion = "2.0.0"' "ociVersion: 2.0.0: only versions 1.x"
    refuses 'del(.linux)' "linux: missing"
    refuses '.annotations["sparkler.nonsense"] = "1"' "annotation sparkler.nonsense=1: no such name or value"
    refuses '.annotations["sparkler.samples"] = "maybe"' "annotation sparkler.samples=maybe: no such name or value"
    refuses '.annotations["sparkler.without"] = "network,air"' "sparkler.without: air"
    check_no_container_left
}

@test "a network namespace of the engine's: only one that has no interface" {
    need_root "make network namespaces"
    ip netns add "$id"
    bundle 'echo fine' ".linux.namespaces = [{type: \"network\", path: \"/run/netns/$id\"}]"
    run --separate-stderr oci run --bundle bundle "$id"
    local alone=$output
    ip -n "$id" link add veth0 type veth peer name veth1
    run oci create --bundle bundle "$id"
    ip netns delete "$id"
    [[ $alone == fine ]]
    refused "the network namespace /run/netns/$id has an interface"
    [[ $output == *"sparkler.without=network"*'"without": ["network"]'* ]]
    run oci create --bundle bundle "$id"
    refused "cannot look into the network namespace /run/netns/$id: No such file"
    mkfifo fifo
    refuses ".linux.namespaces = [{type: \"network\", path: \"$PWD/fifo\"}]" \
        "cannot look into the network namespace $PWD/fifo: Invalid argument"
    check_no_container_left
}

@test "mounts: in /proc and /sys the guest has its own" {
    echo "the host's" >file
    bundle 'cat /proc/version; echo fine' '.mounts = [
        {destination: "/proc/version", source: "'"$PWD"'/file", options: ["bind", "ro"]},
        {destination: "/sys/fs/cgroup/systemd", source: "/sys/fs/cgroup/systemd", options: ["bind", "rw"]}]'
    run -0 --separate-stderr oci run --bundle bundle "$id"
    [[ $output == "Linux version "*fine ]]
}

@test "hostname: an empty one is none, as for other runtimes" {
    bundle 'hostname' '.hostname = ""'
    run -0 --separate-stderr oci run --bundle bundle "$id"
    [[ -n $output ]]
}

@test "sparkler.without: what a container asks for and goes without" {
    bundle 'echo fine' '
        .linux.namespaces = [] | .annotations["sparkler.without"] = "network, mounts devices,hooks" |
        .linux.devices = [{path: "/dev/kvm"}] | .hooks.startContainer = [{path: "/bin/false"}] |
        .mounts = [{destination: "/data", type: "bind", source: "/tmp", options: ["rbind"]}]'
    run -0 --separate-stderr oci run --bundle bundle "$id"
    [[ $output == fine ]]
}

@test "the administrator's settings say what every container goes without" {
    echo '{"annotation_paths": true, "without": ["network"]}' >settings.json
    bundle 'echo fine' '.linux.namespaces = []'
    run -0 --separate-stderr oci --config settings.json run --bundle bundle "$id"
    [[ $output == fine ]]
    local bad
    for bad in '{"without": ["air"]}' '{"without": "network"}' '[]' '{' ''; do
        echo "$bad" >settings.json
        run oci --config settings.json run --bundle bundle "$id"
        refused "settings.json: "
    done
    run oci --config none.json run --bundle bundle "$id"
    refused "cannot read the settings none.json"
}

@test "the largest config.json has a state that can be read" {
    bundle 'exec sleep 1000'
    jq --arg text "$(printf '/%.0s' {1..100000})" '.annotations += ([range(40) | {"a\(.)": $text}] | add)' \
        bundle/config.json >large
    mv large bundle/config.json
    create
    is created
    oci delete --force "$id"
    check_no_container_left
}

@test "an annotation's author cannot name the host's files, unless the administrator allows it" {
    need_root "be the administrator"
    echo '{}' >settings.json
    local bad
    for bad in "$stage/root.erofs" ../root a/b .hidden ""; do
        bundle 'echo no' ".annotations[\"sparkler.root\"] = \"$bad\""
        run oci --config settings.json create --bundle bundle "$id"
        refused "annotation sparkler.root: $bad: expected the name of a file in /var/lib/sparkler/images"
    done
    for bad in /etc/shadow ../x ""; do
        bundle 'echo no' ".annotations[\"sparkler.feeds\"] = \"$bad\" | .annotations[\"sparkler.root\"] = \"none\""
        run oci --config settings.json create --bundle bundle "$id"
        refused "annotation sparkler.feeds: $bad: expected the name of a file in /etc/sparkler/feeds.d"
        bundle 'echo no' ".annotations[\"sparkler.credential.key\"] = \"$bad\" | .annotations[\"sparkler.root\"] = \"none\""
        run oci --config settings.json create --bundle bundle "$id"
        refused "expected the name of a file in /etc/sparkler/credentials.d"
    done
}

@test "config.json: no JSON, wrong types, missing and too much" {
    local bad
    for bad in '' '{' '[]' 'null' '1' '{} {}' '{"a": "\u0000"}' "$(printf '[%.0s' {1..100})"; do
        printf %s "$bad" >bundle/config.json
        run oci create --bundle bundle "$id"
        refused "config.json: "
    done
    printf '{"process": ' >bundle/config.json
    run oci create --bundle bundle "$id"
    refused "config.json: not JSON: it is cut short after byte 12"
    refuses '.process.args = []' "process.args: missing or empty"
    refuses 'del(.annotations) | .root.path = "none"' "bundle/none"
    refuses 'del(.process)' "process.args: missing or empty"
    refuses '.process = 1' "process.args: one of the values on the way to it is not an object"
    refuses '.process.args = "sh"' "process.args: expected an array"
    refuses '.process.args = [1]' "process.args[0]: expected a string"
    refuses '.process.args = ["a\u0000b"]' "process.args[0]: has a NUL byte inside"
    refuses '.process.args = [range(5000) | "x"]' "process.args: has 5000 elements"
    refuses '.process.env = ["A"]' "A: expected NAME=VALUE"
    refuses '.process.cwd = "here"' "process.cwd: expected an absolute path"
    refuses '.process.user.uid = -1' "process.user.uid: expected a number"
    refuses '.process.user.uid = "root"' "process.user.uid: expected a whole number"
    refuses '.process.rlimits = [{type: "NOFILE"}]' "process.rlimits[0].type: expected RLIMIT_"
    refuses '.process.rlimits = [{type: "RLIMIT_NONE"}]' "--rlimit none"
    refuses 'del(.root)' "root.path: missing"
    refuses '.mounts = [range(3000) | {destination: "/a", type: "tmpfs"}]' "mounts: has 3000 elements"
    refuses '.mounts = [range(60) | {destination: "/a\(.)", type: "tmpfs"}]' "at most 48 mounts"
    refuses '.mounts = [{destination: "/a/../../etc", type: "tmpfs"}]' "mounts[0].destination"
    refuses '.mounts = [{destination: "a", type: "tmpfs"}]' "mounts[0].destination"
    refuses '.annotations.a = 1' "annotations.a: expected a string"
    refuses '.hooks.prestart = [{path: "true"}]' "hooks.prestart[0].path: expected an absolute path"
    refuses '.hooks.prestart = [{path: "/bin/true", timeout: -1}]' "hooks.prestart[0].timeout"
    refuses '.hooks.prestart = {}' "hooks.prestart: expected an array"
    rm bundle/config.json
    run oci create --bundle bundle "$id"
    refused "cannot read $PWD/bundle/config.json: No such file"
    head -c 5000000 /dev/zero >bundle/config.json
    run oci create --bundle bundle "$id"
    refused "cannot read $PWD/bundle/config.json: File too large"
    ln -sf /etc/passwd bundle/config.json
    run oci create --bundle bundle "$id"
    refused "cannot read $PWD/bundle/config.json"
    run oci create --bundle none "$id"
    refused "cannot find the bundle none"
    mkdir gone
    run bash -c 'cd gone && rmdir ../gone && exec "$OCI" create "$1"' - "$id"
    [[ $status -eq 1 && $output == *"cannot find the bundle . (--bundle): "* ]]
    check_no_container_left
}

@test "a set-up that fails in the jailer says why in the engine's log, and leaves nothing" {
    refuses '.annotations["sparkler.root"] = "/none.erofs"' "cannot open the image /none.erofs"
    refuses '.annotations["sparkler.mem"] = "lots"' "--mem lots: expected"
    refuses '.annotations["sparkler.feeds"] = "/etc/passwd"' "/etc/passwd"
    bundle 'echo no' '.process.env = ["A=\("x" * 200000)"]'
    run oci create --bundle bundle "$id"
    [[ $status -eq 1 && $output == "sparkler-oci: cannot execute "*"/jailer: Argument list too long" ]]
    check_no_container_left
}

@test "a limit of open files that is too low: create and image say what they need, and leave nothing" {
    local drop=() limit command
    ((UID)) || drop=(setpriv --bounding-set -sys_resource)
    for limit in {10..127}; do # the loader needs some
        for command in "create --bundle bundle $id" "image $stage/tree"; do
            # shellcheck disable=SC2086 # words
            run "${drop[@]}" bash -c 'ulimit -n "$0" && exec "$@"' "$limit" "$OCI" --root "$PWD/state" \
                --config "$stage/settings.json" --log "$PWD/oci.log" --log-format json $command
            refused "cannot start a jail: it needs 128 open files, and this user's limit is $limit; "
        done
    done
    check_no_container_left
}

@test "a set-up that fails in the VMM, the last process to be ready, fails create" {
    ulimit -v 2000000 # KiB, which the VMM inherits
    refuses '.annotations["sparkler.mem"] = "4G"' \
        "sparkler-vmm: cannot map the guest's memory of 4294967296 bytes"
    check_no_container_left
}

# with_tree: the bundle's root is a directory, of which create makes an image
with_tree() {
    rm -rf bundle/rootfs
    cp -r "$stage/tree" bundle/rootfs
}

@test "mounts: what is only read is a copy; a tmpfs has its size; links in the root lead nowhere" {
    with_tree
    mkdir -p data/inner
    echo one >data/inner/one
    echo two >two
    : >nothing
    ln -s /etc bundle/rootfs/trap
    mkdir -p bundle/rootfs/etc
    echo of the image >bundle/rootfs/etc/hosts
    bundle 'cat /data/inner/one /two; echo x >/data/y; cat /trap/passwd; echo x >/new/file && df /new | tail -n 1
        stat -c "%a %u %g" /new; cat /bin/echo | wc -c; echo x >/bin/x
        cat /etc/hosts' '
        del(.annotations) | .mounts = [
            {destination: "/proc", type: "proc", source: "proc"},
            {destination: "/data", type: "bind", source: "'"$PWD"'/data", options: ["rbind", "ro"]},
            {destination: "/two", source: "'"$PWD"'/two", options: ["bind", "ro"]},
            {destination: "/etc/hosts", type: "bind", source: "'"$PWD"'/nothing"},
            {destination: "/new", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "noexec", "size=64k", "mode=0710", "uid=5", "gid=6"]},
            {destination: "/bin", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "rprivate"]}]'
    run --separate-stderr oci run --bundle bundle "$id"
    echo "$output $stderr"
    [[ ${lines[0]} == one && ${lines[1]} == two && ${lines[2]} == *" 64 "* && ${lines[3]} == "710 5 6" ]]
    [[ ${lines[4]} -eq $(stat -c %s "$stage/tree/bin/busybox") && ${#lines[@]} -eq 5 ]]
    [[ $stderr == *"/data/y"*"Read-only"* && $stderr == *"/trap/passwd"*"No such file"* ]]
    [[ $(<two) == two && ! -e data/y ]]
    refuses '.mounts = [{destination: "/a", source: "/none", options: ["bind", "ro"]}]' "/none"
    refuses '.mounts = [{destination: "/a", source: "/dev/null", options: ["bind", "ro"]}]' "/dev/null"
    local option
    for option in size= size=1x mode=9 mode=777777 uid=-1 uid=root acl; do
        refuses ".mounts = [{destination: \"/a\", type: \"tmpfs\", options: [\"ro\", \"$option\"]}]" \
            "mounts[0].options: $option: a tmpfs in a VM cannot have that"
    done
    check_no_container_left
}

@test "annotations: feeds, samples, a record, a credential" {
    cat >feeds.json <<'END'
{"feeds": [{"name": "word", "ports": {"0x100": {}}, "url": "https://a.invalid/", "format": "text",
            "sample": "a sample"}]}
END
    echo secret >key
    bundle 'cat /feeds/word' '.annotations["sparkler.samples"] = "true" |
        .annotations["sparkler.feeds"] = "'"$PWD"'/feeds.json" |
        .annotations["sparkler.credential.key"] = "'"$PWD"'/key" |
        .annotations["sparkler.record"] = "'"$PWD"'/record"'
    run --separate-stderr oci run --bundle bundle "$id"
    echo "$status $output $stderr"
    [[ $status -eq 0 && $output == *"a sample"* ]]
    grep -q word record
}

# as_user COMMAND...: as an ordinary user with a directory and a bundle of their own
as_user() {
    mkdir -p "$stage/user"
    cp -r bundle "$stage/user"
    [[ $(id -u) != 0 ]] || chown -R "$VM_UID:$VM_UID" "$stage/user"
    (cd "$stage/user" && run_as_user "$OCI" --root "$stage/user/state" "$@")
}

@test "an ordinary user's container: without cgroups, and with any file of theirs" {
    bundle 'echo out; exit 5'
    run --separate-stderr as_user run --bundle bundle "$id"
    echo "$output $stderr"
    [[ $status -eq 5 && $output == out ]]
    bundle 'echo up; exec sleep 1000'
    as_user create --bundle bundle --pid-file pid "$id" </dev/null >out 2>err 3>&-
    [[ $(as_user state "$id" | jq --raw-output .status) == created ]]
    as_user start "$id"
    within said up
    as_user kill "$id" KILL
    [[ $(as_user state "$id" | jq --raw-output .id) == "$id" ]]
    as_user delete --force "$id"
    [[ -z $(as_user list --quiet) ]]
}

@test "hooks: the log says which has failed, and how" {
    refuses '.hooks.prestart = [{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}]' "a hook has failed"
    grep "sh of prestart failed with status 3" oci.log
    refuses '.hooks.createRuntime = [{path: "/none"}]' "a hook has failed"
    grep "none of createRuntime failed with status 127: is it there?" oci.log
    refuses '.hooks.createRuntime = [{path: "/etc/passwd"}]' "a hook has failed"
    grep "passwd of createRuntime failed with status 126: may it be executed?" oci.log
    refuses '.hooks.createContainer = [{path: "/bin/sleep", args: ["sleep", "1000"], timeout: 1}]' "a hook has failed"
    grep "sleep of createContainer was ended after 1 s, its timeout" oci.log
    check_no_container_left
}

@test "hooks: while one hangs the container is creating; with a create that is killed it ends" {
    bundle 'echo no' '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo $$; exec sleep 100"]}]'
    "$OCI" --root "$PWD/state" --config "$stage/settings.json" create --bundle bundle "$id" \
        </dev/null >out 2>err 3>&- &
    local create=$! hook
    within grep -q . out
    hook=$(<out)
    is creating
    run oci events --stats "$id"
    refused "cannot tell what container $id uses: it is creating"
    run oci kill "$id"
    refused "container not running: $id is creating"
    kill -KILL "$create"
    within gone "$hook"
    check_no_container_left
}

@test "--console-socket: what is wrong with it" {
    run oci create --bundle bundle --console-socket socket "$id"
    refused "process.terminal is false"
    refuses '.process.terminal = true' "--console-socket must be given"
    run oci create --bundle bundle --console-socket none "$id"
    refused "cannot connect to none (--console-socket)"
    check_no_container_left
}

# killed_at CALL NUMBER: create is killed when it enters this system call for the NUMBERth time;
# fails if it never did
killed_at() {
    local status=0
    timeout --foreground --kill-after 2 $((3 * DEADLINE)) strace --output /dev/null --trace "$1" \
        --inject "$1:signal=KILL:when=$2" "$OCI" --root "$PWD/state" \
        --config "$stage/settings.json" create --bundle bundle "$id" </dev/null >out 2>err 3>&- ||
        status=$?
    [[ $status -eq 137 ]]
}

# settled: what was killed at the very end may have become a container; what is not will go
settled() {
    [[ $(status) != created ]] || oci delete --force "$id"
    [[ -z $(oci list --quiet) ]]
}

@test "kill -9 of create at every step leaves nothing, or a container" {
    local call number
    for call in mkdirat mkdir mknodat openat fork vfork clone clone3 read write renameat sendto; do
        number=1
        while killed_at "$call" "$number"; do
            number=$((number + 1))
            [[ -z $(oci list --quiet) ]] || within settled # list removes a directory without a state
            check_no_container_left
        done
        echo "$call: killed at $((number - 1)) of them"
        oci delete --force "$id"
    done
}

@test "a container is stopped when its process has ended, though nobody has reaped it yet" {
    run timeout $((2 * DEADLINE)) python3 -c 'if True:
        import ctypes, json, subprocess, sys, time
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        runtime, name = sys.argv[1:-1], sys.argv[-1]
        oci = lambda *words: subprocess.run([*runtime, *words], check=True, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE if words[0] == "state" else None)
        oci("create", "--bundle", "bundle", name)
        pid = json.loads(oci("state", name).stdout)["pid"]
        oci("kill", name, "KILL")
        while json.loads(oci("state", name).stdout)["status"] != "stopped":
            time.sleep(0.02)
        print(open(f"/proc/{pid}/stat").read().split()[2])
        oci("delete", name)
    ' "$OCI" --root "$PWD/state" --config "$stage/settings.json" "$id"
    echo "$output"
    [[ $status -eq 0 && $output == Z ]]
    check_no_container_left
}

@test "kill -9 of any process of the VM ends the container, and delete leaves nothing" {
    local number pid
    for number in 0 1 2 3; do
        create
        oci start "$id"
        within said up
        pid=$(oci ps --format json "$id" | jq ".[$number]")
        [[ $pid != null ]] || break
        kill -KILL "$pid"
        within is stopped
        oci delete "$id"
        check_no_container_left
    done
    [[ $number -gt 2 ]]
}

@test "a program that is not found, or cannot be executed: 127, 126, and its standard error says so" {
    bundle 'exit 0' '.process.args = ["none"]'
    run -127 oci run --bundle bundle "$id"
    [[ $output == "sparkler: none: not found"* ]]
    bundle 'exit 0' '.process.args = ["/bin"]'
    run -126 oci run --bundle bundle "$id"
    [[ $output == "sparkler: /bin: may not be executed"* ]]
}

@test "many at once: each command is right" {
    local number pids=()
    for ((number = 0; number < 12; number++)); do
        oci create --bundle bundle "$id" </dev/null >/dev/null 2>&1 3>&- &
        pids+=($!)
    done
    local created=0
    for number in "${pids[@]}"; do
        ! wait "$number" || created=$((created + 1))
    done
    [[ $created -eq 1 ]]
    is created
    for ((number = 0; number < 4; number++)); do
        oci delete --force "$id" &
    done
    wait
    check_no_container_left
}
