# The completion of the jailer's command line, in shells that somebody types into.

load lib.bash

setup() {
    command -v tmux >/dev/null || skip "tmux is not installed"
    cd "$BATS_TEST_TMPDIR"
    touch guest-file
    mkdir bin
    cp "$build/jailer" bin
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

completes_options_choices_and_files() {
    completes 'jailer --offl' 'jailer --offline-samples'
    completes 'jailer --console r' 'jailer --console raw'
    completes 'jailer --guest guest-' 'jailer --guest guest-file'
    completes 'jailer --hostn' 'jailer --hostname'
}

@test "bash" {
    shell 'bash --norc --noprofile' "source $build/completion/jailer"
    completes_options_choices_and_files
}

@test "zsh" {
    command -v zsh >/dev/null || skip "zsh is missing: apt-get install zsh"
    mkdir functions
    cp "$build/completion/_jailer" functions
    shell 'zsh -f' "fpath=($PWD/functions \$fpath); autoload -U compinit; compinit -D"
    completes_options_choices_and_files
}

@test "every option of --help is completed" {
    local shell option
    for shell in jailer _jailer; do
        for option in $({ "$build/jailer" --help && "$build/jailer" --help=linux; } |
            grep -o -- '--[a-z][a-z-]*'); do
            grep -qE -- "$option\\b" "$build/completion/$shell" || { echo "$shell: $option" && false; }
        done
    done
}
