; Executes an invalid instruction in protected mode with an empty interrupt descriptor table.
%include "guest.inc"

main:
        lgdt [gdt_pointer]
        lidt [idt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:protected

        bits 32
protected:
        ud2

        align 8
gdt:
        dq 0
        dq 0x00cf9a000000ffff   ; code, 32 bit, 4 GiB from 0
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd gdt
idt_pointer:
        dw 0
        dd 0
