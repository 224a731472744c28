# What the toolchain has done to harden each program, read from the programs themselves.

setup() {
    command -v readelf >/dev/null || skip "readelf is missing: apt-get install binutils"
    build="$BATS_TEST_DIRNAME/../${BUILD:-build}"
    ours=(jailer sparkler-vmm sparkler-netbroker sparkler-policy sparkler-oci)
}

# each CHECK: runs it with every program; names those that fail
each() {
    local program failed=0
    for program in "${ours[@]}"; do
        "$1" "$build/$program" || { echo "$program: not $1"; failed=1; }
    done
    [ "$failed" -eq 0 ]
}

pie() { readelf -dW "$1" | grep -q 'FLAGS_1.* PIE'; }
@test "every program is position-independent" {
    each pie
}

static() { ! readelf -lW "$1" | grep -q INTERP && ! readelf -dW "$1" | grep -q NEEDED; }
@test "jailer and sparkler-vmm need no loader and no library" {
    ours=(jailer sparkler-vmm)
    each static
}

relro() { readelf -lW "$1" | grep -q GNU_RELRO; }
@test "RELRO: relocated data becomes read-only" {
    each relro
}

bind_now() { readelf -dW "$1" | grep -q 'FLAGS_1.* NOW'; }
@test "BIND_NOW: all of it, before main()" {
    each bind_now
}

data_only_stack() { [ "$(readelf -lW "$1" | awk '$1 == "GNU_STACK" {print $7}')" = RW ]; }
@test "no executable stack" {
    each data_only_stack
}

write_or_execute() { readelf -lW "$1" | awk '$1 == "LOAD" && /W/ && /E/ {exit 1}'; }
@test "no segment is writable and executable" {
    each write_or_execute
}

free_of_text_relocations() { ! readelf -dW "$1" | grep -q TEXTREL; }
@test "no text relocations" {
    each free_of_text_relocations
}

free_of_library_paths() { ! readelf -dW "$1" | grep -qE 'RPATH|RUNPATH'; }
@test "no RPATH, no RUNPATH" {
    each free_of_library_paths
}

plain_file() { [ ! -u "$1" ] && [ ! -g "$1" ] && ! capable "$1"; }
capable() {
    python3 -c 'import os, sys; sys.exit("security.capability" not in os.listxattr(sys.argv[1]))' "$1"
}
@test "no set-user-ID, set-group-ID or file capability, built or installed" {
    each plain_file
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$BATS_TEST_DIRNAME/.." BUILD="${BUILD:-build}" \
        DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/p install
    build=$BATS_TEST_TMPDIR/p
    ours=(bin/jailer bin/sparkler-policy libexec/sparkler/sparkler-{vmm,netbroker})
    each plain_file
}

# objects FOLDER...: what was compiled from our sources; with musl where that is what is shipped
objects() {
    local directory

    for directory; do
        case $directory in
        jailer | vmm) find "$build/obj/musl/$directory" -name '*.o' ;;
        *) find "$build/obj/$directory" -name '*.o' ;;
        esac
    done
}

# A function with an array calls __stack_chk_fail; one without is not changed.
@test "stack protector: in every program, and in our own code" {
    for directory in jailer vmm netbroker policy; do
        objects "$directory" | xargs nm -A | grep -q 'U __stack_chk_fail'
    done
}

@test "FORTIFY: our own code calls the checked functions, where the C library has them (not musl)" {
    for directory in netbroker policy; do
        objects "$directory" | xargs nm -A | grep -qE 'U __[a-z]+_chk$'
    done
}

# The linker marks a program only if all that it is made of is marked, the C library's start too.
@test "CET: all of our code is marked for indirect branch tracking and the shadow stack" {
    marked='x86 feature: IBT, SHSTK'
    for object in $(objects jailer vmm netbroker policy); do
        readelf -nW "$object" | grep -q "$marked" || { echo "$object is not"; return 1; }
    done
    if readelf -nW "$(gcc -print-file-name=crt1.o)" | grep -q "$marked"; then
        for program in sparkler-netbroker sparkler-policy sparkler-oci; do
            readelf -nW "$build/$program" | grep -q "$marked"
        done
    fi
}

@test "all of our code: variables start as zero, registers are cleared at a return" {
    for object in $(objects jailer vmm netbroker policy); do
        readelf --debug-dump=info "$object" | grep DW_AT_producer >"$BATS_TEST_TMPDIR/producer"
        for flag in -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr; do
            grep -q -e " $flag " "$BATS_TEST_TMPDIR/producer" || { echo "$object: $flag"; return 1; }
        done
    done
}
