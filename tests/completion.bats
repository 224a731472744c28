# The completion of command lines, in shells that somebody types into.

load lib.bash

setup() {
    command -v tmux >/dev/null || skip "tmux is not installed"
    cd "$BATS_TEST_TMPDIR"
    touch guest-file
    mkdir bin
    cp "$build"/{jailer,sparkler-oci,sparkler-policy} bin
    mkdir -p states/kept-container # one that has ended
    echo '{}' >states/kept-container/state.json
}

teardown() {
    terminal kill-server 2>/dev/null || true
}

# terminal COMMAND...: of a tmux server of this test's own
terminal() {
    tmux -f /dev/null -S "$BATS_TEST_TMPDIR/tmux" "$@"
}

# shell COMMAND SET-UP: a shell in the terminal
shell() {
    terminal new-session -d -x 100 -y 50 "env -i TERM=screen PATH=$PWD/bin:$PATH $1" 3>&-
    terminal send-keys -l "PS1='> '; $2; echo ready" \; send-keys Enter
    within shown '^ready$'
}

shown() {
    terminal capture-pane -p -J | grep -q -- "$1"
}

# completes TYPED COMPLETED: by the tabulator, at the prompt
completes() {
    terminal send-keys -l "$1" \; send-keys Tab
    within shown "^> $2"
    terminal send-keys C-u C-l
}

completes_command_lines() {
    completes 'jailer --offl' 'jailer --offline-samples'
    completes 'jailer --console r' 'jailer --console raw'
    completes 'jailer --console=r' 'jailer --console=raw'
    completes 'jailer --guest guest-' 'jailer --guest guest-file'
    completes 'jailer --guest=guest-' 'jailer --guest=guest-file'
    completes 'jailer --hostn' 'jailer --hostname'
    completes 'sparkler-oci --systemd-cgroup kil' 'sparkler-oci --systemd-cgroup kill'
    completes 'sparkler-oci list --quiet --format j' 'sparkler-oci list --quiet --format json'
    completes 'sparkler-oci --root states kill ke' 'sparkler-oci --root states kill kept-container'
    completes 'sparkler-oci --root=states kill ke' 'sparkler-oci --root=states kill kept-container'
    completes 'sparkler-oci image --output guest- sta' 'sparkler-oci image --output guest- states/'
    completes 'sparkler-policy expl' 'sparkler-policy explain'
    completes 'sparkler-policy explain --json sparkler-n' \
        'sparkler-policy explain --json sparkler-netbroker'
    completes 'sparkler-policy feeds --j' 'sparkler-policy feeds --json'
    completes 'sparkler-policy check states guest-' 'sparkler-policy check states guest-file'
}

@test "bash" {
    shell 'bash --norc --noprofile' "for file in $build/completion/bash/*; do source \$file; done"
    completes_command_lines
    completes 'sparkler-oci kill some-container SIGTER' 'sparkler-oci kill some-container SIGTERM'
}

@test "zsh" {
    command -v zsh >/dev/null || skip "zsh is missing: apt-get install zsh"
    shell 'zsh -f' "fpath=($build/completion/zsh \$fpath); autoload -U compinit; compinit -D"
    completes_command_lines
    completes 'sparkler-oci kill some-container TER' 'sparkler-oci kill some-container TERM'
}

# help PROGRAM: all that it prints
help() {
    "$build/$1" --help
    [[ $1 != jailer ]] || "$build/$1" --help=linux
}

@test "every command and option of --help is completed" {
    local program word
    for program in jailer sparkler-oci sparkler-policy; do
        for word in $(help "$program" | grep -oP '(^  |\[|, |\| )\K--[a-z-]+|^  \K[a-z]+ '); do
            [[ $(grep -lw -- "$word" "$build/completion"/{bash/,zsh/_}"$program" | wc -l) -eq 2 ]] || {
                echo "$program: $word" && false
            }
        done
    done
}
