; Writes to each page from 1 MiB to 64 MiB, prints a line before and after, and halts.
%include "guest.inc"

main:
        say `touches\n`
        lgdt [gdt.pointer]
        mov eax, cr0
        or al, 1                ; protected mode, only to give ES a limit of 4 GiB
        mov cr0, eax
        mov bx, gdt.flat - gdt
        mov es, bx
        mov edi, 1 << 20
.page:
        mov byte [es:edi], 1
        add edi, 4096
        cmp edi, 64 << 20
        jb .page
        say `touched\n`
        hlt

        align 8
gdt:
        dq 0
.flat:
        dq 0x00cf92000000ffff   ; writable data from 0, 4 GiB
.pointer:
        dw $ - gdt - 1
        dd gdt
