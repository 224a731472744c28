# sparkler-oci's images: a root filesystem, which may be hostile, becomes an EROFS image in a cache.
# shellcheck disable=SC2016 # for other shells, in VMs and namespaces

bats_require_minimum_version 1.5.0

load lib

setup_file() {
    jail_stage
    export OCI=$stage/sparkler-oci
    cp "$build/sparkler-oci" "$stage"
    cp "$build/probes/mkfs.erofs" "$stage"
}

teardown_file() {
    jail_unstage
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    export SPARKLER_OCI_CACHE=$PWD/cache
    VM_ID=oci-image-$BATS_TEST_NUMBER-$$
}

# Any that still runs is the test's own.
teardown() {
    [ -z "${oci:-}" ] || kill -9 "$oci" 2>/dev/null || true
}

# image DIRECTORY: leaves the image's path in $image
image() {
    image=$("$OCI" image "$1")
}

# images: how many are in the cache
images() {
    find cache -type f ! -name limit | wc -l
}

# refused WORDS COMMAND...: it ends with status 1, one line with these words, and nothing half-made
refused() {
    local words=$1
    shift
    run --separate-stderr "$@"
    echo "status $status: $output $stderr"
    [[ $status -eq 1 && -z $output ]]
    [[ $stderr == "sparkler-oci: "*"$words"* && ${#stderr_lines[@]} -eq 1 ]]
    check_swept
}

# What is half-made goes at the next start.
check_swept() {
    "$OCI" cache >/dev/null
    run ! compgen -G 'cache/making-*'
}

# in_vm COMMAND: what busybox' shell says in a VM whose root is $image
in_vm() {
    need_kvm
    jail "${ways%% *}" "$JAILER" --id "$VM_ID" --exec sparkler-vmm --root "$image" -- \
        /busybox sh -c "$1" 2>vm.log || { cat vm.log; return 1; }
}

# tree NAME: a small root with a program
tree() {
    mkdir -p "$1/etc" "$1/dev"
    cp /bin/busybox "$1"
    echo root >"$1/etc/name"
}

# set_attribute FILE NAME VALUE: by Python's literals
set_attribute() {
    python3 -c "import os; os.setxattr('$1', '$2', $3)"
}

# CAP_NET_RAW, permitted and effective
RAW='bytes.fromhex("0100000200200000000000000000000000000000")'

# shows NAME: a program that shows its capabilities
shows() {
    musl-gcc -std=gnu11 -static -o "$1" "$root/tests/linux/attribute.c"
}
# check_capable PROGRAM: a user has its capability in a VM whose root is $image
check_capable() {
    run --separate-stderr jail "${ways%% *}" "$JAILER" --id "$VM_ID" --root "$image" --user 1000:1000 -- "$1" show
    echo "$output"
    [[ $output == "permitted raw, effective raw, "* ]]
}

# with_packer ATTEMPT [COMMAND...]: the program of tests/probes/packer.c is mkfs.erofs, and tries that on
# ./tree; COMMAND instead of sparkler-oci image. The calling process becomes it
with_packer() {
    ln -sfn "$1" tree/attempt
    shift
    [ $# -gt 0 ] || set -- "$OCI" image tree
    exec unshare --mount sh -c 'mount --bind "$0" /usr/bin/mkfs.erofs && exec "$@"' "$stage/mkfs.erofs" "$@"
}

# packer: mkfs.erofs of $oci
packer() {
    child "$oci" mkfs.erofs 63
}

@test "a directory becomes an image, whose program runs in a VM" {
    tree root
    image root
    [[ $image == "$PWD"/cache/content-* ]]
    [[ $(stat -c '%a %u' "$image") == "444 $(id -u)" && $(stat -c %a cache) == 700 ]]
    [[ $(in_vm '/busybox cat /etc/name') == root ]]
    check_swept
}

@test "types, permissions, owners, times and links are kept; names may be any bytes" {
    need_root "make devices"
    tree root
    (
        cd root
        mknod c c 5 300; mknod b b 8 1; mkfifo fifo; ln -s nowhere link; ln etc/name hard
        python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
        mkdir sticky; chmod 1777 sticky; echo >suid; chown 70000:80000 suid; chmod 4711 suid
        touch -d '1950-01-02 03:04:05 UTC' old; touch -d '2001-02-03 04:05:06.789 UTC' new
        echo bytes >$'a\nb\xff'; truncate -s 1M hole; head -c 4090 /dev/zero >padded
    )
    image root
    in_vm 'cd /; for f in c b fifo socket link sticky suid; do
        /busybox stat -c "%n %F %a %u %g %t,%T" $f; done
        /busybox stat -c "%n %Y" old new; /busybox stat -c %h hard; /busybox cat a?b?
        /busybox readlink link; /busybox cat hole | /busybox wc -c' >said
    cat said
    diff - said <<'END'
c character special file 644 0 0 5,12c
b block special file 644 0 0 8,1
fifo fifo 644 0 0 0,0
socket socket 755 0 0 0,0
link symbolic link 777 0 0 0,0
sticky directory 1777 0 0 0,0
suid regular file 4711 70000 80000 0,0
old -631054555
new 981173106
2
bytes
nowhere
1048576
END
}

@test "attributes of files are kept: those of user.*, and capabilities, which a program has then" {
    need_root "give files capabilities"
    tree root
    set_attribute root user.probe 'b""' || skip "the file system of $PWD keeps no attributes"
    shows root/raw
    set_attribute root/raw security.capability "$RAW"
    set_attribute root/etc user.note 'b"the value of a directory"'
    set_attribute root/etc/name user.note 'b"the value of a file"'
    image root
    grep -q "the value of a directory" "$image"
    grep -q "the value of a file" "$image"
    check_capable /raw
}

@test "names of a directory with many entries, larger than what malloc(3) takes at once" {
    tree root
    (cd root/etc && seq -f '%040.0f' 10000 | xargs touch)
    image root
    [[ $(in_vm 'cd /etc; set -- *; echo $#') -eq 10001 ]]
}

@test "no link leads out of the tree" {
    tree root
    echo "a secret of the host" >secret
    mkdir outside && cp secret outside/file
    ln -s "$PWD/secret" root/absolute
    ln -s ../secret root/relative
    ln -s "$PWD/outside" root/directory
    ln -s ../../../../../../../../../../etc/shadow root/etc/shadow
    image root
    run ! grep -q "a secret of the host" "$image"
    [[ $(in_vm '/busybox readlink /absolute') == "$PWD/secret" ]]
}

@test "an equal tree has the same image; times of directories and links do not matter, all else does" {
    tree root
    ln -s a root/link
    image root
    first=$image
    cp -a root copy
    touch copy/etc
    touch --no-dereference copy/link
    image copy
    [[ $image == "$first" && $(images) -eq 1 ]]
    changes=('echo more >>copy/etc/name' 'touch copy/etc/name' 'chmod 600 copy/etc/name'
        'ln -sfn b copy/link' 'mkdir copy/new' 'mv copy/new copy/old' 'ln copy/busybox copy/hard')
    if set_attribute copy user.probe 'b""'; then
        python3 -c 'import os; os.removexattr("copy", "user.probe")'
        changes+=('set_attribute copy/etc user.b "b\"1\""' 'set_attribute copy/etc user.b "b\"2\""'
            'set_attribute copy/etc user.a "b\"\""' 'set_attribute copy/etc/name user.a "b\"\""')
    fi
    if [ "$(id -u)" = 0 ]; then
        changes+=('chown 1 copy/etc' 'mknod copy/n c 1 2' 'rm copy/n; mknod copy/n c 1 3'
            'set_attribute copy/busybox security.capability "$RAW"')
        set_attribute copy/busybox trusted.other 'b"that no guest sees"'
        image copy
        [[ $image == "$first" && $(images) -eq 1 ]]
    fi
    expected=1
    for change in "${changes[@]}"; do
        eval "$change"
        image copy
        [[ $(images) -eq $((++expected)) ]]
        last=$image
        image copy
        [[ $image == "$last" && $(images) -eq $expected ]]
    done
}

@test "a digest says nothing that another tree could say" {
    mkdir -p a/x b c/x d
    echo -n y >a/x/f; echo -n y >b/f; mkdir b/x
    echo -n fy >c/x/f; echo -n y >d/xf
    touch -d @1 a/x/f b/f c/x/f d/xf
    for name in a b c d; do image "$name"; done
    [[ $(images) -eq 4 ]]
}

@test "50 at once: one packs, the others wait for it" {
    tree root
    head -c 5M /dev/urandom >root/large
    for _ in {1..50}; do
        (image root; stat -c '%i %n' "$image" >>files) & # another that was packed would replace it
    done
    wait
    cat files
    [[ $(wc -l <files) -eq 50 && $(sort -u files | wc -l) -eq 1 && $(images) -eq 1 ]]
}

@test "an overlay is known by its layers: packed once, whatever engines put above them" {
    need_root "mount an overlay"
    tree lower
    mkdir -p upper{1,2} work{1,2} merged
    # overlay NUMBER COMMAND...: in a mount namespace, with the overlay at ./merged
    overlay() {
        unshare --mount sh -ec 'mount -t overlay -o "lowerdir=$PWD/lower,upperdir=$PWD/upper$1,workdir=$PWD/work$1" o merged
            shift; exec "$@"' - "$@"
    }
    first=$(overlay 1 sh -c 'ln -s /proc/mounts merged/etc/mtab; mkdir merged/work; exec "$OCI" image merged')
    [[ $first == "$PWD"/cache/layers-* ]]
    second=$(overlay 2 sh -c 'ln -s /proc/mounts merged/etc/mtab; mkdir merged/work
        exec strace -f -qq -e trace=clone3 -o calls "$OCI" image merged')
    [[ $second == "$first" && ! -s calls ]]
    image=$first
    [[ $(in_vm '/busybox readlink /etc/mtab; /busybox cat /etc/name') == $'/proc/mounts\nroot' ]]

    # another link, a directory that hides the one below, a file: each is something else
    other=$(overlay 2 sh -c 'ln -sfn elsewhere merged/etc/mtab; exec "$OCI" image merged')
    [[ $other == "$PWD"/cache/layers-* && $other != "$first" ]]
    hides=$(overlay 2 sh -c 'rm -r merged/etc; mkdir merged/etc; exec "$OCI" image merged')
    [[ $hides == "$PWD"/cache/layers-* && $hides != "$other" ]]
    image=$hides
    [[ $(in_vm 'cd /etc; echo *') == '*' ]]
    file=$(overlay 2 sh -c 'echo other >merged/file; exec "$OCI" image merged')
    [[ $file == "$PWD"/cache/content-* ]]
    # a layer made anew
    mv lower old && cp -a old lower
    again=$(overlay 1 "$OCI" image merged)
    [[ $again == "$PWD"/cache/layers-* && $again != "$first" ]]
}

@test "an EROFS image that is mounted is used as it is" {
    need_root "mount an image"
    tree root
    mkfs.erofs --quiet -x-1 ready.erofs root
    mkdir mounted
    run -0 unshare --mount sh -c 'mount -o loop -t erofs ready.erofs mounted && exec "$OCI" image mounted'
    [[ $output == "$PWD/ready.erofs" && ! -e cache ]]
}

@test "what is killed while it packs leaves nothing, and the next one packs" {
    need_root "put another program in mkfs.erofs' place"
    tree tree
    with_packer stay >/dev/null &
    oci=$!
    within packer >pid
    kill -9 "$oci"
    within gone "$(<pid)"
    compgen -G 'cache/making-*'
    check_swept
    image tree
    [[ $(images) -eq 1 ]]
}

@test "who waits for a packer that is killed packs instead" {
    need_root "put another program in mkfs.erofs' place"
    tree tree
    with_packer stay >/dev/null &
    oci=$!
    within packer >pid
    "$OCI" image tree >path &
    waits=$!
    sleep 0.3
    run -0 kill -0 "$waits"
    kill -9 "$oci"
    wait "$waits"
    [[ -f $(<path) && $(images) -eq 1 ]]
}

# stopped_at FILE: the packer of a new image of ./tree, in its ./pid, while it reads that file. It fails if
# the packer was faster.
stopped_at() {
    rm -rf cache
    "$OCI" image tree >path &
    oci=$!
    until packer >pid || gone "$oci"; do :; done
    if kill -STOP "$(<pid)" 2>/dev/null && within stopped && reads "$1"; then
        return 0
    fi
    kill -CONT "$(<pid)" 2>/dev/null || true
    wait "$oci"
    return 1
}

# stopped: the process of ./pid is, or has ended
stopped() {
    [[ $(ps -o stat= -p "$(<pid)") != [RSD]* ]]
}

# reads FILE: that process has it open
reads() {
    find "/proc/$(<pid)/fd" -lname "*/$1" 2>/dev/null | grep -q .
}

@test "a tree that changes while it is packed is kept as what was packed" {
    need_root "stop mkfs.erofs"
    tree tree
    head -c 30M /dev/urandom >tree/a
    echo before >tree/z
    touch -d @1 tree/z
    within stopped_at a
    echo behind >tree/z # as long
    touch -d @1 tree/z
    kill -CONT "$(<pid)"
    wait "$oci"
    image tree
    [[ $image == "$(<path)" && $(images) -eq 1 ]]
    sed -i s/behind/before/ tree/z
    touch -d @1 tree/z
    image tree
    [[ $image != "$(<path)" && $(images) -eq 2 ]]
}

@test "a file that grows, shrinks and goes while it is packed ends nothing" {
    tree root
    head -c 5M /dev/urandom >root/file
    (while :; do
        for size in 1 9M 0 3M; do truncate -s "$size" root/file; done
        mv root/file root/other; mv root/other root/file
    done) &
    changing=$!
    for _ in {1..20}; do
        run --separate-stderr "$OCI" image root
        echo "$status $output $stderr"
        [[ $status -eq 0 && -f $output ]] || [[ $status -eq 1 && $stderr == "sparkler-oci: cannot "* ]]
    done
    kill "$changing"
    check_swept
}

# deep NAME LEVELS: a directory of that many in each other; it is removed by rm(1)
deep() {
    python3 -c '
import os, sys
name, levels = sys.argv[1:]
os.mkdir("deep"); fd = os.open("deep", os.O_RDONLY)
for i in range(int(levels)):
    os.mkdir(name, dir_fd=fd); below = os.open(name, os.O_RDONLY, dir_fd=fd); os.close(fd); fd = below' "$@"
}

@test "paths that are too long are refused, in a tree and in layers" {
    deep d 2100
    refused "the digester: a path below" "$OCI" image deep
    rm -rf deep
    deep "$(printf '%0200d' 0)" 21
    # what create wants done at its end is not the digester's
    mkdir bundle
    jq --null-input --arg root "$PWD/deep" '{ociVersion: "1.0.2", root: {path: $root},
        process: {cwd: "/", args: ["/program"]},
        linux: {namespaces: [{type: "network"}]}}' >bundle/config.json
    refused "the digester: a path below" "$OCI" --root "$PWD/state" create --bundle bundle "$VM_ID"
    [ -z "$(ls state)" ]
    if [ "$(id -u)" = 0 ]; then
        mkdir upper work merged
        refused "if a path in it is longer than 4095 bytes" unshare --mount sh -c '
            mount -t overlay -o "lowerdir=$PWD/deep,upperdir=$PWD/upper,workdir=$PWD/work" o merged && exec "$OCI" image merged'
    fi
    rm -rf deep
}

@test "a tree of too many entries for the memory that mkfs.erofs may have is refused" {
    tree root
    (cd root/etc && seq 30000 | xargs -n 10000 touch)
    refused "Cannot allocate memory" prlimit --data=100000000 "$OCI" image root
}

@test "the packer sees the tree and libraries, writes only the image, and reads what others may not" {
    need_root "put another program in mkfs.erofs' place"
    tree tree
    ln -s /etc/shadow tree/link
    ln -s / tree/above
    echo private >tree/private
    chown 12345 tree/private
    chmod 600 tree/private
    run with_packer list
    echo "$output"
    [[ $(xargs -n1 <<<"${output##*mkfs.erofs: }" | sort | xargs) == "etc image lib lib64 tree usr" ]]
    run with_packer read
    echo "$output"
    [[ $output == *"/etc/shadow: No such file or directory, /proc/1/status: No such file or directory, "* ]]
    [[ $output == *"/tree/link: Too many levels of symbolic links, "* ]]
    [[ $output == *"/tree/above/etc/shadow: Too many levels of symbolic links, /tree/private: done"* ]]
    run with_packer write
    echo "$output"
    [[ $output == *"/new: Read-only file system, /tree/private: Permission denied, "* ]]
    [[ $output == *"/tree/new: Read-only file system, /lib/new: Read-only file system, "* ]]
    [[ $output == *"/etc/ld.so.cache: Permission denied, /image: done"* ]]
}

@test "the packer can make no other call, and no image beyond the cache's limit" {
    need_root "put another program in mkfs.erofs' place"
    tree tree
    for attempt in open_by_handle_at socket clone ptrace mount chmod; do
        run with_packer "$attempt"
        echo "$output"
        [[ $status -eq 1 && $output == *"mkfs.erofs was killed by signal 31 "* ]]
    done
    "$OCI" cache --limit 3M
    run with_packer grow
    echo "$output"
    [[ $status -eq 1 && $output == *"mkfs.erofs: 3145728: File too large; the cache's limit "* ]]
    check_swept
}

# bounded PID: it may have 2 GiB of memory, 64 MiB of stack and 300 s
bounded() {
    grep -E '^Max data size +2147483648 +2147483648' "/proc/$1/limits"
    grep -E '^Max stack size +67108864 +67108864' "/proc/$1/limits"
    grep -E '^Max cpu time +300 +300' "/proc/$1/limits"
}

@test "packer and digester hold what the policies say and one capability, or none for a user" {
    need_root "audit"
    tree tree
    with_packer stay >/dev/null &
    oci=$!
    within packer >pid
    run -0 "$build/sparkler-policy" audit "$(<pid)"
    echo "$output"
    [[ $output == *"only dac_read_search"* ]]
    [[ $output =~ uid\ 18[0-9]{8} ]]
    bounded "$(<pid)"
    kill -9 "$oci"
    wait "$oci" || true
    truncate -s 100G tree/sparse
    "$OCI" image tree &
    oci=$!
    within child "$oci" digester >pid
    run -0 "$build/sparkler-policy" audit "$(<pid)"
    echo "$output"
    [[ $output == *"only dac_read_search"* && $output == *"digester.policy"* ]]
    bounded "$(<pid)"
}

@test "an ordinary user's images: packed without a capability, in a cache of the user's" {
    mkdir "$stage/user"
    cd "$stage/user"
    mkdir home
    tree home/tree
    shows home/tree/raw
    touch home/tree/etc/closed
    # shellcheck disable=SC2153 # jail_stage sets it
    if [ "$(id -u)" = 0 ]; then
        chown -R "$VM_UID" home
        set_attribute home/tree/raw security.capability "$RAW"
        user=(setpriv --reuid "$VM_UID" --regid "$VM_UID" --clear-groups)
    fi
    run -0 "${user[@]}" env -u SPARKLER_OCI_CACHE -u XDG_CACHE_HOME HOME="$PWD/home" "$OCI" image home/tree
    echo "$output"
    [[ $output == "$PWD"/home/.cache/sparkler-oci/content-* ]]
    [[ $(stat -c '%a %u' "$output") == "444 $VM_UID" ]]
    [ "$(id -u)" = 0 ] || return 0
    image=$output
    check_capable /raw
    chown 0 home/tree/etc/closed
    chmod 600 home/tree/etc/closed
    refused "closed: Permission denied" "${user[@]}" env SPARKLER_OCI_CACHE="$PWD/home/cache" \
        "$OCI" image home/tree
}

@test "in a user namespace with many ids, as podman makes for a user: all of files is read, capabilities too" {
    need_root "map ids"
    mkdir "$stage/ids"
    cd "$stage/ids"
    mkdir home
    tree home/tree
    shows home/tree/raw
    echo secret >home/tree/etc/closed
    chmod 600 home/tree/etc/closed
    chown -R 100000:100000 home
    chown 100005 home/tree/etc/closed
    run -0 python3 - "$RAW" "$OCI" image home/tree <<'END'
import ctypes, os, sys
capability = eval(sys.argv.pop(1))
wait, go = os.pipe()
made, make = os.pipe()
child = os.fork()
if child == 0:
    ctypes.CDLL(None).unshare(0x10000000)  # CLONE_NEWUSER
    os.write(make, b"x")
    os.read(wait, 1)
    os.setgroups([]); os.setresgid(0, 0, 0); os.setresuid(0, 0, 0)
    os.setxattr("home/tree/raw", "security.capability", capability) # the namespace's own
    os.environ["SPARKLER_OCI_CACHE"] = os.getcwd() + "/home/cache"
    os.execv(sys.argv[1], sys.argv[1:])
os.read(made, 1)
for name in "uid_map", "gid_map":
    open(f"/proc/{child}/{name}", "w").write("0 100000 65536")
os.write(go, b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
    echo "$output"
    [[ $output == "$PWD"/home/cache/content-* ]]
    [[ $(stat -c '%a %u' "$output") == "444 100000" ]]
    grep -q secret "$output"
    image=$output
    check_capable /raw
}

@test "the cache keeps to its limit: what was not used for longest goes first, and nothing in use" {
    for name in a b c; do
        mkdir "$name"
        head -c 2M /dev/urandom >"$name/file"
        image "$name"
        declare "$name=$image"
        touch -d "-$((3 - ${#name})) min" "$image"
    done
    touch -d '-3 min' "$a"
    touch -d '-2 min' "$b"
    touch -d '-1 min' "$c"
    "$OCI" image a >/dev/null # the least used one now is b
    run -0 "$OCI" cache --limit 5M
    echo "$output"
    [[ -e $a && ! -e $b && -e $c ]]
    [[ $output == *"2 images in $PWD/cache, "*" MiB of at most 5.0" ]]
    exec 9<"$a"
    flock --shared 9
    run -0 "$OCI" cache --empty
    [[ $output == "removed 1 images, "*"; 1 are in use" && -e $a && ! -e $c ]]
    run -0 "$OCI" cache
    [[ ${lines[0]} == "$(basename "$a") "*" in use" ]]
    exec 9<&-
    run -0 "$OCI" cache --empty
    [[ $output == "removed 1 images, "* && $output != *"in use"* && $(images) -eq 0 ]]
    for limit in '' x 5X -1 99999999999999T 5MM; do
        refused "--limit" "$OCI" cache --limit "$limit"
    done
    refused "cache: expected one option" "$OCI" cache --limit 5M --empty
}

@test "a limit that a crash has truncated is the usual one, and can be set again" {
    tree root
    image root
    : >cache/limit
    run "$OCI" image root
    [[ $status -eq 0 && $output == *"cache/limit has no number of bytes, so the limit is 10 GiB; "*$'\n'"$image" ]]
    "$OCI" cache --limit 1G
    run "$OCI" image root
    [[ $status -eq 0 && $output == "$image" ]]
}

@test "an image that a VM runs from is in use" {
    need_kvm
    tree root
    image root
    vm_launch "${ways%% *}" --id "$VM_ID" --exec sparkler-vmm --root "$image" -- /busybox cat
    within vmm
    within grep -q " FLOCK .* READ .*:$(stat -c %i "$image") " /proc/locks
    run -0 "$OCI" cache --empty
    [[ $output == *"1 are in use" && -e $image ]]
    kill "$supervisor"
    wait "$supervisor" || true
    run -0 "$OCI" cache --empty
    [[ ! -e $image ]]
}

@test "an image that a crash has truncated is made anew" {
    tree root
    image root
    whole=$(stat -c %s "$image")
    chmod 600 "$image"
    truncate -s -4096 "$image"
    image root
    [[ $(stat -c %s "$image") -eq $whole ]]
    chmod 600 "$image"
    : >"$image"
    image root
    [[ $(stat -c %s "$image") -eq $whole ]]
}

@test "a cache that others may enter, a root that is none, and an mkfs.erofs that is missing are refused" {
    tree root
    mkdir -m 755 open
    SPARKLER_OCI_CACHE=$PWD/open run "$OCI" image root
    [[ $status -eq 1 && $output == *"chmod 700" ]]
    SPARKLER_OCI_CACHE=relative run "$OCI" image root
    [[ $status -eq 1 && $output == *"images cannot be kept in relative: expected an absolute"* ]]
    refused "nowhere: No such file or directory" "$OCI" image nowhere
    refused "is not a directory" "$OCI" image root/etc/name
    refused "expected one root filesystem" "$OCI" image
    refused "no such option" "$OCI" image --no root
    [ "$(id -u)" = 0 ] || return 0
    refused "install the package erofs-utils" unshare --mount sh -c 'mount -t tmpfs empty /usr/bin && exec "$OCI" image root'
}

# on_disk_of SIZE: what making an image of root says with a cache on such a disk, and what stays there
on_disk_of() {
    unshare --mount sh -c 'mkdir -p cache && mount -t tmpfs -o "size=$1,mode=700" small cache &&
        ! "$OCI" image root && find cache -type f' - "$1"
}

@test "a full disk: the message says so, and what is half-made does not keep it full" {
    need_root "mount a small disk"
    tree root
    head -c 3M /dev/urandom >root/data
    local size
    for size in 3M 6M; do # too small for the image; and for its copy
        run on_disk_of "$size"
        echo "$output"
        [[ $status -eq 0 && $output == "sparkler-oci: cannot "*"No space left on device" ]]
    done
    [[ $output == *"cannot copy an image in $PWD/cache: No space left on device" ]]
}

@test "a mount: a directory becomes an image, a file a copy; neither can be written" {
    tree root
    "$OCI" image --output directory.erofs root
    image=$PWD/directory.erofs
    [[ $(in_vm '/busybox cat /etc/name') == root ]]
    head -c 10000 /dev/urandom >file
    "$OCI" image --output copy file
    cmp file copy
    "$OCI" image --output program /bin/busybox
    [[ $(stat -c %a directory.erofs copy program | xargs) == "444 444 555" && ! -e cache ]]
    refused "File exists" "$OCI" image --output copy file
    cmp file copy
    truncate -s 2G sparse
    refused "sparse has 2147483648 bytes" "$OCI" image --output no sparse
    [ ! -e no ]
    mkfifo fifo
    refused "neither a directory nor a regular file" "$OCI" image --output no fifo
    ln -s file own
    "$OCI" image --output second own
    cmp file second
    ln -s loop loop
    refused "Too many levels of symbolic links" "$OCI" image --output no loop
    [ ! -e no ]
}

@test "another user's link is not followed, to a root or to a mount" {
    need_root "own a link that is another user's"
    tree root
    echo secret >secret
    ln -s "$PWD/secret" link
    ln -s "$PWD" way
    ln -s "$PWD/root" other
    chown -h 12345 link way other
    refused "a link of another user is on the way" "$OCI" image --output no link
    refused "a link of another user is on the way" "$OCI" image --output no way/secret
    refused "a link of another user is on the way" "$OCI" image other
    [ ! -e no ]
}
