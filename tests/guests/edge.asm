; In protected mode, with SIZE bytes of memory: writes a byte every STEP bytes, writes the last byte
; and reads it back, then reads the first byte beyond.
%include "guest.inc"

%ifndef SIZE
SIZE            equ 0x100000
%endif
%ifndef STEP
STEP            equ 0x200000    ; what one page of page tables maps
%endif

main:
        lgdt [gdt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:protected

        bits 32
protected:
        mov ax, 0x10
        mov ds, ax
        xor edi, edi
.next:
        mov byte [edi], 0
        add edi, STEP
        cmp edi, SIZE
        jb .next
        mov dx, CONSOLE
        mov byte [SIZE - 1], 'K'
        mov al, [SIZE - 1]
        out dx, al
        mov al, [SIZE]
        out dx, al
        hlt

        align 8
gdt:
        dq 0
        dq 0x00cf9a000000ffff   ; code, 32 bit, 4 GiB from 0
        dq 0x00cf92000000ffff   ; data, likewise
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd gdt
