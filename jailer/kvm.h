/* What the jailer asks of KVM: see kvm.c. */
#ifndef SPARKLER_JAILER_KVM_H
#define SPARKLER_JAILER_KVM_H

/* Returns /dev/kvm, opened; ends the program by err(3) with what to do if it cannot. */
int kvm_open(void);

/* Writes the CPUID leaves that a guest may see, those of KVM_GET_SUPPORTED_CPUID and the host's
 * brand string, to the pipe `start` as a struct start_message. `kvm` is /dev/kvm. */
void kvm_tell_processor(int kvm, int start);

#endif
