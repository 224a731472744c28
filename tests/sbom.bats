# The bill of materials has what readelf, dpkg and a running broker say.

load lib.bash

setup_file() {
    command -v jq >/dev/null && command -v dpkg-query >/dev/null || return 0
    make_sbom
}

setup() {
    command -v jq >/dev/null || skip "jq is missing: apt-get install jq"
    command -v dpkg-query >/dev/null || skip "there is no dpkg, whose packages it lists"
    sbom=$BATS_TEST_TMPDIR/sbom.json
    cp "$build/sparkler.spdx.json" "$sbom"
    programs=(bin/{jailer,sparkler-oci,sparkler-policy} libexec/sparkler/sparkler-{vmm,netbroker})
}

teardown() {
    [ -z "${VM_ID:-}" ] || { vm_teardown && jail_unstage; }
}

# make_sbom [NAME=VALUE...]: in this environment
make_sbom() {
    env -u MAKEFLAGS -u MAKELEVEL "$@" \
        make -s -C "$root" BUILD="${BUILD:-build}" PREFIX=/usr PACKAGES_DEB= sbom
}

# has_packages: the document has the packages of this machine's files on stdin, in their versions;
# prints those that it lacks, and fails
has_packages() {
    local files found lacking
    files=$(xargs realpath | sed 's|^/usr||' | sort -u)
    # some packages have their files in /lib, others in /usr/lib
    found=$(sed 'p; s|^|/usr|' <<<"$files" | xargs dpkg-query --search 2>/dev/null || true)
    [ "$(wc -l <<<"$found")" -eq "$(wc -l <<<"$files")" ] || { echo "no package has: $files" && return 1; }
    # shellcheck disable=SC2046 # a list
    lacking=$(dpkg-query --show $(sed 's/[:,].*//' <<<"$found" | sort -u) | sed 's/:[a-z0-9]*\t/\t/' |
        grep -vxFf <(jq --raw-output '.packages[] | "\(.name)\t\(.versionInfo)"' "$sbom") || true)
    [ -z "$lacking" ] || { echo "missing: $lacking" && return 1; }
}

# links PROGRAM KIND: the names of what the document says was linked into the program
links() {
    jq --raw-output --arg file "./usr/$1" --arg kind "$2" '
        (.files[] | select(.fileName == $file).SPDXID) as $program | .relationships[]
        | select(.spdxElementId == $program and .relationshipType == $kind).comment
        | split(", ")[]' "$sbom" | sort
}

# complete: the document has all that the programs ask the loader for, and that it adds
complete() {
    local program needed
    for program in "${programs[@]}"; do
        needed=$(readelf -dW "$build/sbom/usr/$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort)
        [ "$(links "$program" DYNAMIC_LINK)" = "$needed" ] || { echo "$program needs $needed" && return 1; }
    done
    for program in "${programs[@]}"; do
        ldd "$build/sbom/usr/$program"
    done | grep -o '/[^ ]*' | has_packages
}

@test "it has every library that a program is linked with, and those that these load" {
    complete
}

@test "a library that it lacks would be found" {
    local name
    for name in libcurl4 libseccomp2 zlib1g; do
        jq --arg name "$name" 'del(.packages[] | select(.name == $name))' "$build/sparkler.spdx.json" >"$sbom"
        run complete
        echo "$name: $output"
        [[ $status -eq 1 && $output == "missing: $name"* ]]
    done
    jq 'del(.relationships[] | select(.comment == "libjson-c.so.5"))' "$build/sparkler.spdx.json" >"$sbom"
    run complete
    [[ $status -eq 1 && $output == *" needs "*libjson-c.so.5* ]]
}

@test "it has what was linked statically, which no other tool can tell afterwards" {
    [[ $(links bin/jailer STATIC_LINK | xargs) == "crti.o crtn.o libc.a rcrt1.o" ]]
    [[ $(links libexec/sparkler/sparkler-vmm STATIC_LINK) == *libc.a* ]]
    [[ $(links libexec/sparkler/sparkler-netbroker STATIC_LINK) == *Scrt1.o* ]]
    { echo /usr/lib/x86_64-linux-musl/libc.a && gcc -print-file-name=crtbeginS.o; } | has_packages
}

@test "it has all that a running broker and its resolver have loaded" {
    need_root "see what they have loaded"
    VM_ID=sbom-$$
    need_kvm
    jail_stage
    cd "$BATS_TEST_TMPDIR"
    vm_start root --id "$VM_ID" --offline-samples
    ask_for_tweet
    grep -ho '/.*\.so.*' "/proc/$(broker)/maps" "/proc/$(resolver)/maps" | sort -u >libraries
    press 5
    vm_wait
    [[ $(wc -l <libraries) -gt 10 ]]
    has_packages <libraries
}

@test "it has every installed file with its checksum, and refers to nothing that it lacks" {
    cd "$build/sbom"
    diff <(find . -type f | sort) <(jq --raw-output '.files[].fileName' "$sbom" | sort)
    jq --raw-output '.files[]
        | "\(.checksums[] | select(.algorithm == "SHA256").checksumValue)  \(.fileName)"' "$sbom" |
        sha256sum --check --quiet
    [[ $(jq --raw-output '.packages[0].packageVerificationCode.packageVerificationCodeValue' "$sbom") == \
        "$(find . -type f -exec sha1sum {} + | cut -c 1-40 | sort | tr -d '\n' | sha1sum | cut -c 1-40)" ]]
    jq --exit-status '[.SPDXID, .packages[].SPDXID, .files[].SPDXID] as $ids
        | ($ids | length) == ($ids | unique | length)
        and all(.relationships[] | .spdxElementId, .relatedSpdxElement; IN($ids[]))' "$sbom"
}

@test "the same programs give the same bytes, dated by SOURCE_DATE_EPOCH" {
    make_sbom LC_ALL=C.UTF-8 TZ=Asia/Kolkata
    cmp "$build/sparkler.spdx.json" "$sbom"
    make_sbom SOURCE_DATE_EPOCH=1000000000
    [[ $(jq --raw-output .creationInfo.created "$build/sparkler.spdx.json") == 2001-09-09T01:46:40Z ]]
    cp "$sbom" "$build/sparkler.spdx.json"
}
