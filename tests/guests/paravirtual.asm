; Asks KVM to write to the guest's memory: clocks, stolen time, host page faults, end of interrupt.
; Prints the features that CPUID offers, how many of these requests raised a general protection
; fault, what KVM has written (the OR of all bytes of the page), and the result of the hypercall
; KVM_HC_SCHED_YIELD by VMMCALL or VMCALL, or that both are undefined instructions.
%include "guest.inc"

PAGE            equ 0x8000

main:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [13 * 4], refused
        mov word [6 * 4], undefined

        mov si, requests
.next:
        lodsd
        test eax, eax
        jz .end
        mov ecx, eax
        lodsd
        xor edx, edx
        wrmsr
        jmp .next
.end:
        say "features "
        mov eax, 0x40000001
        cpuid
        call print_hex
        say "refused "
        movzx eax, byte [count]
        call print_hex
        say "written "
        xor eax, eax
        mov si, PAGE
        mov cx, 0x400
.or:
        or eax, [si]
        add si, 4
        loop .or
        call print_hex
        say "yield "
        mov eax, 11
        xor ebx, ebx
        vmmcall
        jmp .called
.intel:
        mov eax, 11
        mov word [6 * 4], .neither
        vmcall
.called:
        call print_hex
        say `\n`
        hlt
.neither:
        say `undefined\n`
        hlt

undefined:
        jmp main.intel

; WRMSR is two bytes long.
refused:
        inc byte [count]
        push bp
        mov bp, sp
        add word [bp + 2], 2
        pop bp
        iret

count   db 0

; Linux, arch/x86/include/uapi/asm/kvm_para.h: the register, and an address in the page with the bit
; that enables the feature
requests:
        dd 0x11, PAGE                           ; MSR_KVM_WALL_CLOCK
        dd 0x12, PAGE + 0x40 + 1                ; MSR_KVM_SYSTEM_TIME
        dd 0x4b564d00, PAGE + 0x80              ; the same two by their new numbers
        dd 0x4b564d01, PAGE + 0xc0 + 1
        dd 0x4b564d02, PAGE + 0x100 + 1         ; MSR_KVM_ASYNC_PF_EN
        dd 0x4b564d03, PAGE + 0x140 + 1         ; MSR_KVM_STEAL_TIME
        dd 0x4b564d04, PAGE + 0x180 + 1         ; MSR_KVM_PV_EOI_EN
        dd 0
