; Raises and lowers the task priority (CR8) in long mode, then prints it.
%include "guest.inc"

TABLES          equ 0x10000     ; PML4, PDPT, PD: the first 2 MiB, identity-mapped

main:
        mov ax, TABLES >> 4
        mov es, ax
        mov dword [es:0], TABLES + 0x1003
        mov dword [es:0x1000], TABLES + 0x2003
        mov dword [es:0x2000], 0x83
        mov eax, TABLES
        mov cr3, eax
        mov eax, 0x20           ; PAE
        mov cr4, eax
        mov ecx, 0xc0000080     ; EFER
        mov eax, 0x100          ; LME
        xor edx, edx
        wrmsr
        lgdt [gdt_pointer]
        mov eax, 0x80000001     ; PG, PE
        mov cr0, eax
        jmp 8:long_mode

        bits 64
long_mode:
        mov eax, 15
        mov cr8, rax
        mov eax, 3
        mov cr8, rax
        mov rbx, cr8
        mov dx, CONSOLE
        lea eax, [rbx + '0']
        out dx, al
        hlt

        align 8
gdt:
        dq 0
        dq 0x00af9a000000ffff   ; code, 64 bit
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd gdt
