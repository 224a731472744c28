# sparkler-policy: the linter finds each kind of mistake, filters do what their files say, and the
# audit finds every way in which a process is not confined as the files say.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    export policy="$build/sparkler-policy"
    [[ -x $policy ]]
}

teardown_file() {
    jail_unstage
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# check_text: lints the policy on stdin as wrong.policy
check_text() {
    cat >wrong.policy
    run "$policy" check wrong.policy
}

# mistake_at LINE:COLUMN MESSAGE: the last check_text was refused there, with these words
mistake_at() {
    [[ $status -eq 1 ]]
    [[ $output == *"wrong.policy:$1: "*"$2"* ]]
}

@test "--version is the jailer's" {
    run -0 "$policy" --version
    [[ $output == "sparkler-policy $("$build/jailer" --version | cut -d ' ' -f 2)" ]]
}

@test "check: every policy is correct, and its filter does what it says" {
    run "$policy" check "$root"/policy/*.policy
    echo "$output"
    [[ $status -eq 0 ]]
    [[ ${#lines[@]} -eq $(ls "$root"/policy/*.policy | wc -l) ]]
    for line in "${lines[@]}"; do
        [[ $line == *" 0 judged differently, 0 branches unexplained, 0 foreign instructions" ]]
    done
}

@test "check: the whole language compiles to what it says" {
    cat >all.policy <<'END'
# every form
ioctl: arg0 == VMM_FD_VCPU && arg1 == KVM_RUN || \
       arg0 == VMM_FD_VM && arg1 == KVM_CHECK_EXTENSION
# bits, masks, a negative number
mmap: arg2 in PROT_READ|PROT_WRITE && arg3 == MAP_PRIVATE | MAP_ANONYMOUS && arg4 == -1
# no bit at all
madvise: arg2 in 0
# alternatives that share some of what they allow
fcntl: arg0 == 1 && arg1 == F_GETFL || arg1 == F_GETFL && arg2 == 0
# masks that overlap, and an equality beside them
mprotect: arg2 in PROT_READ|PROT_WRITE || arg2 in PROT_READ|PROT_GROWSUP || arg2 == PROT_GROWSDOWN
# masks and equalities of several arguments crosswise
socket: arg0 == AF_INET && arg1 in SOCK_STREAM|SOCK_CLOEXEC || arg0 == AF_INET6 && \
        arg1 in SOCK_STREAM|SOCK_NONBLOCK || arg0 == AF_UNIX && arg2 == 0
# a constant of more than 32 bits
# dangerous: for this test
clone: arg0 == CLONE_CLEAR_SIGHAND
# an error
clone3: return ENOSYS
# always
exit_group: 1
END
    run "$policy" check all.policy
    echo "$output"
    [[ $status -eq 0 ]]
    [[ $output == *" 0 judged differently, 0 branches unexplained, 0 foreign instructions" ]]
}

@test "check: the line and a caret are shown" {
    check_text <<<$'# why\nread: arg0 == VMM_FD_VCPUU'
    [[ ${lines[0]} == "wrong.policy:2:15: unknown constant 'VMM_FD_VCPUU', did you mean 'VMM_FD_VCPU'?" ]]
    [[ ${lines[1]} == "    read: arg0 == VMM_FD_VCPUU" ]]
    [[ ${lines[2]} == "                  ^" ]]
}

@test "check: all mistakes of a file are reported" {
    check_text <<<$'read: 1\n# why\nwritee: 1\n# why\nclose: arg7 == 1'
    mistake_at 1:1 "expected the reason"
    mistake_at 3:1 "did you mean 'write'"
    mistake_at 5:8 "expected an argument"
}

@test "check: a rule without a reason is refused" {
    check_text <<<'read: 1'
    mistake_at 1:1 "expected the reason for 'read' in a comment directly above it"
    check_text <<<$'# far above\n\nread: 1'
    mistake_at 3:1 "expected the reason"
    check_text <<<$'# -----\nread: 1'
    mistake_at 2:1 "expected the reason"
    check_text <<<$'# one reason for two\nread: 1\nwrite: 1'
    mistake_at 3:1 "expected the reason for 'write'"
}

@test "check: a second rule for a system call, or one alternative twice, is refused" {
    check_text <<<$'# why\nread: arg0 == 0\n# why\nread: arg0 == 1'
    mistake_at 4:1 "'read' already has a rule in line 2"
    check_text <<<$'# why\nread: arg0 == 0 || arg0 == FD_CONSOLE_IN'
    mistake_at 2:20 "an earlier alternative already allows all of this"
    check_text <<<$'# why\nread: arg0 in 7 || arg0 == 4'
    mistake_at 2:20 "an earlier alternative already allows all of this"
    check_text <<<$'# why\nread: arg0 == 0 && arg2 == 1 || arg0 == 0'
    mistake_at 2:33 "this also allows all of an earlier alternative"
}

@test "check: unknown names are refused, with the nearest" {
    check_text <<<$'# why\nexit_gruop: 1'
    mistake_at 2:1 "unknown system call 'exit_gruop', did you mean 'exit_group'?"
    check_text <<<$'# why\nmadvise: return ENOSYSS'
    mistake_at 2:17 "unknown errno 'ENOSYSS', did you mean 'ENOSYS'?"
    check_text <<<$'# why\nmadvise: arg2 == XXXXXXXXXXXXXXXX'
    mistake_at 2:18 "unknown constant 'XXXXXXXXXXXXXXXX'"
}

@test "check: another program's descriptor is refused" {
    # names POLICY DESCRIPTOR: lints a policy of that name with a rule for that descriptor
    names() {
        printf '# why\nread: arg0 == %s\n' "$2" >"$1.policy"
        run "$policy" check "$1.policy"
    }
    names vmm BROKER_FD_LINK
    [[ $status -eq 1 && ${#lines[@]} -eq 3 ]]
    [[ ${lines[0]} == "vmm.policy:2:15: 'BROKER_FD_LINK' belongs to a program that this policy \
does not confine" ]]
    [[ ${lines[1]} == "    read: arg0 == BROKER_FD_LINK" ]]
    [[ ${lines[2]} == "                  ^" ]]

    local programs=(VMM_FD_KVM BROKER_FD_LINK RESOLVER_FD_BROKER SUPERVISOR_FD_SIGNALS
        JANITOR_FD_SUPERVISOR PACKER_FD_IMAGE DIGESTER_FD_RESULT) own refused=0
    while read -r name own; do
        for descriptor in "${programs[@]}"; do
            names "$name" "$descriptor"
            if [[ " $own " == *" ${descriptor%%_*} "* ]]; then
                [[ $status -eq 0 ]]
            else
                [[ $status -eq 1 && $output == *"'$descriptor' belongs to a program"* ]]
                refused=$((refused + 1))
            fi
        done
        for descriptor in FD_LOG JAIL_FD_READY; do
            names "$name" "$descriptor"
            [[ $status -eq 0 ]]
        done
    done <<'END'
vmm-boot VMM
vmm VMM
vmm-linux VMM
netbroker BROKER
resolver RESOLVER
warden BROKER RESOLVER
supervisor SUPERVISOR
janitor JANITOR
packer PACKER
digester DIGESTER
END
    [[ $refused -eq 59 ]]
}

@test "check: ranges and every other comparison are refused" {
    for operator in '<' '>' '<=' '>=' '!=' '&'; do
        check_text <<<$'# why\nread: arg0 '"$operator 3"
        mistake_at 2:12 "other comparisons are refused"
    done
    check_text <<<$'# why\nread: arg0 = 3'
    mistake_at 2:12 "expected '==' or 'in'"
}

@test "check: an argument twice in one conjunction is refused" {
    check_text <<<$'# why\nread: arg0 in 3 && arg0 == 1'
    mistake_at 2:20 "arg0 is compared twice"
}

@test "check: numbers instead of names are refused" {
    check_text <<<$'# why\nioctl: arg1 == 0xae80'
    mistake_at 2:16 "expected a constant's name or a decimal number"
    check_text <<<$'# why\nioctl: arg1 == 44672'
    mistake_at 2:16 "expected the ioctl's name"
    for number in 99999999999 -9999999999 - -x 3x; do
        check_text <<<$'# why\nread: arg0 == '"$number"
        mistake_at 2:15 "expected a 32-bit decimal number"
    done
}

@test "check: a permissive default, and every other directive, is refused" {
    check_text <<<'@default allow'
    mistake_at 1:1 "there are no directives"
    check_text <<<'@include other.policy'
    mistake_at 1:1 "there are no directives"
}

@test "check: a dangerous rule needs a line that says why" {
    for call in clone execve execveat ptrace bpf mount umount2 io_uring_setup unshare setns openat \
        fork vfork kill process_vm_writev init_module pivot_root keyctl setuid sendmsg recvmsg; do
        check_text <<<$'# why\n'"$call: 1"
        mistake_at 2:1 "expected a line '# dangerous: ...'"
        check_text <<<$'# why\n# dangerous: it is\n'"$call: 1"
        [[ $status -eq 0 ]]
        check_text <<<$'# why\n'"$call: return ENOSYS"
        [[ $status -eq 0 ]]
    done
}

@test "check: a call that is dangerous unless an argument is bound has to bind it" {
    check_text <<<$'# why\nioctl: arg0 == 3'
    mistake_at 2:1 "unless the request is bound (arg1)"
    check_text <<<$'# why\nmmap: arg2 == PROT_READ|PROT_EXEC'
    mistake_at 2:1 "executable unless PROT_EXEC is excluded"
    check_text <<<$'# why\nmprotect: arg2 == PROT_READ || arg0 == 1'
    mistake_at 2:1 "executable unless PROT_EXEC is excluded"
    check_text <<<$'# why\nsocket: arg1 == SOCK_STREAM'
    mistake_at 2:1 "unless the family is bound (arg0)"
}

@test "check: anything outside the language is refused" {
    check_text <<<$'# why\nread 1'
    mistake_at 2:6 "expected ':'"
    check_text <<<$'# why\nread: allow'
    mistake_at 2:7 "expected '1', 'return ERRNO' or a condition"
    check_text <<<$'# why\nread: 1 or so'
    mistake_at 2:9 "expected the end of the line"
    check_text <<<$'# why\nread: arg0 == 1 ||'
    mistake_at 2:19 "expected an argument"
    check_text <<<$'# why\nread: arg0 =='
    mistake_at 2:14 "expected a constant's name"
    check_text <<<$'# nothing else'
    mistake_at 2:1 "expected at least one rule"
    printf '# why\nread: 1\n\0# why\nwrite: 1\n' >wrong.policy
    run "$policy" check wrong.policy
    [[ $status -eq 1 && $output == *"has a NUL byte"* ]]
}

@test "compile: a policy with mistakes gives no filter" {
    echo 'read: 1' >wrong.policy
    run --separate-stderr "$policy" compile wrong.policy
    [[ $status -eq 1 && -z $output ]]
}

@test "live: each policy kills every system call that it does not name, x32 and i386 too" {
    for file in "$root"/policy/*.policy; do
        name=$(basename "$file" .policy)
        "$policy" compile "$file" >filter.c
        gcc -D_GNU_SOURCE -I"$root" -DPOLICY="policy_${name//-/_}" -o every_call filter.c \
            "$root"/tests/probes/every_call.c "$root"/policy/runtime/{install,names}.c \
            "$root"/policy/tool/oracle.c \
            "$build"/obj/policy/{constants,syscalls}.o
        run ./every_call "$file"
        echo "$output"
        [[ $status -eq 0 ]]
        [[ $output == "$name: 3072 calls made, 0 end differently" ]]
    done
}

@test "explain: no process loses what its last policy allows to an older filter" {
    while read -r process last rules alternatives; do
        echo "$process: $rules rules with $alternatives alternatives are left of $last"
        grep '^[a-z ]' "$root/policy/$last.policy" | grep -v ': return ' >allowing
        [[ $rules -eq $(grep -c '^[a-z]' allowing) ]]
        [[ $alternatives -eq $((rules + $(grep -o '||' allowing | wc -l))) ]]
    done < <("$policy" explain --json | jq -r '.[] | .allowed = [.rules[] |
        select(.action == "allow").any | length] |
        "\(.process) \(.policies[-1]) \(.allowed | length) \(.allowed | add)"')
}

@test "explain: the VMM has at most 8 system calls, the broker 20, none for files or processes" {
    "$policy" explain --json >all.json
    allowed() {
        jq -r ".[] | select(.process == \"$1\") | .rules[] | select(.action == \"allow\").syscall" \
            all.json
    }
    [[ $(allowed sparkler-vmm | wc -l) -le 8 ]]
    [[ $(allowed sparkler-linux | wc -l) -le 8 ]]
    [[ $(allowed sparkler-netbroker | wc -l) -le 20 ]]
    for process in sparkler-vmm sparkler-linux sparkler-netbroker; do
        run ! grep -E '^(open|creat|clone|fork|vfork|exec|ptrace|bpf|io_uring|mount|kill)' \
            <(allowed "$process")
    done
}

@test "explain: every process can be explained in words" {
    for process in sparkler-vmm sparkler-linux sparkler-netbroker resolver warden supervisor \
        janitor mkfs.erofs digester; do
        run "$policy" explain "$process"
        [[ $status -eq 0 ]]
        [[ ${lines[0]} == "$process: "*" system calls, "*" any other kills it." ]]
        [[ $output != *" argument "[0-5]" is "* ]] # each has its name of the manual page
    done
    run "$policy" explain sparkler-vmm
    [[ $output == *"ioctl if fd is VMM_FD_VCPU and request is KVM_RUN, or fd is VMM_FD_VM and "* ]]
    run "$policy" explain init
    [[ $status -eq 1 && $output == *"cannot explain 'init'"* ]]
    run --separate-stderr "$policy" --policy-dir none explain
    [[ $status -eq 1 && $output == "" && $stderr == *"none/vmm.policy: No such file"* ]]
}

@test "explain: the table in policy/README.md is up to date" {
    "$policy" explain >table
    sed -n '/^| system call /,/^| \*\*of these bound/p' "$root/policy/README.md" | diff - table
}

@test "explain: README's counts of system calls are up to date" {
    column() {
        "$policy" explain | sed -n "s/^| $1 |//p" | tr -d ' *' | tr '|' '\n' | sed '$d'
    }
    paste -d ' ' <(column 'system call') <(column '\*\*allowed\*\*') \
        <(column '\*\*of these bound\*\*') | sort >counted
    sed -n '/^| process | system calls /,/^$/s/^| \([a-z.-]*\).* | \([0-9]*\) | \([0-9]*\) |$/\1 \2 \3/p' \
        "$root/README.md" | sort | diff - counted
}

# filter FILE: prints a policy compiled to C; C is a filter already
filter() {
    case $1 in
    *.c) cat "$1" ;;
    *) "$policy" compile "$1" ;;
    esac
}

# How `confined` starts its process unless a test says otherwise: like a process of a VM.
world=(unshare --mount --pid --net --ipc --uts --cgroup --fork --kill-child)
ids=(--reuid 65534 --regid 65534 --clear-groups)

# confined NAME FIRST SECOND [WORD...]: starts a process of that name without privileges under the
# policies in these files, as tests/probes/confined.c says, and leaves its number in $pid. It ends
# when finish is called.
confined() {
    local name=$1 first=$2 second=$3 word
    shift 3
    for file in "$first" "$second"; do
        filter "$file" >"$(basename "$file").filter.c"
    done
    identifier() { basename "$1" | sed 's/[.].*//; s/-/_/g; s/^/policy_/'; }
    # shellcheck disable=SC2046 # one file or two
    gcc -D_GNU_SOURCE -I"$root" -DFIRST="$(identifier "$first")" -DSECOND="$(identifier "$second")" \
        -o confined "$root/tests/probes/confined.c" "$root/policy/runtime/install.c" \
        $(printf '%s\n' "$(basename "$first").filter.c" "$(basename "$second").filter.c" | sort -u)
    chmod 755 . confined
    mkfifo input output
    exec 7> >(exec cat >log) # a log is a pipe, without a name
    "${world[@]}" setpriv --no-new-privs --bounding-set -all --inh-caps -all "${ids[@]}" \
        ./confined "$name" "$@" <input >output 2>&7 7>&- 3>&- &
    job=$!
    exec 7>&- 8>input 9<output
    read -r word <&9
    [[ $word == ready ]]
    rm input output
    pid=$(child "$job" "${name:0:15}") || pid=$job
}

# finish: lets the confined process end; it ends with 0 only if the audit did not disturb it
finish() {
    echo >&8
    exec 8>&- 9>&-
    wait "$job"
}

# abandon: ends it by force
abandon() {
    kill -9 "$pid"
    wait "$job" || true
    exec 8>&- 9>&-
}

@test "audit: a process confined as the files say agrees with them, and runs on" {
    need_root "read the filters of a process"
    confined sparkler-vmm "$root/policy/vmm-boot.policy" "$root/policy/vmm.policy"
    run "$policy" audit "$pid"
    echo "$output"
    finish
    [[ $status -eq 0 ]]
    [[ $output == *"sparkler-vmm (process $pid)"*"agrees with the files" ]]
}

@test "audit: the VMM of a Linux program has policies of its own" {
    need_root "read the filters of a process"
    confined sparkler-linux "$root/policy/vmm-boot.policy" "$root/policy/vmm-linux.policy"
    run "$policy" audit "$pid"
    finish
    [[ $status -eq 0 && $output == *"sparkler-linux (process $pid)"*"agrees with the files" ]]
    confined sparkler-linux "$root/policy/vmm-boot.policy" "$root/policy/vmm.policy"
    run "$policy" audit "$pid"
    finish
    [[ $status -eq 1 && $output == *"vmm-linux.policy: "*"WRONG: "*"DOES NOT AGREE"* ]]
}

@test "audit: a missing filter is found" {
    need_root "read the filters of a process"
    confined sparkler-vmm "$root/policy/vmm-boot.policy" "$root/policy/vmm-boot.policy"
    run "$policy" audit "$pid"
    finish
    [[ $status -eq 1 ]]
    [[ $output == *"WRONG: it has 1 filters, the files say 2"*"DOES NOT AGREE"* ]]
}

@test "audit: a filter that allows one more system call is found" {
    need_root "read the filters of a process"
    { cat "$root/policy/vmm.policy"; printf '\n# more\ngetppid: 1\n'; } >vmm.policy
    confined sparkler-vmm "$root/policy/vmm-boot.policy" ./vmm.policy
    run "$policy" audit "$pid"
    echo "$output"
    finish
    [[ $status -eq 1 ]]
    [[ $output == *"getppid (0x6e, "*": the filter allows it, the file kills the process"* ]]
}

@test "audit: a filter that allows one more value, which no file names, is found" {
    need_root "read the filters of a process"
    sed 's/^ioctl: /&arg0 == 4711 \&\& arg1 == TIOCSTI || /' "$root/policy/vmm.policy" >vmm.policy
    confined sparkler-vmm "$root/policy/vmm-boot.policy" ./vmm.policy
    run "$policy" audit "$pid"
    echo "$output"
    finish
    [[ $status -eq 1 ]]
    [[ $output =~ " judged differently, "[1-9][0-9]*" branches unexplained, 0 " ]]
}

@test "audit: a filter that lacks one rule is found" {
    need_root "read the filters of a process"
    sed 's/^exit_group:.*/exit: 1/' "$root/policy/vmm.policy" >vmm.policy
    confined sparkler-vmm "$root/policy/vmm-boot.policy" ./vmm.policy
    run "$policy" audit "$pid"
    echo "$output"
    abandon
    [[ $status -eq 1 ]]
    [[ $output == *"exit_group (0xe7, "*": the filter kills the process, the file allows it"* ]]
}

# forged WAY: audits a process whose last filter tests/probes/forge.py has changed in that way
forged() {
    "$policy" compile "$root/policy/vmm.policy" | "$root/tests/probes/forge.py" "$1" >vmm.c
    confined sparkler-vmm "$root/policy/vmm-boot.policy" ./vmm.c
    run "$policy" audit "$pid"
    echo "$output"
    finish
    [[ $status -eq 1 && $output == *"DOES NOT AGREE with the files" ]]
}

@test "audit: a filter that masks out a bit of each argument is found, by its calls and its code" {
    need_root "read the filters of a process"
    forged mask
    [[ $output =~ "WRONG: "[1-9][0-9]*" judged differently, 0 branches unexplained, "[1-9] ]]
    [[ $output == *"read (0x0, "*": the filter allows it, the file kills the process"* ]]
    [[ $output == *"code 0x54 with 0xffffffef: the compiler never generates it from this file"* ]]
}

@test "audit: a filter that judges one system call by another's rule is found" {
    need_root "read the filters of a process"
    forged share
    [[ $output == *"getppid (0x6e, "*": the filter allows it, the file kills the process"* ]]
    [[ $output == *" judged differently, 0 branches unexplained, 0 foreign instructions"* ]]
}

@test "audit: memory that can be written and executed is found" {
    need_root "read the filters of a process"
    confined sparkler-vmm "$root/policy/vmm-boot.policy" "$root/policy/vmm.policy" wx
    run "$policy" audit "$pid"
    finish
    [[ $status -eq 1 ]]
    [[ $output == *"WRONG: writable and executable: "*"DOES NOT AGREE"* ]]
}

# found PATTERN WORD...: a VMM with just this one fault does not agree with the files
found() {
    local pattern=$1
    shift
    confined sparkler-vmm "$root/policy/vmm-boot.policy" "$root/policy/vmm.policy" "$@"
    run "$policy" audit "$pid"
    echo "$output"
    finish
    # shellcheck disable=SC2053 # what it must match is a pattern
    [[ $status -eq 1 && $output == $pattern && $(grep -o WRONG <<<"$output" | wc -l) -eq 1 ]]
    for line in "${lines[@]}"; do
        ((${#line} <= 80))
    done
}

@test "audit: uid 0 is found" {
    need_root "read the filters of a process"
    ids=()
    found '*  ids           uid 0, gid 0, no groups WRONG: '"root's own"'*'
    ids=(--euid 65534 --regid 65534 --clear-groups) # the real one, or a saved one, is enough
    found '*  ids           uid 0, effective 65534,*WRONG: '"root's own"'*'
}

@test "audit: a namespace of the host is found" {
    need_root "read the filters of a process"
    for kind in mount pid net ipc uts cgroup; do
        world=(unshare)
        for other in mount pid net ipc uts cgroup; do
            [[ $other == "$kind" ]] || world+=("--$other")
        done
        [[ $kind == pid ]] || world+=(--fork --kill-child)
        found "*  namespaces   *WRONG: the host's ${kind/mount/mnt}*"
    done
}

@test "audit: a descriptor that is not in policy/fds.h is found" {
    need_root "read the filters of a process"
    found '*  descriptors  *WRONG, not in policy/fds.h: 3=/etc/passwd*' descriptor
}

@test "audit: a terminal in a jail is found" {
    need_root "read the filters of a process"
    confined sparkler-vmm "$root/policy/vmm-boot.policy" "$root/policy/vmm.policy" terminal
    run "$policy" audit "$pid"
    echo "$output"
    abandon
    [[ $status -eq 1 && $output == *"descriptors   WRONG, a terminal: 0=/dev/"*"DOES NOT AGREE"* ]]
}

@test "audit: root's VM with a group of root's, or with gid 0, is found" {
    need_root "read the filters of a process"
    world=()
    for wrong in "--egid $((0x6fffffff)) --groups 4|groups 4 WRONG: root gives" \
        "--egid 0 --clear-groups|effective 0,*no groups WRONG: root's own"; do
        read -ra ids <<<"--reuid 65534 --rgid $((0x6fffffff)) ${wrong%|*}"
        confined supervisor "$root/policy/supervisor.policy" "$root/policy/supervisor.policy"
        run "$policy" audit "$pid"
        echo "$output"
        finish
        # shellcheck disable=SC2053 # a pattern
        [[ $status -eq 1 && $output == *${wrong#*|}* ]]
    done
}

@test "audit: every VM with the id is audited, whoever started it" {
    need_root "read the filters of a process"
    local id="twin-$$" jobs=()
    world=()
    confined supervisor "$root/policy/supervisor.policy" "$root/policy/supervisor.policy" --id "$id"
    jobs+=("$job")
    ids=(--reuid 65534 --regid $((0x6fffffff)) --clear-groups)
    confined supervisor "$root/policy/supervisor.policy" "$root/policy/supervisor.policy" "--id=$id"
    jobs+=("$job")
    ids=(--reuid 65534 --regid 65534 --clear-groups)
    confined supervisor "$root/policy/supervisor.policy" "$root/policy/supervisor.policy" stuck \
        --id "$id"
    jobs+=("$job")
    run "$policy" audit --all "$id"
    echo "$output"
    kill -9 "${jobs[@]}"
    wait "${jobs[@]}" || true
    [[ $status -eq 1 && ${lines[0]} == "4 supervisors run with --id $id" ]]
    [[ $(grep -c "^supervisor (process " <<<"$output") -eq 5 ]] # two are a child of one
    [[ $output == *"$id, started by nobody (uid 65534): NOT ALL AGREE"* ]]
    [[ $output == *"$id, started by root (uid 0): NOT ALL AGREE"* ]]
    [[ $output == *"WRONG: its filters cannot be read: it does not stop; is it frozen?"* ]]
}

@test "audit: a process with capabilities, of another name, without a filter is found" {
    need_root "read the filters of a process"
    mkfifo input
    cat <input >/dev/null 3>&- &
    pid=$!
    exec 8>input
    run "$policy" audit "$pid"
    exec 8>&-
    wait "$pid"
    [[ $status -eq 1 ]]
    [[ $output == *"WRONG: no policy is for a process of this name"* ]]
    [[ $output == *"no_new_privs  WRONG: not set"* ]]
    [[ $output == *"threads       WRONG: 1 of 1 are not under any filter"* ]]
    [[ $output == *"capabilities  WRONG: "*"effective "*"sys_admin"* ]]
}

@test "audit: a user who may not read filters is told so" {
    need_root "read the filters of a process"
    cp "$policy" .
    chmod 755 . sparkler-policy
    run setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all --bounding-set -all \
        ./sparkler-policy --policy-dir . audit $$
    [[ $status -eq 1 && $output == *"CAP_SYS_ADMIN is needed; run this as root"* ]]
}

@test "audit: under a filter of its own, as in a container, it cannot read any, and says so" {
    need_root "read the filters of a process"
    run python3 - "$policy" audit $$ <<'PYTHON'
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
allow = ctypes.create_string_buffer(b"\x06\0\0\0\0\0\xff\x7f")  # BPF_RET, SECCOMP_RET_ALLOW


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


program = Program(1, ctypes.addressof(allow))
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
os.execv(sys.argv[1], sys.argv[1:])
PYTHON
    [[ $status -eq 1 ]]
    [[ $output == *"WRONG: its filters cannot be read: the kernel shows filters only to "*"; run this outside" ]]
}

@test "audit: a process or VM that does not exist is reported" {
    run "$policy" audit 4194304
    [[ $status -eq 1 && $output == *"there is no such process"* ]]
    run "$policy" audit many
    [[ $status -eq 1 && $output == *"expected a pid"* ]]
    run "$policy" audit --all no-such-vm
    [[ $status -eq 1 && $output == *"no supervisor runs with --id no-such-vm"* ]]
}

@test "what a full disk does not take is missed" {
    for command in "explain" "check $root/policy/vmm.policy" "feeds --json $root/policy/feeds.json"; do
        # shellcheck disable=SC2086 # a command and what it takes
        run -1 bash -c '"$@" >/dev/full' - "$policy" $command
        [[ $output == "sparkler-policy: cannot write to standard output: No space left on device" ]]
    done
}

# said TEXT: waits until the guest has printed this text
said() {
    for ((try = 0; try < 400 * ${SLOWNESS:-1}; try++)); do
        ! grep -q "$1" console || return 0
        sleep 0.1
    done
    cat console log
    return 1
}

# audited WAY PROCESSES: a VM with its broker, started that way, agrees with the files
audited() {
    local id="audit-$$" processes=$2
    [[ -w /dev/kvm ]] || skip "/dev/kvm is not there for us"
    mkfifo keys
    become "$1" "$JAILER" --id "$id" --timeout $((60 * ${SLOWNESS:-1})) --exec sparkler-vmm \
        <keys >console 2>log 3>&- &
    vm=$!
    exec 8>keys
    said "Your choice"
    echo -n 33 >&8 # a feed, so that the broker and its resolver start
    said "Press any key"
    run "$policy" audit --all "$id"
    echo "$output"
    echo -n ' 5' >&8
    exec 8>&-
    wait "$vm"
    [[ $status -eq 0 ]]
    for process in $processes; do
        [[ $output == *"$process (process "* ]]
    done
}

@test "audit: a VM and its broker agree with the files, and run on" {
    need_root "read the filters of a process"
    audited root "supervisor janitor sparkler-vmm warden sparkler-netbro resolver"
    [[ $output == *"audit-$$, started by root (uid 0): all agree with the files" ]]
}

@test "audit: the same for a VM in user namespaces" {
    need_root "read the filters of a process"
    audited userns "supervisor janitor sparkler-vmm warden sparkler-netbro resolver"
    [[ $output == *"audit-$$, started by root (uid 0): all agree with the files" ]]
}

@test "audit: the same for an ordinary user's VM" {
    need_root "read the filters of a process"
    audited user "supervisor sparkler-vmm warden sparkler-netbro resolver"
    [[ $output == *"audit-$$, started by "*" (uid $VM_UID): all agree with the files" ]]
}

@test "prove-policy: PROOFS.md names a test for each rule" {
    "$root/tests/prove-policy" --check
}
