# Sparkler: `make help` says what there is.

PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build

# Every Debian package that the project needs, by what needs it.
PACKAGES_BUILD := gcc make libc6-dev linux-libc-dev nasm pkg-config libseccomp-dev libcap-ng-dev \
                  libcurl4-openssl-dev libssl-dev libjson-c-dev ca-certificates
PACKAGES_CHECK := $(PACKAGES_BUILD) bats nginx-light dnsmasq-base openssl curl iproute2 util-linux \
                  python3 procps strace tmux jq
PACKAGES_RIG   := qemu-system-x86 busybox-static kmod xz-utils

CC       = gcc
CSTD     = -std=c11 -D_GNU_SOURCE
WARNINGS = -Wall -Wextra -Wshadow -Werror
OPTIMIZE = -O2 -g -D_FORTIFY_SOURCE=2
HARDEN   = -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
DIRS     = -DSPARKLER_VERSION=\"1.0\" -DLIBEXECDIR=\"$(PREFIX)/libexec/sparkler\" \
           -DDATADIR=\"$(PREFIX)/share/sparkler\"
CFLAGS   = $(CSTD) $(WARNINGS) $(OPTIMIZE) $(HARDEN) $(SANITIZE) $(DIRS) -MMD -MP -I. -I$(BUILD)
LDHARDEN = -Wl,-z,relro,-z,now,-z,noexecstack
STATIC   = -static-pie $(LDHARDEN)
DYNAMIC  = -pie $(LDHARDEN)

# Prints one short line for each product; `make V=1` prints the commands.
.SECONDARY:

V ?= 0
Q := $(if $(filter 0,$(V)),@)
say = @printf '  %-8s %s\n' $(1) $@

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
POLICIES := $(basename $(notdir $(wildcard policy/*.policy)))
filters = $(1:%=$(BUILD)/obj/policy/%.filter.o)

PROGRAMS := $(BUILD)/jailer $(BUILD)/sparkler-vmm $(BUILD)/sparkler-netbroker \
            $(BUILD)/sparkler-policy $(BUILD)/monitor.bin $(BUILD)/feeds.json

.PHONY: all
all: $(PROGRAMS) ## build everything into build/

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# Policies are compiled once, here; programs embed the result.
$(BUILD)/obj/policy/constants.c: policy/constants.sh policy/fds.h
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)policy/constants.sh '$(CC)' > $@.part && mv $@.part $@

$(BUILD)/obj/policy/constants.o: $(BUILD)/obj/policy/constants.c
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/sparkler-policy: $(call objects,$(filter-out policy/install.c,$(wildcard policy/*.c))) \
                          $(BUILD)/obj/policy/constants.o
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^ -lseccomp -ljson-c

$(BUILD)/obj/policy/%.filter.c: policy/%.policy $(BUILD)/sparkler-policy
	$(call say,POLICY)
	$(Q)$(BUILD)/sparkler-policy compile $< > $@.part && mv $@.part $@

$(BUILD)/obj/policy/%.filter.o: $(BUILD)/obj/policy/%.filter.c
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/sparkler-vmm: $(call objects,$(wildcard vmm/*.c) policy/install.c) $(call filters,vmm)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(STATIC) -o $@ $^

$(BUILD)/jailer: $(call objects,$(wildcard jailer/*.c) policy/install.c) \
                 $(call filters,vmm-boot warden supervisor)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(STATIC) -o $@ $^ -lcap-ng

$(BUILD)/sparkler-netbroker: \
        $(call objects,$(wildcard netbroker/*.c netbroker/format/*.c) policy/install.c) \
        $(call filters,netbroker resolver)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(DYNAMIC) -o $@ $^ -lcurl -lcrypto -ljson-c

$(BUILD)/%.bin: guest/%.asm
	@mkdir -p $(@D)
	$(call say,NASM)
	$(Q)nasm -f bin -o $@ $<

$(BUILD)/feeds.json: policy/feeds.json
	@mkdir -p $(@D)
	$(call say,COPY)
	$(Q)cp $< $@

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 26
