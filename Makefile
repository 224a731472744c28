# Sparkler: `make help` says what there is.

PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build

# Every Debian package that the project needs, by what needs it. tests/fresh finds out what is missing.
PACKAGES_BUILD := gcc make libc6-dev musl-dev linux-libc-dev nasm pkg-config libseccomp-dev libcap-ng-dev \
                  libcurl4-openssl-dev libssl-dev libjson-c-dev ca-certificates
PACKAGES_CHECK := bats clang libclang-rt-14-dev nginx-light dnsmasq-base openssl curl iproute2 \
                  util-linux python3 procps strace tmux jq clang-format clang-tidy cppcheck \
                  shellcheck valgrind llvm binutils bubblewrap musl-tools erofs-utils mount \
                  busybox-static mmdebstrap mandoc zsh \
                  python3-prometheus-client prometheus-node-exporter \
                  podman catatonit containerd runc uidmap systemd dbus
PACKAGES_RIG   := qemu-system-x86 busybox-static kmod xz-utils
PACKAGES_FRESH := mmdebstrap git
PACKAGES_DEB   := build-essential debhelper dpkg-dev lintian blhc autopkgtest devscripts gpg jq

CC       = gcc
CSTD     = -std=c11 -D_GNU_SOURCE
WARNINGS = -Wall -Wextra -Wshadow -Werror
OPTIMIZE = -O2 -g -D_FORTIFY_SOURCE=2
HARDEN   = -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE \
           $(if $(findstring clang,$(CC)),,$(HARDEN_GCC))
# no variable shows what the stack held before, no register what a function leaves; not in clang 14
HARDEN_GCC = -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
# the newest of the changelog, as it is the package's
VERSION := $(shell sed -n '1 s/.*(\(.*\)).*/\1/p' jailer/debian/changelog)
DEFINES  = -DSPARKLER_VERSION=\"$(VERSION)\"
OPTIONS  = $(CSTD) $(WARNINGS) $(OPTIMIZE) $(HARDEN) $(EXTRA) $(DEFINES) -MMD -MP
CFLAGS   = $(OPTIONS) $(SAME) -I. -I$(BUILD)
# the same bytes wherever the sources are
SAME     = -ffile-prefix-map=$(CURDIR)=.
LDHARDEN = -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
STATIC   = -static-pie $(LDHARDEN) $(MAP)
DYNAMIC  = -pie $(LDHARDEN) $(MAP)
MAP      = # where the linker says what it takes from where
EXTRA    = # what a check compiles with beyond these

.DEFAULT_GOAL := all
.SECONDARY: # keep what is made on the way

# SHORT=1 tries each of the targets that take long for a moment, as tests/fresh does.
SHORT ?=
SHORT_TESTS := tests/monitor.bats

# Prints one short line for each product; `make V=1` prints the commands.
V ?= 0
Q := $(if $(filter 0,$(V)),@)
say = @printf '  %-8s %s\n' $(1) $@

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
POLICIES := $(basename $(notdir $(wildcard policy/*.policy)))
RUNTIME := policy/runtime/install.c policy/runtime/relro.c # what each confined program links
SHARED  := policy/runtime/names.c policy/runtime/processes.c # what jailer and sparkler-policy link
filters = $(or $(OPEN),$(1:%=$(BUILD)/obj/policy/%.filter.o))
OPEN = # what a check links instead of the filters

# What people type, and the tables by which shells complete it.
TABLES_jailer          := jailer/options.c
TABLES_sparkler-oci    := jailer/oci/main.c
TABLES_sparkler-policy := policy/tool/main.c policy/runtime/processes.c
COMMANDS   := jailer sparkler-oci sparkler-policy
COMPLETION := $(COMMANDS:%=$(BUILD)/completion/bash/%) $(COMMANDS:%=$(BUILD)/completion/zsh/_%)
PROGRAMS := $(BUILD)/jailer $(BUILD)/sparkler-oci $(BUILD)/sparkler-vmm $(BUILD)/sparkler-netbroker \
            $(BUILD)/sparkler-policy $(BUILD)/monitor.bin $(BUILD)/linux.bin $(BUILD)/feeds.json \
            $(COMPLETION)

$(filter $(BUILD)/jailer $(BUILD)/sparkler-%,$(PROGRAMS)): MAP = -Wl,-Map=$(BUILD)/obj/$(@F).map

# Where this machine cannot run VMs, the same runs in the rig: a machine with emulated AMD-V.
NATIVE := $(shell tests/native 2>/dev/null && echo yes)
EMULATION = Second best: emulation (tests/rig), slower, with 100 MiB to download the first time.
IN_RIG = $(if $(NATIVE),,tests/rig/run)

# What builds says which packages are missing, and how to install them; what runs installs them.
GOALS    := $(or $(MAKECMDGOALS),all)
TESTS    := test check pictures check-cpython check-rig check-sanitize check-valgrind coverage fuzz fuzz-guest prove-policy soak bench
INSTALLS := $(if $(filter deps run deb sbom sign $(TESTS),$(GOALS)),--install)
NEEDED   := $(PACKAGES_BUILD) $(if $(filter deps $(TESTS),$(GOALS)),$(PACKAGES_CHECK)) \
    $(if $(filter deps check check-rig $(if $(NATIVE),,run test),$(GOALS)),$(PACKAGES_RIG)) \
    $(if $(filter deps,$(GOALS)),$(PACKAGES_FRESH)) $(if $(filter deps deb sbom sign,$(GOALS)),$(PACKAGES_DEB))

.PHONY: packages
packages:
	$(if $(NATIVE),,$(if $(filter run test check,$(GOALS)),@tests/native || echo '$(EMULATION)' >&2))
	@tests/packages $(INSTALLS) $(NEEDED)

# Objects are made anew when the compiler or its options are others than the last time.
STAMP := $(BUILD)/obj/options
ifneq ($(file <$(STAMP)),$(strip $(CC) $(OPTIONS)))
$(shell mkdir -p $(dir $(STAMP)))$(file >$(STAMP),$(strip $(CC) $(OPTIONS)))
endif

.PHONY: all
all: packages $(PROGRAMS) ## build everything into build/, or say which packages are missing

.PHONY: deps
deps: packages ## install the packages that any target needs

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d $(BUILD)/obj/*/*/*/*.d)

$(BUILD)/obj/%.o: %.c $(STAMP) | packages
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# Policies are compiled once, here; programs embed the result.
$(BUILD)/obj/policy/constants.c: policy/tool/constants.sh policy/fds.h | packages
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)policy/tool/constants.sh '$(CC)' > $@.part && mv $@.part $@

$(BUILD)/obj/policy/syscalls.c: policy/tool/constants.sh policy/fds.h | packages
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)policy/tool/constants.sh '$(CC)' syscalls > $@.part && mv $@.part $@

NAMES := $(BUILD)/obj/policy/constants.o $(BUILD)/obj/policy/syscalls.o

$(NAMES): %.o: %.c $(STAMP)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# The broker's own reading of a feeds file, which sparkler-policy links to show it.
FEEDS := $(addprefix netbroker/,text.c html.c feeds.c definition.c feed_checks.c feed_paths.c \
             feed_argument.c feed_request.c argument.c located_json.c) \
         $(wildcard netbroker/format/*.c)

$(BUILD)/sparkler-policy: $(call objects,$(wildcard policy/tool/*.c) $(SHARED) $(FEEDS) \
                                         netbroker/hosts.c) $(NAMES)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^ -lseccomp -lcap-ng -ljson-c -lcurl -lm

$(BUILD)/obj/policy/%.filter.c: policy/%.policy $(BUILD)/sparkler-policy
	$(call say,POLICY)
	$(Q)$(BUILD)/sparkler-policy compile $< > $@.part && mv $@.part $@

$(BUILD)/obj/policy/%.filter.o: $(BUILD)/obj/policy/%.filter.c $(STAMP)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# The jailer and the VMM are linked with musl, statically: little code, a start of six system calls.
# (glibc's start asks the processor some 80 CPUID questions: 1 ms on a host that is itself virtual.)
# What musl lacks: _FORTIFY_SOURCE does nothing in these two, and RELRO is their own (relro.c).
LIBC := musl
MUSL := /usr/lib/x86_64-linux-musl

ifeq ($(LIBC),musl)
small = $(patsubst %.c,$(BUILD)/obj/musl/%.o,$(1))
link_small = $(CC) $(CFLAGS) $(STATIC) -nostdlib -o $@ $(MUSL)/rcrt1.o $(MUSL)/crti.o $(1) \
             $(MUSL)/libc.a -lgcc $(MUSL)/crtn.o
else # for tools that know no musl
small = $(objects)
link_small = $(CC) $(CFLAGS) $(STATIC) -o $@ $(1)
endif

$(BUILD)/obj/musl/%.o: %.c $(STAMP) | packages
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -isystem /usr/include/x86_64-linux-musl -c -o $@ $<

$(BUILD)/sparkler-vmm: $(call small,$(wildcard vmm/*.c) $(RUNTIME)) $(call filters,vmm vmm-linux)
	$(call say,LINK)
	$(Q)$(call link_small,$^)

$(BUILD)/jailer: $(call small,$(wildcard jailer/*.c) $(RUNTIME) $(SHARED) policy/runtime/filters.c) \
                 $(BUILD)/obj/policy/syscalls.o $(call filters,$(POLICIES))
	$(call say,LINK)
	$(Q)$(call link_small,$^)

# The container runtime, which starts the jailer: a program of its own, for the JSON that it reads. It
# packs roots in jails, and reads images as the guest's kernel does.
JAIL := $(addprefix jailer/,jail.c locks.c address_guard.c address_program.c cgroup.c descriptors.c ids.c \
          janitor.c kvm.c landlock.c namespaces.c prctl.c privileges.c rlimits.c root.c seccomp.c \
          session.c stream.c timing.c)
EROFS := $(addprefix guest/linux/,erofs.c erofs_directory.c erofs_xattr.c)

$(BUILD)/sparkler-oci: $(call objects,$(wildcard jailer/oci/*.c) $(JAIL) $(RUNTIME) $(SHARED) \
                                      policy/runtime/filters.c $(EROFS)) \
                       $(BUILD)/obj/policy/syscalls.o $(call filters,$(POLICIES))
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^ -ljson-c

$(BUILD)/sparkler-netbroker: \
        $(call objects,$(wildcard netbroker/*.c netbroker/format/*.c) policy/runtime/install.c) \
        $(call filters,netbroker resolver)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^ -lcurl -lssl -lcrypto -ljson-c

$(BUILD)/%.bin: guest/%.asm | packages
	@mkdir -p $(@D)
	$(call say,NASM)
	$(Q)nasm -f bin -o $@ $<

# The kernel that answers Linux programs, in the VM: a flat image, too.
KERNEL_CFLAGS = -std=c11 $(WARNINGS) -O2 -g -ffreestanding -fPIE -fvisibility=hidden -mno-red-zone \
                -mgeneral-regs-only -mfsgsbase -fno-stack-protector -fcf-protection=none \
                -fno-asynchronous-unwind-tables -fno-strict-aliasing $(NO_GOT) $(SAME) -MMD -MP -I. \
                -Iguest/linux
# clang would look for the addresses of other files' variables in a table; gcc does not.
NO_GOT := $(shell $(CC) -fdirect-access-external-data -E -x c /dev/null >/dev/null 2>&1 && \
            echo -fdirect-access-external-data)
KERNEL_OBJECTS := $(patsubst guest/linux/%,$(BUILD)/obj/guest/linux/%.o, \
                    $(wildcard guest/linux/*.asm guest/linux/*.c))

$(BUILD)/obj/guest/linux/%.c.o: guest/linux/%.c $(STAMP) | packages
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

$(BUILD)/obj/guest/linux/%.asm.o: guest/linux/%.asm | packages
	@mkdir -p $(@D)
	$(call say,NASM)
	$(Q)nasm -f elf64 -I $(@D)/ -o $@ $<

$(BUILD)/obj/guest/linux/vdso_image.asm.o: $(BUILD)/obj/guest/linux/vdso.so

$(BUILD)/obj/guest/linux/vdso.so: guest/linux/vdso/vdso.ld $(BUILD)/obj/guest/linux/vdso/vdso.c.o
	$(call say,LINK)
	$(Q)$(LD) -nostdlib -shared -s -soname linux-vdso.so.1 --hash-style=both -z max-page-size=4096 \
	    -z noexecstack -o $@ -T $^

$(BUILD)/linux.elf: guest/linux/kernel.ld $(KERNEL_OBJECTS)
	$(call say,LINK)
	$(Q)$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack -o $@ -T $^

$(BUILD)/linux.bin: $(BUILD)/linux.elf
	$(call say,OBJCOPY)
	$(Q)objcopy -O binary $< $@

$(COMPLETION): $(BUILD)/completion/%: jailer/completion.awk \
        $(foreach command,$(COMMANDS),$(TABLES_$(command))) | packages
	@mkdir -p $(@D)
	$(call say,AWK)
	$(Q)awk -f $< -v shell=$(*D) -v program=$(*F:_%=%) $(TABLES_$(*F:_%=%)) >$@

$(BUILD)/feeds.json: policy/feeds.json | packages
	@mkdir -p $(@D)
	$(call say,COPY)
	$(Q)cp $< $@

.PHONY: run
run: packages all ## run the monitor in its jail; needs no network
	@$(IN_RIG) $(BUILD)/jailer --offline-samples --exec sparkler-vmm

# They are committed. As root: only root's VMs have all of the processes.
.PHONY: pictures
pictures: packages all ## as root: draw the pictures of README.md anew
	@python3 jailer/walls.py $(BUILD) >$(BUILD)/walls.svg && cp $(BUILD)/walls.svg jailer
	@for session in monitor python; do \
	    BUILD=$(BUILD) tests/sessions/record $$session >$(BUILD)/$$session.svg && \
	    cp $(BUILD)/$$session.svg guest || exit 1; done

# Everything without optimisation, in a directory of its own.
.PHONY: debug
debug: packages ## build with -O0 -g3 into build/debug/, and say how to run the VMM in gdb
	@$(MAKE) -s BUILD=$(BUILD)/debug OPTIMIZE='-O0 -g3' all
	@echo "The VMM in its jail, stopped at its main:"
	@echo "  gdb -x tests/vmm.gdb --args $(BUILD)/debug/jailer --exec sparkler-vmm"

# How each file is compiled, for clangd and its like; without the options that clang 14 lacks.
.PHONY: compile_commands.json
compile_commands.json: packages ## write how each file is compiled, for clangd and the like
	@$(MAKE) -nB V=1 all units $(PROBES) | \
	    sed -n -E -e 's/["\\]/\\&/g' -e 's/ -f(trivial|zero)-[^ ]*//g' \
	        -e 's|^(.* -c -o [^ ]+ ([^ ]+\.c))$$|{"directory": "$(CURDIR)", "file": "\2", "command": "\1"}|p' | \
	    sed -e '1 s/^/[/' -e '$$! s/$$/,/' -e '$$ s/$$/]/' > $@

# Each test program is made of the parts that it tests.
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))

$(BUILD)/unit/text $(BUILD)/unit/html $(BUILD)/unit/feeds $(BUILD)/unit/questions $(BUILD)/unit/format: \
    $(call objects,$(FEEDS))
$(BUILD)/unit/address: $(call objects,netbroker/address.c)
$(BUILD)/unit/address_guard: $(call objects,jailer/address_guard.c jailer/address_program.c \
                                            jailer/cgroup.c netbroker/address.c)
$(BUILD)/unit/backoff: $(call objects,netbroker/backoff.c)
$(BUILD)/unit/encode: $(call objects,netbroker/encode.c)
$(BUILD)/unit/capacity: $(call objects,policy/tool/capacity.c)
$(BUILD)/unit/blake2b: $(call objects,jailer/oci/blake2b.c)
$(BUILD)/unit/evaluate: $(call objects,policy/tool/evaluate.c)
$(BUILD)/unit/json: $(call objects,jailer/json.c)
$(BUILD)/unit/failure: $(call objects,vmm/failure.c vmm/log.c)
$(BUILD)/unit/processor: $(call objects,jailer/processor.c)
LOGS := $(addprefix jailer/,log.c screen.c stream.c terminal.c timing.c)
$(BUILD)/unit/log: $(call objects,$(LOGS))
$(BUILD)/unit/sigsys: $(call objects,jailer/sigsys.c policy/runtime/filters.c $(SHARED) $(LOGS)) \
                      $(BUILD)/obj/policy/syscalls.o $(POLICIES:%=$(BUILD)/obj/policy/%.filter.o)
$(BUILD)/unit/screen $(BUILD)/unit/terminal: $(call objects,$(LOGS))
$(BUILD)/unit/window: $(call objects,jailer/window.c)
OCI_CONFIG := $(addprefix jailer/oci/,config.c config_linux.c config_mounts.c file.c hooks.c json.c \
                log.c settings.c) jailer/ids.c
$(BUILD)/unit/oci_config: $(call objects,$(OCI_CONFIG))
$(BUILD)/unit/oracle: $(call objects,policy/tool/oracle.c policy/runtime/names.c) $(NAMES)

# The files of the guest's kernel, in a program of the host (tests/unit/guest/).
GUEST_FILES := $(addprefix guest/linux/,attributes.c console.c copy.c credentials.c dentry.c device.c erofs.c \
                 erofs_directory.c erofs_xattr.c fd.c feeds.c file.c format.c fs.c inode.c inotify.c iter.c line.c \
                 line_output.c line_read.c locks.c \
                 memfd.c mount.c mount_options.c names.c open.c path.c permission.c pipe.c position.c proc.c proc_cpu.c \
                 proc_process.c proc_system.c pty.c radix.c read_directory.c read_write.c rename.c \
                 stat.c text.c tmpfs.c tmpfs_directory.c tmpfs_file.c tty.c xattr.c)

MACHINE := $(addprefix tests/unit/guest/,jobs.c machine.c world.c)

$(call objects,$(GUEST_FILES)): CFLAGS += -ffreestanding
$(BUILD)/unit/erofs $(BUILD)/unit/files $(BUILD)/unit/files_as_linux $(BUILD)/unit/tmpfs \
$(BUILD)/unit/tty: \
    $(call objects,$(GUEST_FILES) $(MACHINE))
$(BUILD)/unit/files_as_linux: \
    $(call objects,$(addprefix tests/unit/guest/,both.c calls_bytes.c calls_names.c tree.c))

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^ -ljson-c -lm

.PHONY: units flags
units: $(UNITS)
flags: # for tools that read C as the compiler does
	@echo $(CSTD) $(DEFINES) -I. -I$(BUILD)

# Fuzzers of all that parses what a stranger wrote: libFuzzer with ASan and UBSan.
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_SECONDS ?= $(if $(SHORT),2,60)

# An image as a stranger made it, for the kernel of the guest: a bad access is that kernel's end.
$(BUILD)/fuzz/image: tests/fuzz/image.c $(GUEST_FILES) $(MACHINE) \
                     $(wildcard guest/linux/*.h tests/unit/guest/*.h) | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -ffreestanding -O1 -g -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -I. -o $@ \
	    $(filter-out guest/linux/dentry.c,$(filter %.c,$^))

# The filter of --console safe.
$(BUILD)/fuzz/screen: tests/fuzz/screen.c $(LOGS) $(wildcard jailer/*.h) tests/fuzz/clean.h | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
	    -o $@ $(filter %.c,$^)

# The supervisor's end of the ledger.
LEDGER := $(addprefix jailer/,ledger.c record.c own_file.c json.c window.c) $(LOGS)

$(BUILD)/fuzz/ledger: tests/fuzz/ledger.c $(LEDGER) netbroker/ledger.h $(wildcard jailer/*.h) \
                      tests/fuzz/clean.h | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
	    -o $@ $(filter %.c,$^)

# A container's config.json, from whoever may start one.
$(BUILD)/fuzz/oci: tests/fuzz/oci.c $(OCI_CONFIG) $(wildcard jailer/oci/*.h) tests/fuzz/clean.h | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
	    -o $@ $(filter %.c,$^) -ljson-c

# The file of --record, which sparkler-policy reads.
$(BUILD)/fuzz/record: tests/fuzz/record.c policy/tool/record.c policy/tool/record.h tests/fuzz/clean.h | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
	    -o $@ $(filter %.c,$^) -ljson-c

# The VMM's ports whose caller is the guest: those of feeds, and the call port.
$(BUILD)/fuzz/ports: tests/fuzz/ports.c vmm/feed.c vmm/device.c $(wildcard vmm/*.h) tests/fuzz/clean.h | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
	    -o $@ $(filter %.c,$^)

$(BUILD)/fuzz/call: tests/fuzz/call.c vmm/machine.c vmm/msrs.c vmm/config.c vmm/call.c $(wildcard vmm/*.h) \
                    tests/fuzz/clean.h | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
	    -o $@ $(filter-out vmm/call.c,$(filter %.c,$^))

$(BUILD)/fuzz/%: tests/fuzz/%.c tests/fuzz/clean.h $(FEEDS) $(wildcard netbroker/*.h netbroker/format/*.h) | packages
	@mkdir -p $(@D)
	$(call say,FUZZER)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
	    -o $@ $< $(FEEDS) -ljson-c

.PHONY: fuzz
fuzz: packages $(FUZZERS) ## fuzz each parser for FUZZ_SECONDS (60)
	@BUILD=$(BUILD) tests/fuzz/run -max_total_time=$(FUZZ_SECONDS)

# Programs that the tests put in VMM's and the broker's place, and a jailer whose filters allow
# everything, so that the walls behind them are tested alone.
PROBES := $(BUILD)/probes/attempt $(BUILD)/probes/attempt-broker $(BUILD)/probes/jailer-no-filter \
          $(BUILD)/probes/mkfs.erofs

ATTEMPT := tests/probes/attempt.c tests/probes/attempts.c netbroker/landlock.c policy/runtime/install.c

$(BUILD)/probes/attempt: $(call small,$(ATTEMPT)) $(call filters,resolver)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(call link_small,$^)

$(BUILD)/probes/attempt-broker: $(call objects,$(ATTEMPT)) $(call filters,resolver)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^

$(BUILD)/probes/mkfs.erofs: $(call objects,tests/probes/packer.c)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^

$(BUILD)/probes/jailer-no-filter: \
        $(call small,$(wildcard jailer/*.c) $(RUNTIME) $(SHARED) policy/runtime/filters.c \
                       tests/probes/no-filter.c) \
        $(BUILD)/obj/policy/syscalls.o $(call filters,$(filter-out vmm-boot warden,$(POLICIES)))
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(call link_small,$^)
	$(Q)ln -sf ../monitor.bin ../feeds.json ../sparkler-netbroker $(@D)

.PHONY: probes
probes: all $(PROBES)

# The programs with ASan and UBSan, without the locks that these cannot live in.
SANITIZED = -fsanitize=address,undefined -fno-sanitize-recover=all
sanitized = $(patsubst %.c,$(BUILD)/sanitized/obj/%.o,$(1))
OPEN_JAIL := $(RUNTIME) tests/fuzz-guest/open-jail.c tests/probes/allow-all.c

-include $(wildcard $(BUILD)/sanitized/obj/*/*.d $(BUILD)/sanitized/obj/*/*/*.d)

$(BUILD)/sanitized/obj/%.o: %.c $(STAMP) | packages
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) $(SANITIZED) -c -o $@ $<

$(call sanitized,$(OPEN_JAIL)): DEFINES += -DFINDINGS=\"$(abspath $(BUILD))/sanitized/findings\"

$(BUILD)/sanitized/sparkler-vmm: $(call sanitized,$(wildcard vmm/*.c) $(OPEN_JAIL))
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANITIZED) $(DYNAMIC) -o $@ $^

$(BUILD)/sanitized/jailer: $(call sanitized,$(filter-out %/root.c %/landlock.c %/rlimits.c, \
                               $(wildcard jailer/*.c)) $(OPEN_JAIL) $(SHARED) policy/runtime/filters.c) \
                           $(BUILD)/obj/policy/syscalls.o
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANITIZED) $(DYNAMIC) -o $@ $^
	$(Q)ln -sfn $(addprefix $(abspath $(BUILD))/,monitor.bin linux.bin feeds.json probes sparkler-policy \
	    sparkler-oci) $(@D)

$(BUILD)/sanitized/sparkler-netbroker: \
        $(call sanitized,$(filter-out %/landlock.c,$(wildcard netbroker/*.c netbroker/format/*.c)) \
                         $(OPEN_JAIL))
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANITIZED) $(DYNAMIC) -o $@ $^ -lcurl -lssl -lcrypto -ljson-c

FUZZ_GUEST := $(addprefix $(BUILD)/sanitized/,jailer sparkler-vmm sparkler-netbroker)

.PHONY: fuzz-guest
fuzz-guest: packages all $(FUZZ_GUEST) ## run random guests in VMs for FUZZ_SECONDS, then again with sanitizers
	@tests/fuzz-guest/run --seconds $(FUZZ_SECONDS) --found $(BUILD)/fuzz-guest $(BUILD)/jailer
	@tests/fuzz-guest/run --seconds $(FUZZ_SECONDS) --found $(BUILD)/fuzz-guest $(BUILD)/sanitized/jailer

.PHONY: check-sanitize check-valgrind
check-sanitize: packages all probes $(FUZZ_GUEST) ## run the tests of behaviour with ASan and UBSan
	@$(MAKE) -s BUILD=$(BUILD)/sanitized-units EXTRA='$(SANITIZED)' units
	@BUILD=$(BUILD) tests/sanitized $(if $(SHORT),$(SHORT_TESTS))
check-valgrind: packages units ## run the unit tests in valgrind, except those that ask the kernel for what it lacks
	@for unit in $(filter-out %/address_guard %/evaluate %/files_as_linux,$(UNITS)); do echo $$unit; \
	    valgrind -q --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite \
	    $$unit >/dev/null || exit 1; done

# Coverage by clang, whose counters can be kept where no file can be written (counters.c).
COVERAGE := $(BUILD)/coverage
COUNTED   = -fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation \
            -Qunused-arguments -DCOVERAGE_COUNTERS=\"$(abspath $(COVERAGE))/counters\"

.PHONY: coverage
coverage: packages all probes ## print which lines the tests run; fails below 90 % of a program
	@LLVM_PROFILE_FILE=/dev/null $(MAKE) -s CC=clang LIBC=glibc BUILD=$(COVERAGE) EXTRA='$(COUNTED)' \
	    OPEN='$(patsubst %,$(COVERAGE)/obj/tests/%.o,coverage/counters probes/allow-all)' all units
	@ln -sfn $(abspath $(BUILD))/probes $(COVERAGE)
	@BUILD=$(COVERAGE) tests/coverage/run $(if $(SHORT),$(SHORT_TESTS))

# One file of tests: T=life; its tests whose names match: T='life:daemon'; a unit test: T=unit/text.
T ?= $(if $(SHORT),monitor)

.PHONY: test
test: $(if $(filter unit/%,$(T)),$(BUILD)/$(T)) $(if $(filter fuzz%,$(T)),$(FUZZERS) $(FUZZ_GUEST))
test: packages all $(PROBES) ## run one file (T=life), or its tests that match (T='life:daemon')
	@$(if $(T),,echo "make test: which? T=life, T='life:daemon', T=unit/text; see tests/README.md" >&2; exit 1)
	@$(IN_RIG) env BUILD=$(BUILD) tests/run '$(T)'

.PHONY: check
check: packages all $(PROBES) $(UNITS) $(FUZZERS) $(FUZZ_GUEST) ## run every test; ends with "N passed, N failed, N skipped"
	@$(IN_RIG) env BUILD=$(BUILD) tests/run

# What runs in the rig: each program, as root and as a user, on AMD-V and cgroup v2, in some 10
# minutes; all of it takes an hour and a half.
RIG_TESTS ?= $(UNITS) $(patsubst %,tests/%.bats,guest-abi jail cgroup monitor sigsys address-guard linux \
                                          as-linux)

.PHONY: check-rig
check-rig: packages all $(PROBES) $(UNITS) $(FUZZERS) $(FUZZ_GUEST) ## run some tests in emulation, or all of them (RIG_TESTS=all)
	@tests/rig/run env BUILD=$(BUILD) tests/run $(filter-out all,$(RIG_TESTS))

# CPYTHON: names of modules, or all.
CPYTHON ?= $(shell sed '/^#/d' tests/cpython/short)

.PHONY: check-cpython
check-cpython: packages all ## run a part of CPython's tests in VMs, or all of them (CPYTHON=all)
	@CPYTHON='$(filter-out all,$(CPYTHON))' BUILD=$(BUILD) tests/run tests/cpython/cpython.bats

.PHONY: check-fresh
check-fresh: ## as root: try every target in a minimal Debian root, as .ci/run does
	@tests/packages --install $(PACKAGES_FRESH)
	@tests/fresh/run

.PHONY: prove-policy
prove-policy: packages all ## take each rule out of its policy and see which test breaks; 10 minutes
	@BUILD=$(BUILD) tests/prove-policy $(if $(SHORT),vmm)

.PHONY: soak
soak: packages probes ## kill each process at random moments, 300 times; nothing may be left
	@BUILD=$(BUILD) SOAK=$(if $(SHORT),12,300) bats tests/soak.bats

# Environment: PEER='command of another VMM'. BENCH=--full runs 1,000 VMs at once, not 200.
BENCH ?= $(if $(SHORT),--short)

.PHONY: bench
bench: packages all ## measure it against bwrap, QEMU and PEER='...'; figures in build/bench/
	@BUILD=$(BUILD) tests/bench/run $(BENCH)
	@BUILD=$(BUILD) tests/bench/broker $(if $(SHORT),5)
	@BUILD=$(BUILD) tests/bench/linux $(if $(SHORT),--short)
	@BUILD=$(BUILD) tests/bench/oci $(if $(SHORT),--short)
	@BUILD=$(BUILD) tests/bench/image $(if $(SHORT),--short)

# An image for jailer --root: of the directory DIR, or of these Debian packages.
IMAGE    ?= $(BUILD)/root.erofs
PACKAGES ?= python3-minimal busybox

.PHONY: image
image: ## make IMAGE, a root for Linux programs, of DIR='...' or of Debian's PACKAGES='...'
	@mkdir -p $(BUILD)
	@tests/packages --install erofs-utils $(if $(DIR),,mmdebstrap)
	@guest/linux/make-image $(IMAGE) $(if $(DIR),$(DIR),--packages $(PACKAGES))

# Programs find each other from where the jailer is: PREFIX is in none of them, only in the unit.
ROOT = $(DESTDIR)$(PREFIX)
COMPLETIONS = $(ROOT)/share/bash-completion/completions $(ROOT)/share/zsh/site-functions
SERVICES = $(ROOT)/lib/systemd/system
# Links and pictures lead to where things are in the sources: their texts remain, and links to headings.
UNLINK = 's/!?\[([^]]*)\]\([^)\#:][^):]*\)/\1/g'
PAGES := $(wildcard guest/*.7 jailer/*.8 jailer/oci/*.8 policy/*.1 policy/*.5)

.PHONY: install uninstall
install: all ## install below PREFIX (/usr/local), into DESTDIR
	install -d $(ROOT)/bin $(ROOT)/libexec/sparkler $(ROOT)/share/doc/sparkler/jailer/oci \
	    $(addprefix $(ROOT)/share/sparkler/,examples policy) $(addprefix $(ROOT)/share/man/man,1 5 7 8) \
	    $(COMPLETIONS) $(SERVICES)
	install $(COMMANDS:%=$(BUILD)/%) $(ROOT)/bin
	install $(BUILD)/sparkler-vmm $(BUILD)/sparkler-netbroker $(ROOT)/libexec/sparkler
	install -m 644 $(BUILD)/monitor.bin $(BUILD)/linux.bin $(BUILD)/feeds.json $(ROOT)/share/sparkler
	install -m 644 policy/examples/* $(ROOT)/share/sparkler/examples
	install guest/linux/make-image $(ROOT)/share/sparkler
	install -m 644 policy/*.policy policy/*.md policy/fds.h $(ROOT)/share/sparkler/policy
	install -m 644 README.md LICENSE $(ROOT)/share/doc/sparkler
	install -m 644 jailer/oci/README.md $(ROOT)/share/doc/sparkler/jailer/oci
	sed -i -E $(UNLINK) $(ROOT)/share/doc/sparkler/README.md \
	    $(ROOT)/share/doc/sparkler/jailer/oci/README.md $(ROOT)/share/sparkler/policy/README.md
	install -m 644 $(COMMANDS:%=$(BUILD)/completion/bash/%) $(word 1,$(COMPLETIONS))
	install -m 644 $(COMMANDS:%=$(BUILD)/completion/zsh/_%) $(word 2,$(COMPLETIONS))
	install -m 644 jailer/systemd/sparkler* $(SERVICES)
	sed -i 's|@BINDIR@|$(PREFIX)/bin|' $(SERVICES)/sparkler@.service
	install -m 644 $(filter %.1,$(PAGES)) $(ROOT)/share/man/man1
	install -m 644 $(filter %.5,$(PAGES)) $(ROOT)/share/man/man5
	install -m 644 $(filter %.7,$(PAGES)) $(ROOT)/share/man/man7
	install -m 644 $(filter %.8,$(PAGES)) $(ROOT)/share/man/man8

uninstall: ## remove what install put there
	rm -f $(COMMANDS:%=$(ROOT)/bin/%)
	rm -f $(COMMANDS:%=$(word 1,$(COMPLETIONS))/%) $(COMMANDS:%=$(word 2,$(COMPLETIONS))/_%)
	rm -f $(SERVICES)/sparkler@.service $(SERVICES)/sparkler.slice
	rm -f $(foreach page,$(notdir $(PAGES)),$(ROOT)/share/man/man$(subst .,,$(suffix $(page)))/$(page))
	rm -rf $(ROOT)/libexec/sparkler $(ROOT)/share/sparkler $(ROOT)/share/doc/sparkler

# What debhelper wants, from the sources and from jailer/debian/. blhc does not know -static-pie, which
# tests/hardening.bats checks, and would compile the guest's kernel for a process.
DEB = $(BUILD)/deb
.PHONY: deb
deb: packages ## build Debian packages in build/deb/, and check them
	@rm -rf $(DEB) && mkdir -p $(DEB)/sparkler
	@tar --exclude=./$(BUILD) --exclude=./.git -cf - . | tar -C $(DEB)/sparkler -xf -
	@cp -r jailer/debian $(DEB)/sparkler
	@sed -i 's/@BUILD_DEPENDS@/$(shell echo $(filter-out gcc make libc6-dev,$(PACKAGES_BUILD)) | sed 's/ /, /g')/' $(DEB)/sparkler/debian/control
	$(call say,DEB)
	$(Q)cd $(DEB)/sparkler && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -b >../build.log 2>&1 || \
	    { tail -n 20 ../build.log; exit 1; }
	@mkdir $(DEB)/tmp && TMPDIR=$(abspath $(DEB))/tmp lintian --fail-on error,warning $(DEB)/*.changes # it leaves files
	@rm -r $(DEB)/tmp
	@blhc --ignore-line '.* guest/linux/.*' --ignore-line '.* -static-pie .*' --ignore-line '  LINK .*' \
	    $(DEB)/build.log

.PHONY: sign
sign: packages ## sign the packages of make deb with KEY='...', a name or a number that gpg has
	@$(if $(KEY),,echo "make sign: with which key? KEY='...'; gpg --list-secret-keys has them" >&2; exit 1)
	@test -e $(DEB)/*.changes || { echo "make sign: there is nothing in $(DEB)/; make deb first" >&2; exit 1; }
	@debsign --re-sign -k'$(KEY)' $(DEB)/*.changes

# The package has one, too, of its files.
SBOM = $(BUILD)/sparkler.spdx.json
.PHONY: sbom
sbom: packages all ## write build/sparkler.spdx.json: what is linked and loaded, from which package
	@rm -rf $(BUILD)/sbom
	@$(MAKE) -s DESTDIR=$(BUILD)/sbom install
	$(call say,SBOM)
	$(Q)jailer/debian/sbom $(BUILD)/obj $(BUILD)/sbom >$(SBOM).part && mv $(SBOM).part $(SBOM)

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: help
help: ## print this list
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 31
