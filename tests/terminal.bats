# A person at a terminal: tmux is the terminal, the shell in it runs the jailer.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    local guest
    for guest in escapes poke-spin talk triple-fault; do
        nasm -i "$root/tests/guests/" -f bin -o "$stage/$guest.bin" "$root/tests/guests/$guest.asm"
    done
}

teardown_file() {
    jail_unstage
}

setup() {
    need_kvm
    command -v tmux >/dev/null || skip "tmux is not installed"
    cd "$BATS_TEST_TMPDIR"
    VM_ID=terminal-$BATS_TEST_NUMBER-$$
    terminal new-session -d -x 100 -y 50 "env -i TERM=screen PS1='$ ' bash --norc --noprofile" 3>&-
    type_line "cd $BATS_TEST_TMPDIR; stty -a >before"
    within test -s before
    within shown '^\$ $'
}

teardown() {
    terminal kill-server 2>/dev/null || true
    check_nothing_left
}

# terminal COMMAND...: of a tmux server of this test's own
terminal() {
    tmux -f /dev/null -S "$BATS_TEST_TMPDIR/tmux" "$@"
}

type_line() {
    terminal send-keys -l "$1"
    terminal send-keys Enter
}

# screen: what is on it, with the lines that went out at the top
screen() {
    terminal capture-pane -p -S - -J
}

shown() {
    screen | grep -q -- "$1"
}

# shown_times COUNT TEXT
shown_times() {
    [[ $(screen | grep -c -- "$2") -ge $1 ]]
}

# command OPTION...: the jailer's
jailer() {
    local uid=
    [ "$(id -u)" != 0 ] || uid="--uid $VM_UID"
    echo "$JAILER $uid --id $VM_ID --offline-samples $*"
}

# start OPTION...: types it
start() {
    type_line "$(jailer "$@"); echo status \$?"
}

start_monitor() {
    start --exec sparkler-vmm
    within shown 'Your choice: '
    within pgrep_supervisor
}

pgrep_supervisor() {
    local pid
    for pid in $(pgrep -x supervisor); do
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *"--id $VM_ID "* ]] || { supervisor=$pid; return; }
    done
    return 1
}

# terminal_is_as_before: for the shell's own next command
terminal_is_as_before() {
    type_line 'stty -a >after'
    within test -s after
    diff before after
}

@test "the menu, walked through: all five choices, every city" {
    start_monitor
    terminal send-keys 1
    within shown 'Vendor: '
    terminal send-keys ' ' 2
    within shown_times 2 'Press any key'
    local count=2 choice city
    for choice in 3 4; do
        for city in 1 2 3 4 5 6; do
            count=$((count + 1))
            terminal send-keys ' ' "$choice" "$city"
            within shown_times "$count" 'Press any key'
        done
    done
    terminal send-keys ' ' 5
    within shown 'status 0'
    screen
    [[ $(screen | grep -c 'illegal') -eq 0 ]]
    terminal_is_as_before
}

@test "a key counts without Enter, and is echoed once" {
    start_monitor
    terminal send-keys x
    within shown 'Your choice: x'
    within shown 'illegal choice'
    run ! shown 'Your choice: xx'
    terminal send-keys ' ' 5
    within shown 'status 0'
}

@test "VMM and warden hold no terminal" {
    need_root "see the descriptors of others"
    start_monitor
    for fd in 0 1 2; do
        [[ $(readlink "/proc/$(vmm)/fd/$fd") == pipe:* ]]
        [[ $(readlink "/proc/$(warden)/fd/$fd") =~ ^(pipe:.*|/dev/null)$ ]]
    done
    terminal send-keys 5
    within shown 'status 0'
}

@test "the terminal is restored after a guest that failed" {
    start --guest "$stage/triple-fault.bin" --exec sparkler-vmm
    within shown 'status 2'
    terminal_is_as_before
}

@test "the terminal is restored after SIGTERM" {
    start_monitor
    kill -TERM "$supervisor"
    within shown 'status 143'
    terminal_is_as_before
}

@test "the terminal is restored after kill -9 of the VMM" {
    start_monitor
    kill -KILL "$(vmm)"
    within shown 'status 137'
    terminal_is_as_before
}

@test "the terminal is restored after Ctrl-C, which ends the VM" {
    start_monitor
    terminal send-keys C-c
    within gone "$supervisor"
    terminal_is_as_before
}

@test "all keys are a Linux program's; Ctrl-] three times ends the VM" {
    musl-gcc -static -O2 -o "$stage/signalled" "$root/tests/probes/signalled.c"
    start --program "$stage/signalled" -- spin
    within shown 'ready'
    within pgrep_supervisor
    local count
    for count in 1 2 3; do
        terminal send-keys C-c
        within shown_times $count 'signal 02'
        terminal send-keys 'C-\'
        within shown_times $count 'signal 03'
    done
    terminal send-keys 'C-]' 'C-]' 'C-]'
    within shown 'status 137'
    terminal_is_as_before
}

@test "python3 at a terminal: an expression, Ctrl-C at the prompt and in a loop, Ctrl-D" {
    local libraries
    libraries=$(ldd /usr/bin/python3 | grep -o '/[^ ]*')
    # shellcheck disable=SC2086 # one word each
    cp -rL --parents /usr/bin/python3 /usr/lib/python3.*/ $libraries "$(mktemp -d tree.XXX)"
    mkfs.erofs --quiet python.erofs tree.*
    start --root python.erofs -- /usr/bin/python3
    within shown '^>>> $'
    type_line '20+22'
    within shown '^42$'
    terminal send-keys -l 'not entered'
    terminal send-keys C-c
    within shown '^KeyboardInterrupt$'
    type_line 'while True: pass'
    terminal send-keys Enter C-c
    within shown_times 2 '^KeyboardInterrupt$'
    terminal send-keys C-d
    within shown 'status 0'
    run ! shown 'SyntaxError'
    terminal_is_as_before
}

job_shown() {
    type_line jobs
    shown "$1"
}

@test "a shell at a terminal: Ctrl-Z, jobs, fg, Ctrl-C; it knows the terminal's size" {
    start --program "$(type -P busybox)" -- sh
    within shown '^/ # '
    type_line 'alias b=/input/busybox'
    type_line 'b stty size'
    within shown '^50 100$'
    type_line "b sh -c 'echo has \$((1+1)); exec /input/busybox sleep 1000'"
    within shown '^has 2$'
    terminal send-keys C-z
    within shown_times 1 'Stopped .*sleep 1000'
    type_line jobs
    within shown_times 2 'Stopped .*sleep 1000'
    type_line fg
    within shown '^/input/busybox sh -c '
    terminal send-keys C-c
    type_line 'echo ended $?'
    within shown '^ended 130$'
    type_line 'b cat &'
    within job_shown 'Stopped (tty input) .*cat'
    type_line fg
    within shown '^/input/busybox cat'
    terminal send-keys C-c
    type_line 'exit 5'
    within shown 'status 5'
    terminal_is_as_before
}

@test "a program at a terminal hears that the window has another size" {
    start --program /bin/busybox -- sh -c \
        "'trap \"stty size; exit\" WINCH; echo ready; while :; do sleep 0.1; done'"
    within shown '^ready'
    terminal resize-window -x 70 -y 20
    within shown '^20 70'
    within shown 'status 0'
}

# resized_at NUMBER OPTION...: the window has another size while the jailer, which has read the first
# one, is about to make its memory of that number (memfd_create(2)); the program waits for that size
resized_at() {
    type_line "strace -o trace --trace memfd_create,ioctl \
        --inject memfd_create:delay_enter=3000000:when=$1 $(jailer "${@:2}" --program /bin/busybox -- \
        sh -c "'until [ \"\$(stty size)\" = \"20 70\" ]; do sleep 0.1; done; echo heard of it $1'")"
    within grep -q KVM_CHECK_EXTENSION trace
    terminal resize-window -x 70 -y 20
    within shown "heard of it $1\$" # the command itself goes on there
    terminal resize-window -x 100 -y 50
    rm trace
}

@test "a window that has another size while the VM starts: the program hears of it" {
    command -v strace >/dev/null || skip "strace is not installed"
    resized_at 1
    resized_at 2 --feeds "$stage/feeds.json"
}

@test "vi at a terminal: what is typed is in the file" {
    start --env TERM=screen --program "$(type -P busybox)" -- sh
    within shown '^/ # '
    type_line '/input/busybox vi /tmp/file'
    within shown '^~'
    terminal send-keys -l 'itext of vi'
    terminal send-keys Enter
    terminal send-keys -l 'second line'
    within shown '^second line$'
    terminal send-keys Escape
    within shown '^- /tmp/file'
    type_line ':wq'
    type_line '/input/busybox sed s/^/is:/ /tmp/file'
    within shown '^is:text of vi$'
    shown '^is:second line$'
    terminal send-keys C-d
    within shown 'status 0'
    terminal_is_as_before
}

@test "Ctrl-D at the start of a line is a key like any other" {
    start_monitor
    terminal send-keys C-d
    within shown 'illegal choice'
    terminal send-keys ' ' 5
    within shown 'status 0'
}

@test "Ctrl-Z stops VM and supervisor and returns the terminal; fg continues them" {
    start_monitor
    terminal send-keys C-z
    within shown 'Stopped'
    within stopped # the VMM may take longer than the supervisor
    terminal_is_as_before
    type_line fg
    within running
    terminal send-keys 1
    within shown 'Vendor: '
    terminal send-keys ' ' 5
    within gone "$supervisor"
    rm after
    terminal_is_as_before
}

supervisor_stopped() {
    [[ $(ps -o stat= -p "$supervisor") == T* ]]
}

stopped() {
    supervisor_stopped && [[ $(ps -o stat= -p "$(vmm)") == T* ]]
}

@test "Ctrl-Z, then bg: VM and supervisor stay stopped together, until fg" {
    start_monitor
    terminal send-keys C-z
    within shown 'Stopped'
    for count in 1 2; do
        type_line 'bg; while [ -n "$(jobs -r)" ]; do sleep 0.1; done; echo stopped again'
        within shown_times $count '^stopped again'
        within stopped
    done
    terminal_is_as_before
    type_line fg
    within running
    terminal send-keys 5
    within gone "$supervisor"
}

@test "Ctrl-Z, then bg and kill: a signal ends a VM in the background" {
    start_monitor
    terminal send-keys C-z
    within shown 'Stopped'
    type_line 'kill %1; bg'
    within gone "$supervisor"
    check_nothing_left
    terminal_is_as_before
}

@test "started in the background, it waits for fg to take the terminal" {
    type_line "$(jailer --exec sparkler-vmm) &"
    within pgrep_supervisor
    within supervisor_stopped # the VMM may not even have its name yet
    terminal_is_as_before
    type_line fg
    within shown 'Your choice: '
    within running
    terminal send-keys 5
    within gone "$supervisor"
    rm after
    terminal_is_as_before
}

@test "in the background of a terminal with tostop, the time limit holds" {
    type_line 'stty tostop'
    type_line "($(jailer --timeout 1 --guest "$stage/talk.bin" --exec sparkler-vmm) </dev/null
echo status \$? >ended) &"
    within grep -qs 'status 3' ended
    check_nothing_left
}

# stop_and_start COMMAND: with a terminal that is stopped as by Ctrl-S; its status is in `ended`
stop_and_start() {
    type_line "python3 -c 'import termios as t; t.tcflow(1, t.TCOOFF)'; $1; echo status \$? >ended; \
python3 -c 'import termios as t; t.tcflow(1, t.TCOON)'"
}

@test "a stopped terminal delays neither the end, the time limit nor a signal" {
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o "$stage/stray" "$root/tests/probes/stray.c"
    stop_and_start "$(jailer --exec "$stage/stray" -- flood)"
    within grep -qs 'status 0' ended
    check_nothing_left
    stop_and_start "$(jailer --timeout 1 --guest "$stage/talk.bin" --exec sparkler-vmm)"
    within grep -qs 'status 3' ended
    check_nothing_left
    stop_and_start "$(jailer --guest "$stage/talk.bin" --exec sparkler-vmm)"
    within pgrep_supervisor
    kill -TERM "$supervisor"
    within grep -qs 'status 143' ended
}

@test "the prompt starts a new line after Ctrl-C, a signal or the time limit" {
    start_monitor
    terminal send-keys C-c
    within gone "$supervisor"
    within shown '^\$ $'
    local count=1 # of the VMs on the screen
    for end in 3600 3; do
        count=$((count + 1))
        start --timeout $end --exec sparkler-vmm
        if [[ $end -ne 3 ]]; then
            within shown_times $count 'Your choice: '
            within pgrep_supervisor
            kill -TERM "$supervisor"
        fi
        within shown_times $count '^status '
        screen
        shown_times $((count - 1)) '^Your choice: $' # Ctrl-C itself was echoed there
        shown_times $count '^jailer: VM .* ended after '
    done
}

@test "at a terminal, a guest that halts has no last line on the log" {
    start_monitor
    terminal send-keys 5
    within shown 'status 0'
    run ! shown 'ended after'
}

@test "--daemonize at a terminal: shows why a VM ended before it was up, then lets the terminal go" {
    for count in 1 2 3 4 5; do # on a busy machine a VM may take longer than the parent waits
        start --daemonize --exec sparkler-vmm
        within shown_times $count '^status'
        check_nothing_left
        ! shown '^status 4' || break
    done
    screen
    shown "console's input is closed"
    shown 'ended after .* with status 4'
    check_nothing_left
    type_line clear
    start --daemonize --guest "$stage/poke-spin.bin" --exec sparkler-vmm
    within shown 'status 0'
    within pgrep_supervisor
    for fd in 0 1 2; do
        [[ $(id -u) -ne 0 || $(readlink "/proc/$supervisor/fd/$fd") == /dev/null ]]
    done
    kill "$supervisor"
    within gone "$supervisor"
}

# The broker that checks the feeds file, a child of the jailer.
checker() {
    local pid
    for pid in $(pgrep -x jailer); do
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *"--id $VM_ID "* ]] ||
            ! child "$pid" attempt-broker 127 || return 0
    done
    return 1
}

@test "the check of the feeds file holds no terminal, and is ended by Ctrl-C" {
    need_root "see the descriptors of others"
    start --broker "$stage/attempt-broker" --feeds "$stage/feeds.json" --exec sparkler-vmm
    within checker
    for fd in 0 1 2; do
        [[ $(readlink "/proc/$(checker)/fd/$fd") =~ ^(pipe:.*|/dev/null)$ ]]
    done
    terminal send-keys C-c
    within shown 'status 130'
}

running() {
    [[ $(ps -o stat= -p "$(vmm)") == S* && $(ps -o stat= -p "$supervisor") == S* ]]
}

@test "a killed supervisor cannot restore the terminal: stty icanon does; nothing else is left" {
    start_monitor
    kill -KILL "$supervisor"
    within shown 'status 137'
    check_nothing_left
    type_line 'stty icanon'
    terminal_is_as_before
}

@test "escape sequences of the guest are shown, not obeyed" {
    start --guest "$stage/escapes.bin" --exec sparkler-vmm
    within shown 'status 0'
    screen
    shown 'before^\[]2;pwned^G^\[\[2Jafter'
    [[ $(terminal display-message -p '#{pane_title}') != pwned ]]
}

@test "a Linux program has colours and the cursor, and no title; its changes are undone" {
    start --program /bin/busybox -- printf %b \
        "'\033]2;pwned\007 \033[31mred\033[0m \033[20;5Hthere\033[?25l\033[6n\n'"
    within shown 'status 0'
    shown '\^\[]2;pwned red'
    shown '^    there$'
    terminal capture-pane -e -p | grep -q $'\033\\[31mred'
    [[ $(terminal display-message -p '#{pane_title} #{cursor_flag}') != pwned* ]]
    [[ $(terminal display-message -p '#{cursor_flag}') == 1 ]]
}

@test "--console raw: escape sequences of the guest are obeyed" {
    start --console raw --guest "$stage/escapes.bin" --exec sparkler-vmm
    within shown 'status 0'
    [[ $(terminal display-message -p '#{pane_title}') == pwned ]]
}

@test "a guest that prints forever does not block Ctrl-C" {
    start --guest "$stage/talk.bin" --exec sparkler-vmm
    within shown 'Can anybody hear me'
    within pgrep_supervisor
    terminal send-keys C-c
    within gone "$supervisor"
    terminal_is_as_before
}
