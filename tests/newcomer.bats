# What somebody meets who has just cloned this: packages that are missing, no KVM, the installation.
# Apt-get, sudo and id are stand-ins here, which write down how they were called; tests/fresh has
# the real ones, on a machine where all is missing.

bats_require_minimum_version 1.5.0

load lib.bash

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir bin
    stand_in apt-get
    stand_in sudo
    PATH=$PWD/bin:$PATH
}

# stand_in NAME [LINE...]: a program that notes its arguments in ./calls, then runs lines of sh
stand_in() {
    printf '%s\n' '#!/bin/sh' "echo \"$1 \$*\" >>'$BATS_TEST_TMPDIR/calls'" "${@:2}" >"bin/$1"
    chmod +x "bin/$1"
    touch calls
}

# calls TEXT: so were the stand-ins called, and not once more
calls() {
    diff calls - <<<"$1"
}

# in_make ARGUMENT...: make, as if it were not make that runs this test
in_make() {
    env -u MAKEFLAGS -u MAKELEVEL -u T make --no-print-directory -C "$root" "$@"
}

# as_other_user GROUP COMMAND...: where /dev/kvm belongs to root and that group
as_other_user() {
    unshare --mount sh -c 'rm -f "$0" && mknod -m 660 "$0" c 10 232 && chgrp "$1" "$0" &&
        mount --bind "$0" /dev/kvm && shift &&
        exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' \
        "$PWD/kvm" "$@"
}

@test "a package that is missing is named, with the command that installs it" {
    run "$root/tests/packages" make none-such none-either
    [[ $status -eq 1 ]]
    [[ $output == "Packages are missing: none-such none-either"$'\n'* ]]
    [[ $output == *" apt-get install --no-install-recommends none-such none-either" ]]
    [[ ! -s calls ]]
    run "$root/tests/packages" make
    [[ $status -eq 0 && -z $output ]]
}

@test "plain make stops there, before it compiles anything; make deps installs" {
    run in_make -j 4 BUILD="$PWD/build" PACKAGES_BUILD=none-such
    echo "$output"
    [[ $status -eq 2 ]]
    [[ $output == "Packages are missing: none-such"* ]]
    [[ $(grep -cE '^  [A-Z]+ ' <<<"$output") -eq 0 ]]
    [[ ! -s calls ]]
    in_make BUILD="$PWD/build" PACKAGES_BUILD=none-such PACKAGES_CHECK= PACKAGES_RIG= \
        PACKAGES_FRESH=none-either PACKAGES_DEB= deps
    grep 'apt-get -qq install .* none-such none-either$' calls
}

@test "packages are installed in silence, with new lists of packages if the old ones do not do" {
    stand_in id 'echo 0'
    run "$root/tests/packages" --install none-such
    [[ $status -eq 0 ]]
    [[ $output == "Installing by apt-get: none-such" ]]
    local install="apt-get -qq install -y --no-install-recommends none-such"
    calls "id -u"$'\n'"$install"

    rm calls
    stand_in apt-get 'seq 300' '[ "$2" = update ] || { echo "E: no such package"; exit 100; }'
    run "$root/tests/packages" --install none-such
    [[ $status -eq 1 ]]
    [[ ${lines[1]} == "E: no such package" ]]
    [[ ${lines[-1]} == "    apt-get install --no-install-recommends none-such" ]]
    [[ ${#lines[@]} -eq 4 ]]
    calls "id -u"$'\n'"$install"$'\n'"apt-get -qq update"$'\n'"$install"
}

@test "without the right to install: one question, and the line for an administrator" {
    stand_in id 'echo 1000'
    stand_in sudo 'exit 1'
    run "$root/tests/packages" --install none-such
    [[ $status -eq 1 ]]
    [[ ${#lines[@]} -eq 3 ]]
    [[ ${lines[2]} == "    apt-get install --no-install-recommends none-such" ]]
    calls $'id -u\nsudo -n true\nsudo -v'
}

@test "with sudo, its right is asked for once" {
    stand_in id 'echo 1000'
    stand_in sudo '[ "$1" = env ] || exit 0' 'exec "$@"'
    "$root/tests/packages" --install none-such
    grep -c '^apt-get' calls
    [[ $(grep -c '^apt-get' calls) -eq 1 ]]
    [[ $(grep -c '^sudo -' calls) -eq 1 ]]
}

@test "a machine without KVM or namespaces: which of them, and the remedy" {
    run bwrap --dev-bind / / --dev /dev "$root/tests/native"
    [[ $status -eq 1 ]]
    [[ $output == *"there is no /dev/kvm; load the module kvm_intel or kvm_amd"* ]]
    need_kvm
    run unshare --user --map-root-user sh -c \
        'echo 0 >/proc/sys/user/max_user_namespaces; exec "$0"' "$root/tests/native"
    [[ $status -eq 1 ]]
    [[ $output == *"namespaces are forbidden; sysctl user.max_user_namespaces=10000" ]]
}

@test "a user who may not open /dev/kvm is told which group to join" {
    need_root "put another /dev/kvm there"
    run as_other_user audio "$root/tests/native"
    [[ $status -eq 1 ]]
    [[ $output == *"/dev/kvm: permission denied; join its group (sudo usermod -aG audio "* ]]
    run as_other_user root "$root/tests/native"
    [[ $status -eq 1 ]]
    [[ $output == *"no group has it: sudo chgrp kvm /dev/kvm"* ]]
}

@test "without KVM, the remedy comes before packages and emulation" {
    stand_in apt-get 'exit 100' # it is enough that it would install
    run bwrap --dev-bind / / --dev /dev env -u MAKEFLAGS -u MAKELEVEL \
        make -s -C "$root" BUILD="${BUILD:-build}" PACKAGES_RIG=none-such run
    [[ $status -eq 2 ]]
    [[ ${lines[0]} == *"there is no /dev/kvm"* ]]
    [[ ${lines[1]} == "Second best: emulation"*" MiB to download"* ]]
    [[ ${lines[2]} == "Installing by apt-get: none-such" ]]
}

@test "in a chroot, make and the jailer say that / is not a mount point" {
    need_root "enter a chroot"
    need_kvm
    for command in "tests/native" "${BUILD:-build}/jailer --exec sparkler-vmm"; do
        run unshare --mount sh -c 'mkdir tree && mount -t tmpfs tree tree && mkdir tree/root &&
            cd tree/root && for name in bin lib lib64 etc usr dev proc sys run tmp "${1#/}"; do
                mkdir -p "$name" && mount --rbind "/$name" "$name" || exit
            done && exec chroot . sh -c "cd $1 && $2"' sh "$root" "$command" </dev/null
        echo "$output"
        rmdir tree
        [[ $status -eq 1 ]]
        [[ $output == *"/ is not a mount point"*"enter it by pivot_root"* ]]
    done
}

@test "objects are made anew when the compiler's options are others" {
    local object=$PWD/build/obj/policy/tool/evaluate.o
    in_make -s BUILD="$PWD/build" "$object"
    # compiled ARGUMENT...: how often make would compile now
    compiled() {
        in_make -n V=1 BUILD="$PWD/build" "$@" "$object" | grep -c ' -c -o ' || true
    }
    [[ $(compiled) -eq 0 ]]
    [[ $(compiled PREFIX=/elsewhere) -eq 0 ]]
    [[ $(compiled EXTRA=-DANOTHER) -eq 1 ]]
}

@test "make test runs one file, those of its tests that match, or a unit test" {
    run in_make -s BUILD="${BUILD:-build}" T='monitor:menu' test
    echo "$output"
    [[ $status -eq 0 && ${lines[-1]} =~ ^[1-3]' passed, 0 failed, 0 skipped'$ ]]
    run in_make -s BUILD="${BUILD:-build}" T=unit/text test
    [[ $status -eq 0 && ${lines[-1]} == *" passed, 0 failed, 0 skipped" ]]
    run in_make -s BUILD="${BUILD:-build}" T=none test
    [[ $status -ne 0 && $output == *'tests/none.bats" does not exist'* ]]
    run in_make -s BUILD="${BUILD:-build}" test
    [[ $status -ne 0 && $output == *"make test: which? T=life"* ]]
}

@test "what is installed has what its texts refer to, and can be uninstalled" {
    in_make -s BUILD="${BUILD:-build}" PREFIX="$PWD/prefix" install
    [[ -r prefix/share/sparkler/policy/fds.h && -r prefix/share/doc/sparkler/LICENSE ]]
    [[ -r prefix/share/sparkler/examples/geocoder.json && -r prefix/share/sparkler/examples/README.md ]]
    run ! grep -r --include='*.md' -E '\]\([^#]' prefix
    [[ -r prefix/share/doc/sparkler/jailer/oci/README.md ]]
    grep -qF 'sparkler-guest(7)' prefix/share/doc/sparkler/README.md
    local page
    for page in "$root"/{guest,jailer,jailer/oci,policy}/*.[1-8]; do
        [[ -r prefix/share/man/man${page##*.}/${page##*/} ]]
    done
    in_make -s PREFIX="$PWD/prefix" uninstall
    [[ -z $(find prefix ! -type d) ]]
}

@test "what is installed finds its parts from where it is" {
    need_kvm
    in_make -s BUILD="${BUILD:-build}" PREFIX="$PWD/prefix" install
    mv prefix moved
    run moved/bin/jailer --offline-samples --exec sparkler-vmm <<<5
    [[ $status -eq 0 && $output == *"The guest halts."* ]]
    rm moved/share/sparkler/monitor.bin
    run moved/bin/jailer --exec sparkler-vmm
    [[ $status -eq 1 && $output == *"/moved/bin/../share/sparkler/monitor.bin"* ]]
}

@test "the suite runs in another order, the same for the same number, and leaves out nothing" {
    local name
    for name in a b c d e f g h; do
        stand_in "$name" "echo 'ok 1 - $name'"
    done
    order() {
        ORDER=$1 "$root/tests/run" "$PWD"/bin/{a,b,c,d,e,f,g,h} | grep -v ' s$'
    }
    [[ $(order 1) == "$(order 1)" ]]
    [[ $(order 1) != "$(order 2)" ]]
    [[ $(order 1 | tail -n 1) == "8 passed, 0 failed, 0 skipped" ]]
}

@test "the suite fails if no test has the name that it was given" {
    echo '@test "one" { true; }' >some.bats
    run "$root/tests/run" "$PWD/some.bats:one" "$PWD/some.bats:two"
    echo "$output"
    [[ $status -eq 1 && $output == *"  - $PWD/some.bats:two: no test has a name that matches"* ]]
    [[ ${lines[-1]} == "1 passed, 1 failed, 0 skipped" ]]
}

@test "a fresh machine needs root, and says so" {
    stand_in id 'echo 1000'
    run "$root/tests/fresh/run"
    [[ $status -eq 1 ]]
    [[ $output == "fresh: only root can make such a root: sudo make check-fresh" ]]
}
