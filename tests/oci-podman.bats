# Containers by podman: every way in which its users start, watch and end one.

bats_require_minimum_version 1.5.0

load oci/lib

setup_file() {
    podman_stage
}

teardown_file() {
    podman_unstage
}

setup() {
    need_engine
    cd "$BATS_TEST_TMPDIR"
    name=test-$BATS_TEST_NUMBER
}

teardown() {
    [ -z "$OCI_MISSING" ] || return 0
    terminal kill-server 2>/dev/null || true
    podman rm --all --force --time 0 >/dev/null
    check_no_container_left
}

# in_container [OPTION...] -- COMMAND...: one that ends; leaves $status, $output and $stderr
in_container() {
    local options=()
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    run --separate-stderr podman run --rm "${options[@]}" busybox "$@"
    echo "status $status: $output"
    echo "$stderr"
}

# start SCRIPT [OPTION...]: a shell in the background that runs it; it has printed "up"
start() {
    podman run --detach --name "$name" "${@:2}" busybox sh -c "echo up; $1"
    within logged "$name" up
}

@test "run: a program's output, and nothing is left of the container" {
    run -0 podman run --rm hello
    [[ $output == hello ]]
    [[ -z $(podman ps --all --quiet) ]]
    check_no_container_left
}

@test "run: output and errors apart, and input" {
    in_container -- sh -c 'echo out; echo err >&2'
    [[ $status -eq 0 && $output == out && $stderr == err ]]
    in_container --interactive -- cat < <(echo one && sleep 0.1 && echo two)
    [[ $status -eq 0 && $output == $'one\ntwo' ]]
    in_container -- cat </dev/null
    [[ $status -eq 0 && -z $output ]]
}

@test "run: the program's own status" {
    local own
    for own in 0 1 42 255; do
        in_container -- sh -c "exit $own"
        [[ $status -eq $own ]]
    done
    in_container -- sh -c 'sh -c "kill -TERM \$\$"; exit $?'
    [[ $status -eq 143 ]]
}

@test "run: 126 for what cannot be executed, 127 for what is not there" {
    in_container -- /etc/passwd
    [[ $status -eq 126 && $stderr == *"/etc/passwd"* ]]
    local path
    for path in /bin/none none; do
        run -127 --separate-stderr podman run --rm busybox "$path"
        [[ $stderr == *"$path"* ]]
    done
    [[ -z $(podman ps --all --quiet) ]]
}

@test "a container is created, started, stopped and removed" {
    podman create --name "$name" busybox sh -c 'trap "exit 3" TERM; echo up; while :; do sleep 0.1; done'
    status_is created "$name"
    podman start "$name"
    status_is running "$name"
    within logged "$name" up
    [[ $(podman ps --format '{{.Names}} {{.Status}}') == "$name Up "* ]]
    podman stop "$name"
    status_is exited "$name"
    [[ $(podman inspect --format '{{.State.ExitCode}}' "$name") -eq 3 ]]
    podman start "$name"
    within status_is running "$name"
    podman rm --force --time 0 "$name"
    run -1 podman container exists "$name"
}

@test "a container that is only created is removed" {
    podman create --name "$name" busybox true
    podman init "$name"
    status_is initialized "$name"
    podman rm "$name"
}

@test "logs: of a container that runs, and of one that has ended; both streams" {
    start 'echo error >&2; until [ -e /tmp/never ]; do sleep 0.1; done'
    within logged "$name" error
    podman kill "$name"
    run --separate-stderr podman logs "$name"
    [[ $output == up && $stderr == error ]]
}

@test "logs: --follow until the end" {
    start 'while :; do echo more; sleep 0.1; done'
    podman logs --follow "$name" >followed &
    within grep -q more followed
    podman kill "$name"
    wait $!
    [[ $(podman logs "$name") == "$(<followed)" ]]
}

@test "stop: SIGTERM reaches the program; one that does not listen is killed after --time" {
    start 'trap "echo terminated; exit 7" TERM; while :; do sleep 0.1; done'
    podman stop "$name"
    logged "$name" terminated
    [[ $(podman wait "$name") -eq 7 ]]
    podman rm "$name"
    start 'trap "" TERM; while :; do sleep 0.1; done'
    podman stop --time 1 "$name"
    [[ $(podman wait "$name") -eq 137 ]]
}

@test "stop: the signal that the image or --stop-signal says" {
    start 'trap "exit 9" USR2; while :; do sleep 0.1; done' --stop-signal USR2
    podman stop "$name"
    [[ $(podman wait "$name") -eq 9 ]]
}

@test "kill: each signal reaches the program, SIGKILL ends it" {
    start 'for s in HUP USR1 USR2 WINCH INT QUIT; do trap "echo got $s" $s; done
        while :; do sleep 0.1; done'
    local signal
    for signal in HUP USR1 USR2 WINCH INT QUIT; do
        podman kill --signal "$signal" "$name"
        within logged "$name" "got $signal"
    done
    status_is running "$name"
    podman kill "$name"
    [[ $(podman wait "$name") -eq 137 ]]
    run ! podman kill "$name"
}

@test "restart, and attach" {
    start 'read line; echo "read $line"' --interactive
    podman restart --time 0 "$name"
    within status_is running "$name"
    run -0 podman attach "$name" <<<typed
    [[ $output == *"read typed"* ]]
}

# terminal COMMAND...: of a tmux server of this test's own
terminal() {
    tmux -f /dev/null -S "$BATS_TEST_TMPDIR/tmux" "$@"
}

shown() {
    terminal capture-pane -p -S - -J | grep -q -- "$1"
}

type_line() {
    terminal send-keys -l "$1"
    terminal send-keys Enter
}

@test "run -it: a shell at a terminal: its size, ^C, what is typed, its status" {
    need tmux tmux
    terminal new-session -d -x 100 -y 40 \
        "PS1='host ' podman run --rm -it --name $name busybox sh; echo status \$?; exec cat" 3>&-
    within shown '/ # $'
    type_line 'tty; stty size'
    within shown '/dev/'
    within shown '^40 100'
    type_line "sh -c 'echo has \$((1+1)); exec sleep 1000'"
    within shown '^has 2'
    terminal send-keys C-c
    type_line 'echo after $?'
    within shown '^after 130'
    terminal resize-window -x 90 -y 30
    size_is() {
        type_line 'stty size'
        sleep 0.2
        shown "^$1"
    }
    within size_is "30 90"
    type_line 'exit 5'
    within shown "^status 5"
}

@test "run -t without a person: the terminal's output" {
    in_container --tty -- sh -c 'test -t 1 && echo a terminal'
    [[ $status -eq 0 && $output == "a terminal"* ]]
}

@test "--env, --workdir, --user, --hostname, --entrypoint" {
    in_container --env COLOUR=blue --env EMPTY= -- env
    [[ $'\n'$output$'\n' == *$'\nCOLOUR=blue\n'* && $'\n'$output$'\n' == *$'\nEMPTY=\n'* &&
        $'\n'$output$'\n' == *$'\nPATH=/bin\n'* ]]
    in_container --workdir /home/guest -- pwd
    [[ $output == /home/guest ]]
    in_container --user guest -- sh -c 'echo $(id -u) $(id -g) $(id -un) $HOME'
    [[ $output == "1000 100 guest /home/guest" ]]
    in_container --user 12:34 -- sh -c 'echo $(id -u) $(id -g)'
    [[ $output == "12 34" ]]
    in_container --user 0:0 --group-add 77 -- id -G
    [[ $output == *77* ]]
    in_container --hostname somewhere -- hostname
    [[ $output == somewhere ]]
    run -0 podman run --rm --entrypoint '["/bin/echo", "one"]' busybox two
    [[ $output == "one two" ]]
}

@test "--read-only: the root cannot be written; otherwise it can" {
    in_container --read-only -- sh -c 'echo text >/file'
    [[ $status -ne 0 && $stderr == *"Read-only file system"* ]]
    in_container --read-only -- sh -c 'echo text >/tmp/file && cat /tmp/file'
    [[ $status -eq 0 && $output == text ]]
    in_container -- sh -c 'echo text >/file && cat /file'
    [[ $status -eq 0 && $output == text ]]
}

@test "--tmpfs, and --volume of a file and a directory to be read" {
    mkdir tree
    echo "what is given" >tree/file
    in_container --tmpfs /scratch -- sh -c 'echo text >/scratch/file && cat /scratch/file'
    [[ $status -eq 0 && $output == text ]]
    in_container --volume "$PWD/tree:/data:ro" --volume "$PWD/tree/file:/etc/given:ro" -- \
        cat /data/file /etc/given
    [[ $status -eq 0 && $output == $'what is given\nwhat is given' ]]
    in_container --volume "$PWD/tree:/data:ro" -- touch /data/new
    [[ $status -ne 0 && ! -e tree/new ]]
}

# cgroup_files NAME: those of this name, in the cgroups of the container's processes and above them
cgroup_files() {
    local pid hierarchy controllers path mount
    for pid in $(descendants "$(podman inspect --format '{{.State.Pid}}' "$name")"); do
        while IFS=: read -r hierarchy controllers path; do
            for mount in "/sys/fs/cgroup/$controllers" /sys/fs/cgroup/unified /sys/fs/cgroup; do
                local at=$path
                while [[ $at == /?* ]]; do
                    [[ ! -e $mount$at/$1 ]] || echo "$mount$at/$1"
                    at=${at%/*}
                done
            done
        done <"/proc/$pid/cgroup"
    done | sort -u
}

# descendants PID: it and all below it
descendants() {
    local children child
    echo "$1"
    { read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null || true # no newline at its end
    for child in $children; do descendants "$child"; done
}

@test "--memory: the program has no more, and dies at it" {
    in_container --memory 64m -- grep MemTotal /proc/meminfo
    ! ours_is_tested || ((${output//[!0-9]/} <= 64 * 1024))
    in_container --memory 64m -- awk 'BEGIN { for (s = "text"; ; s = s s); }'
    [[ $status -ne 0 ]]
    start 'while :; do sleep 0.1; done' --memory 64m
    local limits
    mapfile -t limits < <(cgroup_files memory.limit_in_bytes; cgroup_files memory.max)
    [[ ${#limits[@]} -gt 0 ]]
    sort -n "${limits[@]}" | grep --invert-match max | head -1 | tee limit
    (($(<limit) >= 64 << 20 && $(<limit) <= 96 << 20))
}

@test "--cpus: the cgroup's quota" {
    start 'while :; do sleep 0.1; done' --cpus 0.5
    local quotas
    mapfile -t quotas < <(cgroup_files cpu.cfs_quota_us; cgroup_files cpu.max)
    grep -E '^50000( 100000)?$' "${quotas[@]}"
}

@test "ps, inspect and top say what runs" {
    start 'while :; do sleep 0.1; done' --label kind=tested
    [[ $(podman ps --filter label=kind=tested --format '{{.Names}} {{.Image}}') == "$name localhost/busybox:latest" ]]
    [[ $(podman inspect --format '{{.OCIRuntime}}' "$name") == tested ]]
    local pid
    pid=$(podman inspect --format '{{.State.Pid}}' "$name")
    [[ -d /proc/$pid ]]
    podman rm --force --time 0 "$name"
    within gone "$pid"
}

@test "50 containers at once" {
    local i
    for i in {1..50}; do
        podman run --rm busybox sh -c "sleep 1; echo container $i" >"out.$i" 2>&1 &
    done
    wait
    cat out.*
    for i in {1..50}; do
        [[ $(<"out.$i") == "container $i" ]]
    done
}

@test "the container's process is killed: podman sees it, and nothing is left" {
    start 'while :; do sleep 0.1; done'
    kill -KILL "$(podman inspect --format '{{.State.Pid}}' "$name")"
    [[ $(podman wait "$name") -eq 137 ]]
}

@test "feeds by annotation; samples; another list by its name" {
    need_ours "a feed"
    in_container --annotation sparkler.samples=true -- cat /feeds/weather/London
    [[ $status -eq 0 && $output == "[sample, "*"Weather: "* ]]
    jq '.feeds |= map(select(.file == "tweet"))' "$build/feeds.json" >feeds.json
    in_container --annotation "sparkler.feeds=$PWD/feeds.json" -- ls /feeds
    [[ $status -eq 0 && $output == tweet ]]
}

@test "sparkler.trace: the program's system calls are on its standard error" {
    need_ours "a trace"
    in_container --annotation sparkler.trace=true -- echo fine
    [[ $status -eq 0 && $output == fine && $stderr == *"exit_group(0) = ?" ]]
}

@test "--secret, which podman binds to be writable" {
    echo "the text" >text
    podman secret create "$name" text
    in_container --secret "$name" -- cat "/run/secrets/$name"
    podman secret rm "$name"
    [[ $status -eq 0 && $output == "the text" ]]
}

@test "--tz local, which podman binds to be writable, too" {
    [[ -e /etc/localtime ]] || skip "this machine has no /etc/localtime"
    in_container --tz local -- cat /etc/localtime
    [[ $status -eq 0 ]]
}

@test "cp and top: of a container that runs they see nothing, and nothing of the host" {
    need_ours "a process whose program is elsewhere"
    echo text >file
    start 'while :; do sleep 0.1; done'
    run ! podman cp file "$name:$PWD/copy"
    run ! podman cp "$name:$PWD/file" copy
    [[ $output == *"could not be found on container $name"* ]]
    run ! podman cp file "$name:/"
    [[ $output == *"read-only file system"* && ! -e copy && ! -e /file ]]
    run ! podman top "$name"
    podman kill "$name"
    within status_is exited "$name"
    podman cp "$name:/etc/passwd" - | grep --text guest
}

# play: the Pod of pod.yaml
play() {
    run podman kube play --network none pod.yaml
    echo "$output"
    [[ ! -e /sys/fs/cgroup/cgroup.controllers || $output != */dev/null*"peration not permitted"* ]] ||
        skip "podman lets no process of a Pod open a device on cgroup v2 without systemd, by any runtime"
    [[ $status -eq 0 ]]
}

@test "kube play: a Pod with feeds by annotation" {
    need_ours "a feed"
    cat >pod.yaml <<END
apiVersion: v1
kind: Pod
metadata:
  name: $name
  annotations:
    sparkler.samples: "true"
    sparkler.without: network
spec:
  restartPolicy: Never
  containers:
  - name: asks
    image: localhost/busybox:latest
    imagePullPolicy: Never
    command: [/bin/sh, -c, "cat /feeds/weather/London /feeds/tweet"]
    resources:
      limits:
        memory: 64Mi
END
    play
    [[ $(podman wait "$name-asks") -eq 0 ]]
    logged "$name-asks" 'Weather: '
    podman kube down pod.yaml
    [[ -z $(podman ps --all --quiet) ]]
}

@test "jailer/oci/README.md: its Pod, with Python from Debian's packages, asks two feeds" {
    need_ours "a feed"
    [[ ! -d /run/rig ]] || skip "the rig has no network to fetch packages by"
    mmdebstrap --quiet --variant=extract --include=python3-minimal \
        "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" python.tar
    podman import --quiet python.tar localhost/python:slim
    jq '.feeds |= map(select(.file != "tweet"))' "$build/feeds.json" >feeds.json
    sed -n '/^    kind: Pod/,/^$/s/^    //p' "$root/jailer/oci/README.md" |
        sed -e "s|sparkler.feeds: .*|sparkler.feeds: $PWD/feeds.json|" \
            -e 's|image: |image: localhost/|' \
            -e 's|  annotations:|&\n    sparkler.samples: "true"\n    sparkler.without: network|' \
            -e '1i apiVersion: v1' >pod.yaml
    cat pod.yaml
    play
    podman wait asks-asks
    logged asks-asks Weather:
    logged asks-asks 'Open-Meteo model, London'
    podman kube down pod.yaml
}

# refused REGEX COMMAND...: it fails, and says so
refused() {
    run ! "${@:2}"
    grep -E -- "$1" <<<"$output"
}

@test "exec, pause and checks of health are refused in words, and do not hurt" {
    need_ours "what a VM cannot do"
    start 'while :; do sleep 0.1; done' --health-cmd true --health-interval disable
    refused 'exec: a VM has one program' podman exec "$name" true
    refused 'pause: a VM cannot' podman pause "$name"
    refused unhealthy podman healthcheck run "$name"
    status_is running "$name"
}

@test "what a VM cannot have is an error at create that names it, and says how to go without" {
    need_ours "what a VM cannot have"
    refused 'linux.devices.* no device /dev/kvm.*sparkler.without=devices' \
        podman run --device /dev/kvm busybox true
    refused 'mounts.* /data is writable.*sparkler.without=mounts' \
        podman run --volume "$PWD:/data" busybox true
    refused 'linux.namespaces: .*sparkler.without=network' podman run --network host busybox true
    podman rm --all >/dev/null
    in_container --network host --device /dev/kvm --volume "$PWD:/data" \
        --annotation 'sparkler.without=network devices mounts' -- sh -c 'ls /dev/kvm /data/*'
    [[ $status -eq 1 && -z $output ]]
}

# as_newcomer SCRIPT: a shell of an ordinary user, who has ids for namespaces and may use /dev/kvm
as_newcomer() {
    local home=$stage/newcomer ids=$((0x70000000))
    mkdir -p "$home/run" "$home/.config/containers"
    cat >"$home/.config/containers/containers.conf" <<END
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
END
    chown -R "$VM_UID:$VM_UID" "$home"
    { cat /etc/passwd && echo "newcomer:x:$VM_UID:$VM_UID::$home:/bin/sh"; } >passwd
    { cat /etc/group && echo "newcomer:x:$VM_UID:"; } >group
    echo "newcomer:$ids:65536" >subid
    # shellcheck disable=SC2016
    timeout --kill-after 2 $((5 * DEADLINE)) unshare --mount --pid --fork --mount-proc --kill-child \
        sh -ec 'user=$1 home=$2 script=$3
            mount --bind "$stage/kvm" /dev/kvm
            mount --bind passwd /etc/passwd
            mount --bind group /etc/group
            mount --bind subid /etc/subuid
            mount --bind subid /etc/subgid
            setpriv --reuid "$user" --regid "$user" --clear-groups --reset-env env HOME="$home" \
                XDG_RUNTIME_DIR="$home/run" PATH="$PATH" sh -ec "cd; $script"' - \
        "$VM_UID" "$home" "$1" 3>&-
}

@test "an ordinary user: run, start, stop, and nothing is left" {
    need_root "become an ordinary user"
    need newuidmap uidmap
    tar -C "$images/busybox" -cf "$stage/busybox.tar" .
    as_newcomer "
        podman import --quiet $stage/busybox.tar busybox >/dev/null 2>&1
        podman() { command podman --runtime ${runtime/%runtime/sparkler-oci} \"\$@\" 2>>errors; }
        status=0
        podman run --rm busybox /bin/sh -c 'echo from a container; exit 3' || status=\$?
        echo status \$status
        podman run --detach --name c busybox /bin/sh -c \
            'trap \"exit 5\" TERM; echo up; while :; do /bin/sleep 0.1; done' >/dev/null
        until podman logs c | grep -q up; do sleep 0.1; done
        command podman cp c:$stage/newcomer/errors copy 2>&1 | grep -o 'could not be found'
        podman stop c >/dev/null
        podman wait c
        podman rm c >/dev/null
        ls run/sparkler-oci" | tee said
    [[ $(<said) == $'from a container\nstatus 3\ncould not be found\n5' ]]
}
