# The rules of the OCI runtime specification, by the runtime's command line alone: those that the
# lifecycle programs of opencontainers/runtime-tools check, and what runc's callers add to them.

bats_require_minimum_version 1.5.0

load oci/lib

setup_file() {
    oci_stage
}

teardown_file() {
    oci_unstage
}

setup() {
    id=rules-$BATS_TEST_NUMBER-$$
    ! ours_is_tested || need_kvm
    [ "$(id -u)" = 0 ] || ours_is_tested || skip "only root can have $OCI_RUNTIME make a container"
    cd "$BATS_TEST_TMPDIR"
    export SPARKLER_OCI_CACHE=$stage/cache
    config sh -c 'echo up; while :; do sleep 0.1; done'
}

teardown() {
    runtime delete --force "$id" 2>/dev/null || true
    [[ -z $(ls state 2>/dev/null) ]]
    id_is_gone "$id"
}

# id_is_gone ID: neither a process nor a cgroup has it in its name
id_is_gone() {
    within no_trace "$1"
}

no_trace() {
    [[ -z $(pgrep -f -- "$stage/jailer .*$1") && -z $(find /sys/fs/cgroup -type d -name "*$1*" 2>/dev/null) ]]
}

runtime() {
    timeout --foreground --kill-after 2 $((3 * DEADLINE)) "$runtime" --root "$PWD/state" "$@" 3>&-
}

# config COMMAND...: config.json of a bundle, the current directory
config() {
    local argument
    for argument; do
        jq -n --arg argument "$argument" '$argument'
    done | jq --slurp --arg root "$images/busybox" '{
        ociVersion: "1.0.2",
        process: {args: ., cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0}},
        root: {path: $root, readonly: true},
        mounts: [{destination: "/proc", type: "proc", source: "proc"},
                 {destination: "/dev", type: "tmpfs", source: "tmpfs"},
                 {destination: "/dev/pts", type: "devpts", source: "devpts",
                  options: ["newinstance", "ptmxmode=0666"]},
                 {destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777"]}],
        linux: {namespaces: [{type: "pid"}, {type: "mount"}, {type: "ipc"}, {type: "uts"},
                             {type: "network"}]}
    }' >config.json
}

# edit FILTER [OPTION...]: changes it, by jq
edit() {
    jq "${@:2}" "$1" config.json >edited
    mv edited config.json
}

# create [OPTION...]: the container, whose output goes to ./out; what the runtime says, to ./said
create() {
    runtime --log "$PWD/said" create "$@" "$id" >out 2>&1 </dev/null
}

start() {
    create
    runtime start "$id"
}

status() {
    runtime state "$id" 2>/dev/null | jq --raw-output .status
}

status_is() {
    [[ $(status) == "$1" ]]
}

end() {
    runtime kill "$id" KILL
    within status_is stopped
}

# refused WHAT...: the runtime's command fails with an error that says something of it
refused() {
    run ! runtime "$@"
    [[ -n $output ]]
}

# no_container REGEX: it cannot be created, for that reason, and nothing is left
no_container() {
    run ! create
    cat said out
    grep -iE -- "$1" said
    refused state "$id"
    [[ -z $(ls state) ]]
    id_is_gone "$id"
}

@test "create: an ID is needed, and has to be unique" {
    refused create
    create
    status_is created
    run ! create
    status_is created
    end
    run ! create
    runtime delete "$id"
    create
    status_is created
}

@test "create: an ID is a name, no path" {
    local bad
    for bad in ../x a/b . .. ''; do
        run ! runtime create "$bad" </dev/null
    done
    [[ -z $(ls state) ]]
}

@test "create: without a bundle or config.json there is no container" {
    run ! runtime create --bundle "$PWD/none" "$id"
    rm config.json
    no_container 'config.json'
}

@test "create: the program does not run before start" {
    create
    sleep 0.5
    [[ ! -s out ]]
    runtime start "$id"
    within grep -q up out
}

@test "create: what comes to be in config.json later has no effect" {
    create
    config sh -c 'echo changed'
    runtime start "$id"
    within grep -q up out
    rm config.json
    [[ $(status) == running ]]
}

@test "state: an error without an ID, and of no container" {
    refused state
    refused state "$id"
}

@test "state: ociVersion, id, status, pid, bundle and annotations" {
    edit '.annotations = {"org.example.key": "value"}'
    create
    runtime state "$id" >state.json
    jq -e --arg id "$id" --arg bundle "$PWD" '.id == $id and .bundle == $bundle
        and .status == "created" and .annotations["org.example.key"] == "value"
        and (.ociVersion | startswith("1.")) and .pid > 1' state.json
    [[ -d /proc/$(jq .pid state.json) ]]
    runtime start "$id"
    within grep -q up out
    [[ $(runtime state "$id" | jq .pid) -eq $(jq .pid state.json) ]]
    end
    runtime state "$id" | jq -e '.status == "stopped" and (.pid // 0) == 0'
}

@test "start: an error without an ID, of no container, of one that runs or has stopped" {
    refused start
    refused start "$id"
    start
    within grep -q up out
    refused start "$id"
    status_is running
    end
    refused start "$id"
    status_is stopped
    [[ $(grep -c up out) -eq 1 ]]
}

@test "start: an error if there is no process" {
    edit 'del(.process)'
    if create; then
        refused start "$id"
    else
        cat said
        grep process said
    fi
}

@test "kill: an error without an ID, of no container, of one that has stopped, without an effect" {
    refused kill
    refused kill "$id" KILL
    start
    end
    runtime state "$id" >before
    refused kill "$id" KILL
    runtime state "$id" | diff before -
}

@test "kill: the signal reaches the program, by name, with SIG and by number" {
    config sh -c 'for s in TERM USR1 USR2 HUP; do trap "echo got $s" $s; done; echo up
        while :; do sleep 0.1; done'
    start
    within grep -q up out
    runtime kill "$id"
    within grep -q 'got TERM' out
    runtime kill "$id" USR1
    within grep -q 'got USR1' out
    runtime kill "$id" SIGUSR2
    within grep -q 'got USR2' out
    runtime kill --all "$id" 1
    within grep -q 'got HUP' out
    status_is running
    refused kill "$id" NONE
    status_is running
}

@test "kill: one that is only created can be killed" {
    create
    end
    runtime delete "$id"
    refused state "$id"
}

@test "delete: an error without an ID, of no container, of one that is created or runs" {
    refused delete
    refused delete "$id"
    create
    refused delete "$id"
    status_is created
    runtime start "$id"
    within grep -q up out
    refused delete "$id"
    status_is running
    end
    runtime delete "$id"
    refused state "$id"
}

@test "delete --force: of one that runs, and of none" {
    start
    runtime delete --force "$id"
    refused state "$id"
    runtime delete --force "$id"
}

@test "delete: what create made is gone, what was there before is not" {
    need_root "make cgroups"
    local parent=/sparkler-test-$$ mounts file
    mounts=$(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts)
    for file in $mounts; do [ ! -w "$file" ] || mkdir "$file$parent"; done
    edit '.linux.cgroupsPath = $path' --arg path "$parent/$id"
    start
    within grep -q up out
    [[ -n $(find /sys/fs/cgroup -path "*$parent/$id*" -name cgroup.procs -exec cat {} +) ]]
    end
    runtime delete "$id"
    [[ -z $(find /sys/fs/cgroup -path "*$parent/$id*" -type d) ]]
    for file in $mounts; do [ ! -w "$file" ] || rmdir "$file$parent"; done
}

@test "the pid file's process ends with the program's status, and is its caller's to reap" {
    local own
    for own in 0 1 42; do
        config sh -c "exit $own"
        run "$root/tests/oci/caller" true "$runtime" --root "$PWD/state" "$id"
        echo "$output"
        [[ $status -eq $own ]]
    done
    config sh -c 'while :; do sleep 0.1; done'
    run "$root/tests/oci/caller" "(sleep 1; $runtime --root $PWD/state kill $id KILL) &" \
        "$runtime" --root "$PWD/state" "$id"
    echo "$output"
    [[ $status -eq 137 ]]
}

@test "an annotation or a property that nobody knows is no error" {
    edit '.annotations = {"org.example.unknown": ""} | .unknown = "unknown"
        | .process.unknown = {a: [1, null]} | .linux.unknown = 1.5e3'
    start
    within grep -q up out
}

@test "config.json: no JSON, another version, a wrong type, no args, no cwd" {
    echo '{"ociVersion": ' >config.json
    no_container .
    local filter
    for filter in '.ociVersion = "invalid"' '.ociVersion = 7' 'del(.process.args)' 'del(.process.cwd)' \
        '.process.env = {}' '.mounts = {}'; do
        config true
        edit "$filter"
        echo "$filter"
        no_container .
    done
}

@test "errors have the form that --log-format asks for, and status 1" {
    edit '.process.args = []'
    run -1 runtime --log json --log-format json create "$id"
    tail -1 json | jq -e '.level == "error" and (.msg | length > 0) and (.time | length > 0)'
    run -1 runtime --log text --log-format text create "$id"
    grep args text
}

# hook NAME COMMAND: adds a hook
hook() {
    edit '.hooks[$name] += [{path: "/bin/sh", args: ["sh", "-c", $command]}]' \
        --arg name "$1" --arg command "$2"
}

@test "hooks: all are called, in their order" {
    config sh -c "echo program"
    local name
    for name in poststop poststart createContainer createRuntime prestart; do
        hook "$name" "echo $name 1 >>$PWD/hooks"
        hook "$name" "echo $name 2 >>$PWD/hooks"
    done
    create
    printf '%s\n' {prestart,createRuntime,createContainer}\ {1,2} | diff - hooks
    runtime start "$id"
    within status_is stopped
    printf '%s\n' {prestart,createRuntime,createContainer,poststart}\ {1,2} | diff - hooks
    runtime delete "$id"
    printf '%s\n' {prestart,createRuntime,createContainer,poststart,poststop}\ {1,2} | diff - hooks
    [[ $(<out) == program ]]
}

@test "hooks: the container's state is their input, and their environment their own" {
    edit '.annotations = {"org.example.key": "value"}'
    local name
    for name in prestart createRuntime createContainer poststart poststop; do
        hook "$name" "cat >$PWD/$name"
    done
    edit '.hooks.poststart[0].env = ["COLOUR=blue"]
        | .hooks.poststart[0].args[2] += "; env >" + $environment' --arg environment "$PWD/environment"
    start
    local pid
    pid=$(runtime state "$id" | jq .pid)
    end
    runtime delete "$id"
    for name in prestart createRuntime createContainer poststart poststop; do
        cat "$name"
        jq -e --arg id "$id" --arg bundle "$PWD" \
            '.id == $id and .bundle == $bundle and .annotations["org.example.key"] == "value"' "$name"
    done
    jq -e --argjson pid "$pid" '.pid == $pid' prestart createRuntime poststart
    jq -e '.status == "creating"' prestart createRuntime createContainer
    jq -e '.status == "running"' poststart
    jq -e '.status == "stopped"' poststop
    grep '^COLOUR=blue$' environment
    run ! grep ^HOME= environment
}

@test "hooks: one that fails before start is an error, and the container is gone" {
    local name
    for name in prestart createRuntime createContainer; do
        config true
        hook "$name" false
        hook "$name" "touch $PWD/second"
        no_container hook
        [[ ! -e second ]]
    done
}

# as versions 1.0 to 1.2 have it; from 1.3 on it is an error, as runc has always had it
@test "hooks: a poststart that fails is a warning, and the next is called" {
    hook poststart false
    hook poststart "touch $PWD/next"
    create
    runtime --log "$PWD/said" start "$id"
    cat said
    grep poststart said
    [[ -e next ]]
    status_is running
}

@test "hooks: a poststop that fails is a warning, and the next is called" {
    hook poststop false
    hook poststop "touch $PWD/next"
    start
    end
    runtime --log "$PWD/said" delete "$id"
    cat said
    grep poststop said
    [[ -e next ]]
}

@test "hooks: one that takes longer than its timeout is ended, and has failed" {
    hook prestart 'exec sleep 1000'
    edit '.hooks.prestart[0].timeout = 1'
    no_container hook
}

@test "the program has its arguments, environment, directory, user and name" {
    config sh -c 'printf "%s\n" "$@"; echo $COLOUR; pwd; id -u; id -g; id -G; hostname; umask' \
        sh one "two words" ""
    edit '.process.env += ["COLOUR=blue"] | .process.cwd = "/home/guest" | .hostname = "somewhere"
        | .process.user = {uid: 1000, gid: 100, additionalGids: [100, 7], umask: 18}'
    start
    within status_is stopped
    cat out
    [[ $(<out) == $'one\ntwo words\n\nblue\n/home/guest\n1000\n100\n100 7\nsomewhere\n0022' ]]
}

@test "umask: another than the usual one is an error" {
    need_ours "a program without umask(2) before it"
    edit '.process.user.umask = 63'
    no_container process.user.umask
}

@test "rlimits: they are the program's; one twice or of no such name is an error" {
    config sh -c 'ulimit -n; ulimit -H -n; ulimit -c'
    edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: 128}, {type: "RLIMIT_CORE",
        soft: 18446744073709551615, hard: 18446744073709551615}]'
    start
    within status_is stopped
    [[ $(<out) == $'64\n128\nunlimited' ]]
    runtime delete "$id"
    edit '.process.rlimits = [{type: "RLIMIT_NONE", soft: 64, hard: 128}]'
    no_container '(none|RLIMIT_NONE)'
}

@test "a root that is read-only, and one that is not" {
    config sh -c 'echo text >/file && cat /file'
    start
    within status_is stopped
    grep 'Read-only file system' out
    runtime delete "$id"
    ours_is_tested || cp -a "$images/busybox" rootfs
    [ -e rootfs ] || ln -s "$images/busybox" rootfs
    edit '.root = {path: "rootfs"}'
    start
    within status_is stopped
    [[ $(<out) == text && ! -e $images/busybox/file ]]
}

@test "terminal: its master comes by the console socket, with the size of consoleSize" {
    config sh -c 'tty; stty size; read line; echo "read $line"'
    edit '.process.terminal = true | .process.consoleSize = {height: 33, width: 77}'
    python3 - "$PWD/console" >terminal 3>&- <<'END' &
import array, os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
connection, _ = listener.accept()
_, [(level, kind, data)], _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
master, = array.array("i", data)
os.write(master, b"typed\n")
while True:
    try:
        text = os.read(master, 4096)
    except OSError:  # nobody has the other end any more
        break
    if not text:
        break
    sys.stdout.buffer.write(text)
END
    within test -S console
    create --console-socket "$PWD/console"
    runtime start "$id"
    within status_is stopped
    wait
    cat terminal
    grep '^/dev/' terminal
    grep '^33 77' terminal
    grep '^read typed' terminal
}

@test "terminal: without a console socket create is an error, and so is one without a terminal" {
    edit '.process.terminal = true'
    no_container .
    edit '.process.terminal = false'
    run ! create --console-socket "$PWD/none"
}

@test "run: create, start, wait and delete in one" {
    config sh -c 'read line; echo "read $line"; echo error >&2; exit 7'
    run -7 --separate-stderr runtime run "$id" <<<typed
    [[ $output == "read typed" && $stderr == error ]]
    refused state "$id"
}

@test "list, ps, events --stats, features, --version" {
    [[ -z $(runtime list --quiet) ]]
    start
    [[ $(runtime list --quiet) == "$id" ]]
    runtime list | grep -E "^$id +[0-9]+ +running +$PWD"
    runtime list --format json | jq -e --arg id "$id" '.[0].id == $id and .[0].status == "running"'
    runtime ps --format json "$id" | jq -e --argjson pid "$(runtime state "$id" | jq .pid)" 'index($pid)'
    runtime ps "$id" | grep PID
    runtime events --stats "$id" | jq -e --arg id "$id" '.id == $id and .type == "stats"'
    runtime features | jq -e '.ociVersionMin and .ociVersionMax and (.hooks | index("prestart"))'
    runtime --version | grep '^spec: 1\.'
}

@test "linux.resources: memory and CPU are the cgroup's limits" {
    need_root "make cgroups"
    edit '.linux.cgroupsPath = $path | .linux.resources = {memory: {limit: 67108864},
        cpu: {quota: 50000, period: 100000}}' --arg path "/sparkler-test-$$/$id"
    start
    within grep -q up out
    local files
    mapfile -t files < <(find /sys/fs/cgroup -path "*$id*" \( -name memory.limit_in_bytes -o -name memory.max \))
    grep -xE '[0-9]{8}' "${files[@]}"
    mapfile -t files < <(find /sys/fs/cgroup -path "*$id*" \( -name cpu.cfs_quota_us -o -name cpu.max \))
    grep -xE '50000( 100000)?' "${files[@]}"
    end
    runtime delete "$id"
    find /sys/fs/cgroup -depth -type d -path "*/sparkler-test-$$*" -exec rmdir {} +
}
