# A person at a terminal: tmux is the terminal, the shell in it runs the jailer.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    need_kvm
    command -v tmux >/dev/null || skip "tmux is not installed"
    jail_stage
    local guest
    for guest in escapes talk triple-fault; do
        nasm -i "$root/tests/guests/" -f bin -o "$stage/$guest.bin" "$root/tests/guests/$guest.asm"
    done
}

teardown_file() {
    jail_unstage
}

setup() {
    need_kvm
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

# start OPTION...: types the jailer's command, and waits for the menu
start() {
    local uid=
    [ "$(id -u)" != 0 ] || uid="--uid $VM_UID"
    type_line "$JAILER $uid --id $VM_ID --offline-samples $*; echo status \$?"
}

start_monitor() {
    start --exec sparkler-vmm
    within shown 'Your choice: '
    within pgrep_supervisor
}

pgrep_supervisor() {
    local pid
    for pid in $(pgrep -x supervisor); do
        supervisor=$pid
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *"--id $VM_ID "* ]] || return 0
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

@test "the VM holds no terminal" {
    need_root "see the descriptors of others"
    start_monitor
    for fd in 0 1 2; do
        [[ $(readlink "/proc/$(vmm)/fd/$fd") == pipe:* ]]
        [[ $(readlink "/proc/$(warden)/fd/$fd") =~ ^(pipe:.*|/dev/null)$ ]]
    done
    terminal send-keys 5
    within shown 'status 0'
}

@test "the terminal is as it was after a guest that failed" {
    start --guest "$stage/triple-fault.bin" --exec sparkler-vmm
    within shown 'status 2'
    terminal_is_as_before
}

@test "the terminal is as it was after SIGTERM" {
    start_monitor
    kill -TERM "$supervisor"
    within shown 'status 143'
    terminal_is_as_before
}

@test "the terminal is as it was after kill -9 of the VMM" {
    start_monitor
    kill -KILL "$(vmm)"
    within shown 'status 137'
    terminal_is_as_before
}

@test "the terminal is as it was after Ctrl-C, which ends the VM" {
    start_monitor
    terminal send-keys C-c
    within gone "$supervisor"
    terminal_is_as_before
}

@test "Ctrl-D at the start of a line is a key like others" {
    start_monitor
    terminal send-keys C-d
    within shown 'illegal choice'
    terminal send-keys ' ' 5
    within shown 'status 0'
}

@test "Ctrl-Z stops VM and supervisor, the shell has its terminal; fg goes on" {
    start_monitor
    terminal send-keys C-z
    within shown 'Stopped'
    [[ $(ps -o stat= -p "$(vmm)") == T* ]]
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

running() {
    [[ $(ps -o stat= -p "$(vmm)") == S* && $(ps -o stat= -p "$supervisor") == S* ]]
}

@test "a killed supervisor cannot put the terminal back: stty icanon does; nothing else is left" {
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

@test "--console raw: escape sequences of the guest are obeyed" {
    start --console raw --guest "$stage/escapes.bin" --exec sparkler-vmm
    within shown 'status 0'
    [[ $(terminal display-message -p '#{pane_title}') == pwned ]]
}

@test "a guest that prints for ever leaves Ctrl-C its way" {
    start --guest "$stage/talk.bin" --exec sparkler-vmm
    within shown 'Can anybody hear me'
    within pgrep_supervisor
    terminal send-keys C-c
    within gone "$supervisor"
    terminal_is_as_before
}
