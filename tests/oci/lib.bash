# Containers by real engines, in a directory of this file's own: podman, containerd, or the runtime's
# command line. Nothing of the user's containers is seen or touched.
#
# Source it, then `oci_stage` in setup_file, `oci_unstage` in teardown_file; or those of podman or
# containerd, and `need_engine` in setup. OCI_RUNTIME=runc has another runtime do the same, which tells
# a fault of ours from one of a test's.

# shellcheck source=tests/lib.bash
source "$BATS_TEST_DIRNAME/lib.bash"

# need PROGRAM PACKAGE
need() {
    command -v "$1" >/dev/null || skip "$1 is missing (package $2)"
}

# ours_is_tested: whether it is our runtime
ours_is_tested() {
    [[ ${OCI_RUNTIME:-sparkler-oci} == sparkler-oci ]]
}

need_ours() {
    ours_is_tested || skip "$1 is Sparkler's own"
}

# oci_stage: leaves $stage, $runtime, the path of the runtime, and $images, a root for each image
oci_stage() {
    jail_stage
    export runtime images
    if ours_is_tested; then
        printf '#!/bin/sh\nexec %s/sparkler-oci --config %s/settings.json "$@"\n' "$stage" "$stage" >"$stage/runtime"
        chmod 755 "$stage/runtime"
        echo '{"annotation_paths": true}' >"$stage/settings.json"
        runtime=$stage/runtime
    else
        runtime=$(command -v "$OCI_RUNTIME")
    fi
    images=$stage/images
    make_images
}

oci_unstage() {
    jail_unstage
}

# Roots without any package: `hello` has one static program; `busybox` has all its applets, a user
# and a file that cannot be executed.
make_images() {
    local applet
    mkdir -p "$images"/hello "$images"/busybox/{bin,etc,tmp,home/guest}
    echo 'int puts(const char *); int main(void) { puts("hello"); }' >"$stage/hello.c"
    musl-gcc -static -Os -w -o "$images/hello/hello" "$stage/hello.c"
    cp /bin/busybox "$images/busybox/bin"
    for applet in $(/bin/busybox --list | grep -vx busybox); do
        ln -s busybox "$images/busybox/bin/$applet"
    done
    chmod 1777 "$images/busybox/tmp"
    printf '%s\n' root:x:0:0:root:/root:/bin/sh guest:x:1000:100:guest:/home/guest:/bin/sh \
        >"$images/busybox/etc/passwd"
    printf '%s\n' root:x:0: users:x:100: >"$images/busybox/etc/group"
}

# storage_driver: the usual one, unless $stage is on what no overlay can be over, such as an overlay
storage_driver() {
    local try=$stage/overlay
    mkdir -p "$try"/{lower,upper,work}
    if unshare --map-root-user --mount mount -t overlay \
        -o "userxattr,lowerdir=$try/lower,upperdir=$try/upper,workdir=$try/work" none "$try" \
        2>/dev/null; then
        echo overlay
    else
        echo vfs
    fi
}

# podman_stage: podman with all of its state in $stage, and an image of each root
podman_stage() {
    oci_stage
    export OCI_MISSING=
    export CONTAINERS_CONF=$stage/containers.conf CONTAINERS_STORAGE_CONF=$stage/storage.conf
    mkdir "$stage/podman"
    cat >"$CONTAINERS_CONF" <<END
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
conmon_env_vars = [
    "PATH=$PATH", "CONTAINERS_CONF=$CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF=$CONTAINERS_STORAGE_CONF", "SPARKLER_OCI_CACHE=$stage/cache"
]
events_logger = "file"
image_copy_tmp_dir = "$stage/podman"
lock_type = "file"
runtime = "tested"
tmp_dir = "$stage/podman/tmp"
[engine.runtimes]
tested = ["$runtime"]
END
    cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "$(storage_driver)"
graphroot = "$stage/podman/storage"
runroot = "$stage/podman/run"
END
    podman info >/dev/null 2>"$stage/said" || OCI_MISSING=$(tail -n 1 "$stage/said")
    [ -z "$OCI_MISSING" ] || return 0
    local owner=() # a user may have no other ids
    [ "$(id -u)" = 0 ] || owner=(--owner 0 --group 0)
    tar -C "$images/hello" "${owner[@]}" -c . |
        podman import --quiet --change 'ENTRYPOINT ["/hello"]' - hello
    tar -C "$images/busybox" "${owner[@]}" -c . |
        podman import --quiet --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' - busybox
}

podman_unstage() {
    umount "$stage/podman/storage/overlay" 2>/dev/null || true # podman mounts it onto itself
    oci_unstage
}

# podman ARGUMENT...: one that hangs is killed; what it leaves running holds nothing of bats open
podman() {
    timeout --foreground --kill-after 2 $((3 * DEADLINE)) podman "$@" 3>&-
}

# status_is STATUS NAME: as podman has it
status_is() {
    [[ $(podman inspect --format '{{.State.Status}}' "$2") == "$1" ]]
}

# logged NAME TEXT
logged() {
    podman logs "$1" 2>&1 | grep -q -- "$2"
}

# IDs of all containers that this file's engine ever had.
container_ids() {
    if [ -d "$stage/containerd" ]; then
        cat "$stage/ids"
    else
        jq -r 'select(.Type == "container") | .ID' "$stage/podman/tmp/events/events.log" | sort -u
    fi
}

# Whatever containers have left: processes, cgroups, mounts, files.
oci_leftovers() {
    local link program
    for link in /proc/[0-9]*/exe; do
        program=$(readlink "$link") || continue
        [[ $program != "$stage"/* ]] || echo "$link $program"
    done
    pgrep -a -f -- "conmon .*$stage/"
    grep "$stage/" /proc/self/mountinfo | grep -v " $stage/podman/storage/overlay "
    find /sys/fs/cgroup /run /tmp /var/tmp /dev/shm -not -path "$stage/*" 2>/dev/null |
        grep -F -f <(container_ids)
}

nothing_of_a_container_left() {
    [ -z "$(oci_leftovers)" ]
}

# check_no_container_left: fails, and lists what is left, unless everything goes within DEADLINE
check_no_container_left() {
    within nothing_of_a_container_left || {
        oci_leftovers
        return 1
    }
}

# need_engine: in setup
need_engine() {
    ! ours_is_tested || need_kvm
    [ -z "$OCI_MISSING" ] || skip "$OCI_MISSING"
}

containerd_missing() {
    [ "$(id -u)" = 0 ] || echo "only root can run containerd"
    command -v containerd >/dev/null || echo "containerd is missing"
}

# containerd_stage: containerd with a configuration, sockets and state of its own, and the images
containerd_stage() {
    podman_stage # which makes images for it
    [ -n "$OCI_MISSING" ] || OCI_MISSING=$(containerd_missing)
    [ -z "$OCI_MISSING" ] || return 0
    export CONTAINERD_ADDRESS=$stage/containerd/socket CONTAINERD_SNAPSHOTTER=overlayfs
    [[ $(storage_driver) == overlay ]] || CONTAINERD_SNAPSHOTTER=native
    mkdir "$stage/containerd"
    cat >"$stage/containerd/config.toml" <<END
version = 2
root = "$stage/containerd/root"
state = "$stage/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$CONTAINERD_ADDRESS"
[ttrpc]
address = "$CONTAINERD_ADDRESS.ttrpc"
END
    SPARKLER_OCI_CACHE=$stage/cache containerd --config "$stage/containerd/config.toml" \
        >"$stage/containerd/log" 2>&1 3>&- &
    echo $! >"$stage/containerd/pid"
    within ctr version >/dev/null
    local image
    for image in hello busybox; do
        podman save --quiet --format oci-archive --output "$stage/$image.tar" "$image"
        ctr image import "$stage/$image.tar" >/dev/null
    done
}

containerd_unstage() {
    local pid
    if [ -e "$stage/containerd/pid" ]; then
        pid=$(<"$stage/containerd/pid")
        kill "$pid"
        within gone "$pid"
    fi
    podman_unstage
}

# ctr ARGUMENT...: one that hangs is killed; what it leaves running holds nothing of bats open
ctr() {
    timeout --foreground --kill-after 2 $((3 * DEADLINE)) ctr "$@" 3>&-
}
