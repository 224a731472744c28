; Clause: the start. Real mode, CS 0, FLAGS 2, the other registers 0 except DX, the image at 0x1000,
; zeros before and after it.
%include "guest.inc"

main:
        pushf
        pop word [BUFFER]
        or eax, ebx
        or eax, ecx
        or eax, esi
        or eax, edi
        or eax, ebp
        or eax, esp
        mov cx, ds
        or ax, cx
        mov cx, es
        or ax, cx
        mov cx, fs
        or ax, cx
        mov cx, gs
        or ax, cx
        mov cx, ss
        or ax, cx
        mov [BUFFER + 4], eax

        say "cs "
        xor eax, eax
        mov ax, cs
        call print_hex
        say "flags "
        movzx eax, word [BUFFER]
        call print_hex
        say "others "
        mov eax, [BUFFER + 4]
        call print_hex
        say "cr0.pe "
        mov eax, cr0
        and eax, 1
        call print_hex
        say "ip "
        call .here
.here:  pop ax
        sub ax, .here
        movzx eax, ax           ; 0 if it runs at the address it was assembled for
        call print_hex

        say "memory "           ; of 0 to 0xfff, and of 0x8000 to 0x8fff: the OR of all bytes
        xor eax, eax
        xor si, si
        call or_page
        mov si, 0x8000
        call or_page
        call print_hex
        say `\n`
        hlt

; ORs the page at SI into EAX. Clobbers CX, SI.
or_page:
        mov cx, 0x400
.next:
        or eax, [si]
        add si, 4
        loop .next
        ret
