# The packages of make deb: the same bytes wherever they are built, what they say of their files, and
# signatures. tests/fresh/package installs them.

bats_require_minimum_version 1.5.0

load lib.bash

# Why the packages cannot be made here, or nothing.
lacking() {
    local program
    [[ ! -d /run/rig ]] || echo "it checks what is built, which takes an hour in emulation"
    for program in dh lintian blhc autopkgtest debsign gpg jq; do
        command -v "$program" >/dev/null || echo "$program is missing: make deb installs what it needs"
    done
}

setup_file() {
    [[ -z $(lacking) ]] || return 0
    cd "$BATS_FILE_TMPDIR"
    deb_in one LC_ALL=C.UTF-8 TZ=UTC
    (
        umask 077
        deb_in another/directory/below LC_ALL=C TZ=Asia/Kolkata USER=somebody DEB_BUILD_OPTIONS=parallel=1
    )
}

setup() {
    local lacks
    lacks=$(lacking)
    [[ -z $lacks ]] || skip "${lacks%%$'\n'*}"
    cd "$BATS_TEST_TMPDIR"
    deb=$BATS_FILE_TMPDIR/one/build/deb
}

teardown() {
    [ ! -d gnupg ] || GNUPGHOME=$PWD/gnupg gpgconf --kill all
}

# deb_in DIRECTORY [NAME=VALUE...]: make deb with a copy of the sources there, in this environment
deb_in() {
    copy_sources "$1"
    env -u MAKEFLAGS -u MAKELEVEL "${@:2}" make -s -C "$1" BUILD=build deb
}

@test "two packages, from two directories, at two times and in two environments, are the same bytes" {
    local package same=0
    for package in "$deb"/*.deb; do
        echo "$package"
        cmp "$package" "$BATS_FILE_TMPDIR/another/directory/below/build/deb/${package##*/}"
        same=$((same + 1))
    done
    [[ $same -eq 3 ]]
}

@test "the packages have a bill of materials, with each of their files as it is installed" {
    local package sbom=./usr/share/doc/sparkler/sparkler.spdx.json
    for package in "$deb"/sparkler_*.deb "$deb"/sparkler-guests_*.deb; do
        dpkg-deb --extract "$package" .
    done
    diff <(find . -type f ! -path $sbom | sort) <(jq --raw-output '.files[].fileName' $sbom | sort)
    jq --raw-output '.files[]
        | "\(.checksums[] | select(.algorithm == "SHA256").checksumValue)  \(.fileName)"' $sbom |
        sha256sum --check --quiet
    jq --exit-status --arg file $sbom \
        '.packages[0].packageVerificationCode.packageVerificationCodeExcludedFiles == [$file]' $sbom
    [[ $(jq --raw-output '.packages[0].versionInfo' $sbom) == \
        "$(dpkg-deb --field "$deb"/sparkler_*.deb Version)" ]]
}

@test "what manual pages name in ../share is in the package, under that name" {
    local name
    dpkg-deb --extract "$deb"/sparkler_*.deb .
    for name in $(grep -oh '\.\./share/[A-Za-z./-]*[A-Za-z]' \
        "$root"/{guest,jailer,jailer/oci,policy}/*.[1-8] | sort -u); do
        echo "$name"
        [ -e "usr/${name#../}" ]
    done
}

# signed: dscverify finds good signatures by the key in ./keyring, and the files as they were signed
signed() {
    dscverify --no-conf --no-default-keyrings --keyring "$PWD/keyring" build/deb/*.changes
}

# new_key NAME: to sign with, of nobody; its public part is then in ./keyring
new_key() {
    gpg --batch --quiet --passphrase '' --quick-generate-key "$1@sparkler.invalid" ed25519 sign never
    gpg --export >keyring
}

# make_sign [NAME=VALUE...]: of the packages in ./build/deb
make_sign() {
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$root" BUILD="$PWD/build" "$@" sign
}

@test "make sign: dscverify finds who signed, and any byte that was changed since" {
    local file
    export GNUPGHOME=$PWD/gnupg
    mkdir -m 700 gnupg
    mkdir build
    new_key nobody
    cp -r "$deb" build
    run ! signed
    make_sign KEY=nobody@sparkler.invalid
    signed
    make_sign KEY=nobody@sparkler.invalid # once more is no question
    signed
    for file in build/deb/sparkler{,-guests}_*.deb build/deb/*.buildinfo build/deb/*.changes; do
        cp "$file" whole
        printf 'X' | dd of="$file" bs=1 seek=200 conv=notrunc status=none
        run ! signed
        cp whole "$file"
    done
    signed

    GNUPGHOME=$PWD/other && mkdir -m 700 other
    new_key other
    gpgconf --kill all
    run ! signed
}

@test "make sign says what it lacks: a key, or packages" {
    run make_sign KEY=
    [[ $status -ne 0 && $output == *"make sign: with which key?"* ]]
    run make_sign KEY=nobody
    [[ $status -ne 0 && $output == *"make deb first"* ]]
}
