/* Opens KVM. */
#ifndef SPARKLER_JAILER_KVM_H
#define SPARKLER_JAILER_KVM_H

/* Returns /dev/kvm, opened; ends the program by err(3) with what to do if it cannot. */
int kvm_open(void);

#endif
