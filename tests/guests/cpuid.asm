; Prints the CPUID bits of virtualization, enclaves, performance counters and KVM's features.
%include "guest.inc"

; field LEAF, REGISTER, MASK
%macro field 3
        mov eax, %1
        xor ecx, ecx
        cpuid
        mov eax, %2
        and eax, %3
        call print_hex
%endmacro

main:
        say "VMX "
        field 1, ecx, 1 << 5
        say "SVM "
        field 0x80000001, ecx, 1 << 2
        say "SGX "
        field 7, ebx, 1 << 2
        say "counters "
        field 1, ecx, 1 << 15
        field 0x80000001, ecx, 1 << 23 | 1 << 24 | 1 << 28
        say "KVM "
        field 0x40000001, eax, 0xffffffff
        say `\n`
        hlt
