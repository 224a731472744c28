; The way in: from real mode to ring 3 of long mode, then system calls, exceptions and the tick.
;
; The kernel always runs in ring 3. Ring 0 is only passed through, in few instructions: some
; hypervisors emulate it, at a microsecond each, and have SYSCALL stay in ring 3; on SVM and VMX it
; enters ring 0. What must be done in ring 0 later (CR3, INVLPG) is asked for by UD2.
;
; This section is linked at 0x1000 of the direct map, so that its addresses are constants here, and
; tables that the processor reads can be made of them.

DIRECT_MAP      equ 0x400000000000
LOAD_ADDRESS    equ 0x1000
%define PHYSICAL(label) (LOAD_ADDRESS + (label) - image)
%define LINEAR(label)   (DIRECT_MAP + PHYSICAL(label))
KERNEL_HIGH     equ DIRECT_MAP >> 32            ; the upper half of the kernel's addresses

KERNEL_CS       equ 0x08                        ; ring 0
SYSRET_CS       equ 0x23                        ; SYSRET makes USER_SS and USER_CS of it
USER_SS         equ 0x2b
USER_CS         equ 0x33                        ; as Linux has it: programs look
TSS             equ 0x38

EFER            equ 0xc0000080
STAR            equ 0xc0000081
LSTAR           equ 0xc0000082
SFMASK          equ 0xc0000084

CR4_BASE        equ 0x620                       ; PAE, OSFXSR, OSXMMEXCPT
CR4_FSGSBASE    equ 1 << 16
CR4_OSXSAVE     equ 1 << 18

PORTS           equ 0x700                       ; those below may be used
INTERRUPTS_ON   equ 0x202
UNDEFINED       equ 6                           ; vectors
PAGE_FAULT      equ 14
TICK            equ 0x20
PAGE_ENTRY      equ 0x67                        ; present, writable, user, accessed, dirty
READ_ENTRY      equ 0x80000000000000a5          ; the same, large, not writable, not executable

extern kernel_main, system_call, exception, kernel_stack, tick_pending

section .entry progbits alloc exec write align=4096

image:
bits 16
global start
start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, LOAD_ADDRESS

        mov edi, CR4_BASE
        mov eax, 7
        xor ecx, ecx
        cpuid
        test bl, 1
        jz .no_fsgsbase
        or edi, CR4_FSGSBASE
.no_fsgsbase:
        mov eax, 1
        cpuid
        test ecx, 1 << 26
        jz .no_xsave
        or edi, CR4_OSXSAVE
.no_xsave:
        lgdt [PHYSICAL(gdt_low)]
        mov cr4, edi
        mov eax, PHYSICAL(top_table)
        mov cr3, eax
        mov ecx, EFER
        mov eax, 0x901                          ; SCE, LME, NXE
        xor edx, edx
        wrmsr
        mov eax, 0x80010033                     ; CR0: PG, WP, NE, ET, MP, PE
        mov cr0, eax
        jmp KERNEL_CS:PHYSICAL(.long)

bits 64
.long:
        mov rax, LINEAR(.high)
        jmp rax
.high:
        mov qword [rel top_table], 0            ; nothing is mapped at 0 any more
        mov rax, cr3
        mov cr3, rax
        lgdt [rel gdt_high]
        lidt [rel idt_high]
        mov eax, TSS
        ltr ax
        mov ecx, STAR
        xor eax, eax
        mov edx, SYSRET_CS << 16 | KERNEL_CS
        wrmsr
        mov ecx, LSTAR
        mov eax, PHYSICAL(system_call_entry)
        mov edx, KERNEL_HIGH
        wrmsr
        mov ecx, SFMASK                         ; not IF: nothing could set it again in ring 3
        mov eax, 0x40500                        ; AC, DF, TF
        xor edx, edx
        wrmsr

        test edi, CR4_OSXSAVE
        jz .ring3
        mov eax, 0xd                            ; all of x87, SSE, AVX and AVX-512 that is there
        xor ecx, ecx
        cpuid
        and eax, 0xe7
        xor ecx, ecx
        xor edx, edx
        xsetbv
.ring3:
        lea rsp, [rel exception_stack.top]
        lea rax, [rel boot_stack.top]
        push USER_SS
        push rax
        push INTERRUPTS_ON
        push USER_CS
        mov rax, LINEAR(.main)
        push rax
        iretq
.main:
        call kernel_main
        ud2                                     ; it does not return

; SYSCALL: RCX and R11 are the program's RIP and RFLAGS, RSP is still its own.
align 16
system_call_entry:
        mov [rel program_stack], rsp
        mov rsp, [rel kernel_stack]
        push USER_SS                            ; struct registers (thread.h)
        push qword [rel program_stack]
        push r11
        push USER_CS
        push rcx
        push rax
        push rdi
        push rsi
        push rdx
        push rcx
        push rax
        push r8
        push r9
        push r10
        push r11
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        mov ecx, cs
        test cl, 3
        jz .ring0
.ring3:
        mov rdi, rsp
        call system_call
        jmp resume
.ring0:
        lea rcx, [rel .ring3]
        mov r11d, INTERRUPTS_ON
        o64 sysret

; void enter_program(const struct registers *): goes on with them, which are the top of a stack. A
; jump does it, since IRET faults in ring 3.
global enter_program
enter_program:
        mov rsp, rdi
resume:
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        pop r11
        pop r10
        pop r9
        pop r8
        pop rax
        pop rcx
        pop rdx
        pop rsi
        pop rdi
        add rsp, 8                              ; the call's number or the error code
        pop qword [rel resume_at]
        add rsp, 8                              ; CS
        popfq
        pop rsp
        jmp [rel resume_at]

; Gates. Each pushes an error code where the processor does not, and its vector; then, still in
; ring 0, CR2 and the way into exception_entry below.
%macro gate 1-2
align 16
gate_%1:
%if %0 == 1
        push 0
%endif
        push %1
        jmp to_ring3
%endmacro

%assign vector 0
%rep 32
%if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
        gate vector, has_error_code
%elif vector != UNDEFINED
        gate vector
%endif
%assign vector vector + 1
%endrep

align 16
gate_6: ; UD2 in the kernel asks for a service: RAX = 0: CR3 = RDI; 1: INVLPG of RDI; 2: CR4 = RDI
        push rax
        lea rax, [rel ring0_service.ud2]
        cmp rax, [rsp + 8]
        pop rax
        jne .program
        add qword [rsp], 2
        test eax, eax
        jnz .page
        mov cr3, rdi
        iretq
.page:
        test al, 2
        jnz .features
        invlpg [rdi]
        iretq
.features:
        mov cr4, rdi
        iretq
.program:
        push 0
        push UNDEFINED
        jmp to_ring3

align 16
gate_32: ; has a stack of its own, since it may come while SYSCALL is in ring 0
        cmp dword [rsp + 4], KERNEL_HIGH
        je .kernel
        push rax                                ; leaves this stack, which the next tick may use at once
        mov rax, rsp
        lea rsp, [rel exception_stack.top]
        push qword [rax + 40]
        push qword [rax + 32]
        push qword [rax + 24]
        push qword [rax + 16]
        push qword [rax + 8]
        push 0
        push TICK
        mov rax, [rax]
        jmp to_ring3
.kernel:
        mov byte [rel tick_pending], 1
        iretq

align 16
to_ring3:
        push rax
        mov rax, cr2
        xchg rax, [rsp]
        push USER_SS
        push rsp                                ; the stack stays this one
        push INTERRUPTS_ON
        push USER_CS
        push qword [rel exception_address]
        iretq

align 8
exception_address: dq LINEAR(exception_entry)

; In ring 3: a free word, CR2, vector, error code, RIP, CS, RFLAGS, RSP, SS. All moves to the stack
; of the thread, or to below what the kernel has on the stack that it was interrupted on.
align 16
exception_entry:
        mov [rsp], rax
        mov rax, rsp
        cmp dword [rax + 36], KERNEL_HIGH
        je .kernel
        mov rsp, [rel kernel_stack]
        jmp .move
.kernel:
        mov rsp, [rax + 56]
        and rsp, -16
.move:
        push qword [rax + 64]
        push qword [rax + 56]
        push qword [rax + 48]
        push qword [rax + 40]
        push qword [rax + 32]
        push qword [rax + 24]
        push rdi
        push rsi
        push rdx
        push rcx
        push qword [rax]
        push r8
        push r9
        push r10
        push r11
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        cld
        mov rdi, rsp
        mov rsi, [rax + 16]
        mov rdx, [rax + 8]
        mov rbp, rsp
        and rsp, -16
        call exception
        mov rsp, rbp
        jmp resume

; void ring0_load_cr3(uint64_t table); void ring0_invlpg(uint64_t address);
; void ring0_without_xsave(void)
global ring0_load_cr3, ring0_invlpg, ring0_without_xsave
ring0_load_cr3:
        xor eax, eax
ring0_service:
.ud2:   ud2
        ret
ring0_invlpg:
        mov eax, 1
        jmp ring0_service
ring0_without_xsave:
        mov eax, 2
        mov edi, CR4_BASE | CR4_FSGSBASE
        jmp ring0_service

; void switch_stacks(uint64_t *save, uint64_t load): goes on where `load` was saved.
global switch_stacks
switch_stacks:
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        mov [rdi], rsp
        mov rsp, rsi
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        ret

; Memory of the program. A page fault here that cannot be mended goes on at the fixup (exception.c).
; size_t user_copy(void *to, const void *from, size_t size): bytes left
; size_t user_zero(void *to, size_t size): bytes left
; long user_string(char *to, const char *from, size_t size): bytes left, the NUL not counted as
; copied; -1 when there was none in `size`; -2 on a fault
global user_copy, user_zero, user_string, fixups
user_copy:
        mov rcx, rdx
.copy:  rep movsb
.left:  mov rax, rcx
        ret
user_zero:
        mov rcx, rsi
        xor eax, eax
.zero:  rep stosb
        mov rax, rcx
        ret
user_string:
        test rdx, rdx
        jz .long
.load:  mov al, [rsi]
        mov [rdi], al
        test al, al
        jz .end
        inc rsi
        inc rdi
        dec rdx
        jnz .load
.long:  mov rax, -1
        ret
.end:   mov rax, rdx
        ret
.bad:   mov rax, -2
        ret

align 8
fixups: ; where, and where to go on
        dq LINEAR(user_copy.copy), LINEAR(user_copy.left)
        dq LINEAR(user_zero.zero), LINEAR(user_copy.left)
        dq LINEAR(user_string.load), LINEAR(user_string.bad)
        dq 0

program_stack:  dq 0
resume_at:      dq 0

align 8
gdt:
        dq 0
        dq 0x00af9b000000ffff                   ; 0x08 code, ring 0
        dq 0x00cf93000000ffff                   ; 0x10 data
        dq 0
        dq 0x00cffb000000ffff                   ; 0x20 code of 32 bits, ring 3: SYSRET counts from it
        dq 0x00cff3000000ffff                   ; 0x28 data, ring 3
        dq 0x00affb000000ffff                   ; 0x30 code, ring 3
        dw TSS_LIMIT, PHYSICAL(tss) & 0xffff    ; 0x38
        db PHYSICAL(tss) >> 16 & 0xff, 0x89, 0, 0
        dq KERNEL_HIGH
.end:
gdt_low:
        dw gdt.end - gdt - 1
        dd PHYSICAL(gdt)
gdt_high:
        dw gdt.end - gdt - 1
        dq LINEAR(gdt)
idt_high:
        dw idt.end - idt - 1
        dq LINEAR(idt)

%macro descriptor 2 ; handler, stack
        dw PHYSICAL(%1) & 0xffff, KERNEL_CS
        db %2, 0x8e
        dw PHYSICAL(%1) >> 16
        dd KERNEL_HIGH, 0
%endmacro

align 16
idt:
%assign vector 0
%rep 32
        descriptor gate_%[vector], 0
%assign vector vector + 1
%endrep
        descriptor gate_32, 1
.end:

align 8
tss:
        dd 0
        dq LINEAR(exception_stack.top)          ; of ring 0
        dq 0, 0, 0
        dq LINEAR(tick_stack.top)               ; the first of those that gates can name
        times 6 dq 0
        dq 0
        dw 0
        dw .ports - tss
.ports: times PORTS / 8 db 0                    ; OUT and IN are allowed to ring 3
        db 0xff
TSS_LIMIT       equ $ - tss - 1

align 16
exception_stack: times 256 db 0
.top:
tick_stack:     times 256 db 0
.top:

; Page tables: the first GiB, from DIRECT_MAP on and, until .high, from 0 on.
align 4096
global top_table
top_table:
        dq PHYSICAL(direct_table) + PAGE_ENTRY
        times 127 dq 0
        dq PHYSICAL(direct_table) + PAGE_ENTRY
        times 383 dq 0
global direct_table
direct_table:
        dq PHYSICAL(first_gib) + PAGE_ENTRY
        times 255 dq 0
        dq PHYSICAL(told_gib) + PAGE_ENTRY
        times 255 dq 0
told_gib: ; from LINUX_TIME on: the time page and the configuration (vmm/linux.h)
        dq (256 << 30) + READ_ENTRY
        times 511 dq 0
first_gib:
%assign number 0
%rep 512
        dq number << 21 | 0x80 | PAGE_ENTRY
%assign number number + 1
%endrep

section .bss align=16
boot_stack:     resb 16384
.top:
