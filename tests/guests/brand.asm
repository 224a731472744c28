; Clause: CPUID. Prints the brand string, leaves 0x80000002 to 0x80000004, with its NULs.
%include "guest.inc"

main:
        mov di, BUFFER
        mov esi, 0x80000002
.leaf:
        mov eax, esi
        cpuid
        mov [di], eax
        mov [di + 4], ebx
        mov [di + 8], ecx
        mov [di + 12], edx
        add di, 16
        inc esi
        cmp esi, 0x80000005
        jne .leaf
        mov si, BUFFER
        mov cx, 48
        call print_bytes
        say `\n`
        hlt
